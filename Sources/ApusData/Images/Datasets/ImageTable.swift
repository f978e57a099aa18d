import ApusIO
import Foundation

extension ImageDataset {
  /// Which columns of a table hold the targets.
  public enum TableTargets: Sendable {
    /// One class for each image.
    case classes(column: String)
    /// Any number of labels, between which the separator stands; "cat dog".
    case labels(column: String, separator: Character = " ")
    /// Numbers, one from each column.
    case numbers(columns: [String])
  }

  /// Images that a table of comma-separated values lists.
  /// - Parameters:
  ///   - path: The path of the table.
  ///   - pathColumn: The column of the images' paths.
  ///   - targets: The columns of the targets.
  ///   - folder: Where the paths begin; the table's own folder by default.
  ///   - loading: How the images are read.
  ///   - classNames: The classes or labels and their order; all that are found, sorted, by default.
  ///   - damaged: What happens to files that cannot be decoded.
  ///   - format: Separator, header and missing values.
  /// - Throws: `FileError` for a table or file that is missing, damaged, in a format that is not read or of
  ///   too many pixels. `DataError` for settings that make no sense.
  public init(
    table path: String, pathColumn: String, targets: TableTargets, folder: String? = nil,
    loading: ImageLoading,
    classNames: [String]? = nil, damaged: DamagedFiles = .thrown, format: CSVFormat = CSVFormat()
  ) throws {
    let table = try CSVTable(path: path, format: format)
    let pathIndex = try table.column(named: pathColumn)
    let columns: [Int]
    switch targets {
    case .classes(let column), .labels(let column, _): columns = [try table.column(named: column)]
    case .numbers(let names): columns = try names.map { try table.column(named: $0) }
    }
    let root = folder ?? URL(fileURLWithPath: path).deletingLastPathComponent().path
    var paths: [String] = []
    var texts: [[String]] = []
    var lines: [Int] = []
    try table.forEachRow(of: nil) { _, record in
      let name = record.fields[pathIndex]
      paths.append(FilePath(name.hasPrefix("/") ? name : root + "/" + name).existing)
      texts.append(columns.map { record.fields[$0] })
      lines.append(record.line)
    }
    guard !paths.isEmpty else {
      throw FileError(path: path, reason: .truncated, problem: "the table lists no images")
    }
    func failure(_ row: Int, _ problem: String) -> FileError {
      FileError(path: path, reason: .corrupt, problem: problem, line: lines[row])
    }
    /// The places of names among all of them.
    func places(_ rows: [[String]]) throws -> (labels: [[Int]], names: [String]) {
      let names = classNames ?? Set(rows.joined()).sorted()
      let place = Dictionary(zip(names, names.indices)) { first, _ in first }
      let labels = try rows.enumerated().map { row, texts in
        try texts.map { text in
          guard let label = place[text] else { throw failure(row, "\"\(text)\" is none of \(names)") }
          return label
        }
      }
      return (labels, names)
    }
    let found: Targets
    switch targets {
    case .classes:
      if let row = texts.firstIndex(where: { $0[0].isEmpty }) { throw failure(row, "the class is missing") }
      let (labels, names) = try places(texts)
      found = .classes(labels.map { $0[0] }, names: names)
    case .labels(_, let separator):
      let (labels, names) = try places(texts.map { $0[0].split(separator: separator).map(String.init) })
      found = .labels(labels, names: names)
    case .numbers(let columns):
      found = .numbers(
        try texts.enumerated().map { row, texts in
          try zip(texts, columns).map { text, column in
            guard let number = Float(text), number.isFinite else {
              throw failure(row, "a number was expected in column \"\(column)\", \"\(text)\" came")
            }
            return number
          }
        })
    }
    try self.init(paths: paths, targets: found, loading: loading, damaged: damaged)
  }
}
