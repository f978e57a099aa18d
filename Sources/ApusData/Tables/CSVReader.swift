import ApusIO

/// A file of comma-separated values (RFC 4180) read record by record, never as a whole.
///
/// Quoted fields may hold separators, quotes written twice, and line ends. Lines end in LF, CRLF or CR. A mark
/// of UTF-8 in front is skipped, and so are blank lines. Every record must have as many fields as the first.
public struct CSVReader {
  /// The names of the columns: those of the header; "column 1", "column 2" and so on where there is none.
  public let columnNames: [String]
  /// What errors call the file.
  public let path: String
  private var scanner: CSVScanner
  private var first: CSVRecord?
  private let hasHeader: Bool

  /// Opens the file at `path` and reads its header.
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - format: Separator, header and missing values.
  /// - Throws: `FileError` for a file that cannot be read or is no CSV, `DataError` for a separator that is
  ///   none.
  public init(path: String, format: CSVFormat = CSVFormat()) throws {
    try self.init(FileReader(path: path), format: format)
  }

  /// Opens the file that `source` holds and reads its header.
  /// - Parameters:
  ///   - source: The bytes of the file.
  ///   - format: Separator, header and missing values.
  /// - Throws: `FileError` for a file that cannot be read or is no CSV, `DataError` for a separator that is
  ///   none.
  public init(_ source: any ByteSource, format: CSVFormat = CSVFormat()) throws {
    path = source.path
    hasHeader = format.hasHeader
    scanner = try CSVScanner(source, format: format)
    guard let record = try scanner.record() else {
      throw FileError(
        path: source.path, reason: .truncated,
        problem: format.hasHeader ? "a header was expected, the file is empty" : "the file is empty")
    }
    var names: [String] = []
    for (index, field) in record.fields.enumerated() {
      // R writes no name for the column of row numbers.
      let name = format.hasHeader && !field.isEmpty ? field : "column \(index + 1)"
      if let other = names.firstIndex(of: name) {
        throw FileError(
          path: source.path, reason: .corrupt,
          problem: "columns \(other + 1) and \(index + 1) are both called \"\(name)\"",
          advice: "Rename one, or say `hasHeader: false` if the first line is none.", line: record.line)
      }
      names.append(name)
    }
    columnNames = names
    first = format.hasHeader ? nil : record
  }

  /// The next record, or nil at the end.
  /// - Returns: The record; nil at the end of the file.
  /// - Throws: `FileError` with line and column for a record that is no CSV or has another number of fields.
  public mutating func next() throws -> CSVRecord? {
    if let record = first {
      first = nil
      return record
    }
    guard let record = try scanner.record() else { return nil }
    guard record.fields.count == columnNames.count else {
      let looksSplit = record.fields.count == 1 || columnNames.count == 1
      throw FileError(
        path: path, reason: .corrupt,
        problem: "\(columnNames.count) fields expected, as in the \(hasHeader ? "header" : "first line"), "
          + "\(record.fields.count) came",
        advice: looksSplit
          ? "The separator may be another one."
          : "Look for a separator inside a field that is not quoted.",
        line: record.line)
    }
    return record
  }
}
