import ApusIO

/// The records of a file of comma-separated values, in any order, left on the disk.
///
/// Opening reads the file once and keeps where each record begins: twelve bytes a record.
public struct CSVTable: Sendable {
  /// What errors call the file.
  public let path: String
  /// Separator, header and missing values.
  public let format: CSVFormat
  /// The names of the columns.
  public let columnNames: [String]
  private let source: any ByteSource
  private let offsets: [Int]
  private let lines: [UInt32]

  /// Opens the file at `path`.
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - format: Separator, header and missing values.
  /// - Throws: `FileError` for a file that cannot be read or is no CSV, `DataError` for a separator that is
  ///   none.
  public init(path: String, format: CSVFormat = CSVFormat()) throws {
    try self.init(FileReader(path: path), format: format)
  }

  /// Opens the file that `source` holds.
  /// - Parameters:
  ///   - source: The bytes of the file.
  ///   - format: Separator, header and missing values.
  /// - Throws: `FileError` for a file that cannot be read or is no CSV, `DataError` for a separator that is
  ///   none.
  public init(_ source: any ByteSource, format: CSVFormat = CSVFormat()) throws {
    var reader = try CSVReader(source, format: format)
    var offsets: [Int] = []
    var lines: [UInt32] = []
    while let record = try reader.next() {
      offsets.append(record.offset)
      lines.append(UInt32(clamping: record.line))
    }
    path = source.path
    self.format = format
    columnNames = reader.columnNames
    self.source = source
    self.offsets = offsets
    self.lines = lines
  }

  /// Number of records, without the header.
  public var rowCount: Int { offsets.count }

  /// The line, counted from 1, on which a record begins, or nil where there is no such record.
  public func line(ofRow row: Int) -> Int? { lines.indices.contains(row) ? Int(lines[row]) : nil }

  /// The place of a column; throws and lists the columns when there is none of that name.
  /// - Parameter name: The name.
  /// - Returns: The place of the column, counted from 0.
  /// - Throws: `FileError` that lists the columns when there is none of that name.
  public func column(named name: String) throws -> Int {
    guard let index = columnNames.firstIndex(of: name) else {
      throw Self.missingColumn(
        name, among: columnNames, path: path, nearest: NearestName.of(name, in: columnNames))
    }
    return index
  }

  /// The error for a column that there is not.
  /// - Parameters:
  ///   - name: The column.
  ///   - names: The columns that there are.
  ///   - path: What the table is called.
  ///   - nearest: The name that was perhaps meant.
  /// - Returns: An error that lists the columns, at most 30.
  package static func missingColumn(
    _ name: String, among names: [String], path: String, nearest: String?
  ) -> FileError {
    let listed = names.prefix(30).map { "\"\($0)\"" }.joined(separator: ", ")
    return FileError(
      path: path, reason: .invalidRequest, problem: "there is no column \"\(name)\"",
      advice: (nearest.map { "Did you mean \"\($0)\"? " } ?? "")
        + "Its columns are \(listed)\(names.count > 30 ? ", ..." : "").", line: 1)
  }

  /// One record, read from the disk.
  public subscript(row: Int) -> CSVRecord {
    get throws {
      guard offsets.indices.contains(row) else {
        throw DataError(.index, "row \(row) was asked for, \(path) has \(rowCount), counted from 0")
      }
      let end = row + 1 < offsets.count ? offsets[row + 1] : source.byteCount
      var scanner = try CSVScanner(
        source, format: format, offset: offsets[row], line: Int(lines[row]),
        chunkByteCount: min(end - offsets[row], 1 << 16))
      guard let record = try scanner.record(), record.fields.count == columnNames.count else {
        throw FileError(
          path: path, reason: .corrupt, problem: "the file has changed since it was opened",
          advice: "Open it again.", line: Int(lines[row]))
      }
      return record
    }
  }

  /// Visits records in the order of the file, reading it front to back: all, or those at the given rows.
  /// - Parameters:
  ///   - rows: The rows; all when nil.
  ///   - body: Called with the place and the record of each.
  /// - Throws: `FileError` where the file has changed; `DataError` for rows that there are not; what `body` throws.
  package func forEachRow(of rows: [Int]?, _ body: (_ row: Int, _ record: CSVRecord) throws -> Void) throws {
    var isWanted = [Bool](repeating: rows == nil, count: rowCount)
    for row in rows ?? [] {
      guard isWanted.indices.contains(row) else {
        throw DataError(.index, "row \(row) was asked for, \(path) has \(rowCount), counted from 0")
      }
      isWanted[row] = true
    }
    var reader = try CSVReader(source, format: format)
    var row = 0
    while let record = try reader.next() {
      guard row < rowCount else {
        throw FileError(
          path: path, reason: .corrupt, problem: "the file has grown since it was opened",
          advice: "Open it again.", line: record.line)
      }
      if isWanted[row] { try body(row, record) }
      row += 1
    }
  }
}
