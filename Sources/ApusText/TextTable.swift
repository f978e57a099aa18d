import ApusData
import ApusIO
import ApusReport
import ApusTasks
import ApusTrain
import Foundation

/// Texts in a column of a file of comma-separated values, with what is to be predicted in others.
public struct TextTable: ExampleSource {
  /// The name in files and messages.
  public static let kind = "text-table"
  /// What `apus fit` takes for it.
  public static let options =
    [
      OptionDescription("text", "COLUMN", "The column of texts in a CSV file."),
      OptionDescription(
        "target", "COLUMN,…",
        "The column to predict: categories, numbers, or tags with ; between them. Several columns are numbers, or "
          + "labels of 0 and 1."),
    ] + sharedOptions
  /// How it is used.
  public static let usage =
    "apus fit REVIEWS.csv --text review --target stars    predicts a column of a CSV file from texts in another"

  static let sharedOptions = [
    OptionDescription("task", "TASK", "What the target is: classification, multi-label or regression."),
    OptionDescription(
      "test-fraction", "SHARE", "The share of the examples for the test set, where the data name none; 0.2."),
  ]

  /// The file.
  public let path: String
  /// The column of texts.
  public let text: String
  /// The columns to predict.
  public let targets: [String]
  /// What the person said the targets are; nil leaves it to the values.
  public let task: String?

  /// Texts and targets in columns of a file.
  /// - Throws: `DataError` where no target is named, or the texts themselves.
  public init(_ path: String, text: String, targets: [String], task: String? = nil) throws {
    guard !targets.isEmpty, !targets.contains(text), Set(targets).count == targets.count else {
      throw DataError(
        .setting,
        "--target: one or several columns other than that of the texts were expected, "
          + (targets.isEmpty ? "none came" : "\(Format.list(targets.map { "\"\($0)\"" })) came"),
        advice: "Name the column to predict: --text \(text) --target COLUMN.")
    }
    (self.path, self.text, self.targets, self.task) = (path, text, targets, task)
  }

  /// A file with `--text` means texts.
  public static func recognize(_ request: DataRequest) throws -> TextTable? {
    guard let text = request.options.text("text") else { return nil }
    guard let path = request.path, !TextFile.isFolder(path) else {
      throw DataError(
        .setting, "--text names a column of a CSV file, \(request.path ?? "no file") came",
        advice: "A folder of texts needs no --text: apus fit TEXTS.")
    }
    return try TextTable(
      path, text: text, targets: request.options.list("target") ?? [], task: request.options.text("task"))
  }

  /// The file.
  public var paths: [String] { [path] }

  /// Goes over the file once for the targets and for what is missing; the texts stay in the file.
  ///
  /// - Parameters:
  ///   - problem: Of a trained model, whose kind of target the columns are read as; nil before training.
  ///   - reporter: Is told how many rows were read.
  /// - Returns: Examples with a column of records of one field, the text, and a column for each target, or one of tags.
  /// - Throws: `FileError` for files without these columns; `DataError` where no row has a text or targets do not fit.
  public func read(for problem: Problem?, _ reporter: Reporter) throws -> Examples {
    let format = try CSVFormat.found(inFile: path)
    let table = try CSVTable(path: path, format: format)
    let textColumn = try table.column(named: text)
    let targetColumns = try targets.map { try table.column(named: $0) }
    var rows: [Int] = [], names: [String] = [], fingerprints: [UInt64] = [], skipped: [Skipped] = []
    var cells = TargetCells(names: targets, path: path)
    var reader = try CSVReader(path: path, format: format)
    var row = 0
    while let record = try reader.next() {
      if row.isMultiple(of: 4096) {
        try Task.checkCancellation()
        reporter.count("rows", row, table.rowCount)
      }
      let (content, name) = (record.fields[textColumn], "\(path):\(record.line)")
      if content.allSatisfy(\.isWhitespace) || format.missingTexts.contains(content) {
        skipped.append(Skipped(name, "the text is missing"))
      } else {
        rows.append(row)
        names.append(name)
        fingerprints.append(TextFile.fingerprint(content))
        cells.add(
          targetColumns.map { column in
            let cell = record.fields[column].trimmingCharacters(in: .whitespacesAndNewlines)
            return format.missingTexts.contains(cell) ? nil : cell
          }, line: record.line)
      }
      row += 1
    }
    guard !rows.isEmpty else {
      throw DataError(
        .empty, "no row of \(path) has a text in the column \"\(text)\"", advice: "Choose another column.")
    }
    var notes: [String] = []
    if let first = skipped.first {
      notes.append("\(Format.count(skipped.count, "row")) without a text left out, \(first.name) first")
    }
    let groups = TextFile.groups(fingerprints)
    let copies = rows.count - Set(groups).count
    if copies > 0 {
      notes.append("\(Format.count(copies, "row")) with the text of another row, kept in one part with it")
    }
    let (columns, reason) = try cells.columns(task: task, for: problem?.target)
    if let reason { notes.append(reason) }
    let source = TextRecords(table: table, column: textColumn)
    return try Examples(
      modality: WordTokens.modality, title: "\(path), column \(text)", names: names,
      inputs: [Column(text, .records(source)).subset(rows)], targets: columns, groups: groups, notes: notes,
      skipped: skipped)
  }
}

