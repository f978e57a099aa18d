import ApusIO

extension CSVFormat {
  /// The format of a file whose first line names its columns: what most often stands between names there, a comma, a
  /// semicolon, a tab or a bar, separates its fields. Spreadsheets write semicolons where numbers have a decimal comma.
  /// - Parameter path: The file.
  /// - Returns: The format.
  /// - Throws: `FileError` for files that cannot be read.
  public static func found(inFile path: String) throws -> CSVFormat { try found(in: FileReader(path: path)) }

  /// The format of a text whose first line names its columns.
  /// - Parameter source: The text, in UTF-8.
  /// - Returns: The format.
  /// - Throws: `FileError` for bytes that cannot be read.
  public static func found(in source: any ByteSource) throws -> CSVFormat {
    var counts: [UInt8: Int] = [:]
    var isQuoted = false
    for byte in try source.bytes(at: 0, count: min(source.byteCount, 1 << 16)) {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      guard !isQuoted else { continue }
      if byte == 0x0a || byte == 0x0d {
        // Blank lines in front are none.
        if counts.isEmpty { continue }
        break
      }
      counts[byte, default: 0] += 1
    }
    let separators: [Character] = [",", ";", "\t", "|"]
    func count(_ separator: Character) -> Int { separator.asciiValue.flatMap { counts[$0] } ?? 0 }
    let most = separators.map(count).max() ?? 0
    return CSVFormat(separator: String(separators.first { count($0) == most } ?? ","))
  }
}
