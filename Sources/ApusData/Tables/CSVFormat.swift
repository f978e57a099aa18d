/// The format of a text file of records: separator, header, and which fields mean a missing value.
public struct CSVFormat: Sendable, Codable, Equatable {
  /// What stands between two fields: one character of ASCII.
  public var separator: String
  /// Whether the first record holds the columns' names.
  public var hasHeader: Bool
  /// Whether blanks around a field that is not quoted fall away. RFC 4180 keeps them; most files that
  /// have some do not mean them.
  public var trimsBlanks: Bool
  /// Fields that mean that a value is missing.
  public var missingTexts: Set<String>
  /// Longer fields are an error: most often a quote that was never closed.
  public var maximumFieldByteCount: Int

  /// Comma-separated values with a header, unless something else is said.
  public init(
    separator: String = ",", hasHeader: Bool = true, trimsBlanks: Bool = true,
    missingTexts: Set<String> = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "?"],
    maximumFieldByteCount: Int = 1 << 20
  ) {
    self.separator = separator
    self.hasHeader = hasHeader
    self.trimsBlanks = trimsBlanks
    self.missingTexts = missingTexts
    self.maximumFieldByteCount = maximumFieldByteCount
  }

  /// Values separated by tabs.
  public static let tabs = CSVFormat(separator: "\t")

  func separatorByte() throws -> UInt8 {
    guard let byte = separator.utf8.first, separator.utf8.count == 1, byte < 0x80,
      ![0x0a, 0x0d, 0x22, 0].contains(byte)
    else {
      throw DataError(
        .setting, "a separator of one ASCII character was expected, \"\(separator)\" came",
        advice: "Neither quotes nor line ends can separate fields.")
    }
    return byte
  }
}

/// One record of a text file.
public struct CSVRecord: Sendable, Equatable {
  /// The fields, without the quotes around them.
  public let fields: [String]
  /// The line, counted from 1, on which the record begins.
  public let line: Int
  /// The byte at which the record begins.
  let offset: Int
}