/// One column of a table, left on the disk.
private struct TextRecords: RecordSource {
  let table: CSVTable
  let column: Int
  var columnNames: [String] { [table.columnNames[column]] }
  var count: Int { table.rowCount }
  func fields(_ row: Int) throws -> [String] { [try table[row].fields[column]] }
}

/// What stands in the columns that are to be predicted, and what it means.
private struct TargetCells {
  let names: [String]
  let path: String
  private var rows: [[String?]] = []
  private var lines: [Int] = []

  init(names: [String], path: String) { (self.names, self.path) = (names, path) }

  mutating func add(_ row: [String?], line: Int) {
    rows.append(row)
    lines.append(line)
  }

  /// The columns as a target takes them.
  /// - Returns: The columns, and what a person should know of the choice.
  /// - Throws: `DataError` or `FileError` for cells that cannot be read as what was asked for.
  func columns(task: String?, for target: (any Target)?) throws -> (columns: [Column], note: String?) {
    let known = rows.joined().compactMap { $0 }
    guard !known.isEmpty else {
      throw DataError(
        .empty, "\(listed) of \(path) is empty", advice: "Choose another column by --target.")
    }
    let kind = target.map { type(of: $0).kind } ?? task.map(Self.kind)
    let areNumbers = known.allSatisfy { Self.number($0) != nil }
    switch kind {
    case Regression.kind: return (try numbers(), nil)
    case MultiLabel.kind: return ([try names.count == 1 ? tags() : flags()], nil)
    case Classification.kind: return ([try categories()], nil)
    default: break
    }
    if names.count > 1 {
      let areFlags = known.allSatisfy { Self.flags[$0.lowercased()] != nil }
      return areFlags ? ([try flags()], nil) : (try numbers(), nil)
    }
    if areNumbers {
      guard Set(known).count > 2 else {
        return (
          [try categories()],
          "\(listed) has two values, which are classes; for numbers pass --task regression"
        )
      }
      return (
        try numbers(), "\(listed) holds numbers; if they are codes of classes, pass --task classification"
      )
    }
    guard let separator else { return ([try categories()], nil) }
    return (
      [try tags()],
      "\(listed) holds several tags with “\(separator)” between them; if each is one class, pass --task classification"
    )
  }

  private var listed: String {
    "the column\(names.count == 1 ? "" : "s") " + Format.list(names.map { "\"\($0)\"" })
  }

  private static func kind(ofTask task: String) -> String {
    if Regression.tasks.contains(task) { return Regression.kind }
    return MultiLabel.tasks.contains(task) ? MultiLabel.kind : Classification.kind
  }

  private static let flags: [String: Bool] = [
    "0": false, "1": true, "0.0": false, "1.0": true, "false": false, "true": true, "no": false, "yes": true,
  ]

  /// A finite number; hexadecimal ones are codes.
  private static func number(_ text: String) -> Double? {
    guard !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "x") }), let value = Double(text),
      value.isFinite
    else { return nil }
    return value
  }

  /// What stands between tags; nil where each cell is one.
  private var separator: String? {
    [";", "|", ","].first { separator in rows.contains { $0[0]?.contains(separator) ?? false } }
  }

  private func failure(_ row: Int, _ problem: String) -> FileError {
    FileError(path: path, reason: .corrupt, problem: problem, line: lines[row])
  }

  private func categories() throws -> Column {
    guard names.count == 1 else {
      throw DataError(
        .setting, "one column of classes was expected, \(listed) came", advice: "Name one column by --target."
      )
    }
    return Column(names[0], .categories(rows.map { $0[0] }))
  }

  private func numbers() throws -> [Column] {
    try names.indices.map { place in
      Column(
        names[place],
        .numbers(
          try rows.indices.map { row in
            guard let cell = rows[row][place] else { return .nan }
            guard let number = Self.number(cell) else {
              throw failure(row, "a number was expected in column \"\(names[place])\", \"\(cell)\" came")
            }
            return number
          }))
    }
  }

  /// Tags of one column; a cell without any says that none holds.
  private func tags() throws -> Column {
    let separator = separator ?? ";"
    return Column(
      names[0],
      .tags(
        rows.map { row in
          (row[0] ?? "").components(separatedBy: separator).map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
        }))
  }

  /// The names of the columns that say yes.
  private func flags() throws -> Column {
    Column(
      names.joined(separator: ","),
      .tags(
        try rows.indices.map { row in
          var tags: [String] = []
          for (name, cell) in zip(names, rows[row]) {
            guard let cell else { return nil }
            guard let holds = Self.flags[cell.lowercased()] else {
              throw failure(row, "0 or 1 was expected in column \"\(name)\", \"\(cell)\" came")
            }
            if holds { tags.append(name) }
          }
          return tags
        }))
  }
}
