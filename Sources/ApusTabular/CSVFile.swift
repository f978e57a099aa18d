import ApusData
import ApusIO
import ApusReport
import ApusTasks
import ApusTrain
import Foundation

/// A table in a file of separated values, of which one column is predicted from the others.
public struct CSVFile: ExampleSource {
  /// The name in files.
  public static let kind = "csv"
  /// The table and its columns.
  public static let options = [
    OptionDescription("data", "file", "A CSV file whose first line names its columns; a path says the same."),
    OptionDescription(
      "target", "columns", "The column to predict; for images several, with commas between them."),
    OptionDescription("ignore", "columns", "Tables: columns to leave out, with commas between them."),
    OptionDescription(
      "samples", "count", "Datasets and tables: use the first ones only, to try something quickly.",
      values: .whole(1...Int.max)),
  ]
  /// How it is used.
  public static let usage = """
    A table: one column is predicted from the others, numbers as numbers and words as classes. Numbers are normalized,
    categories one-hot encoded, missing values filled in and marked:

      apus fit weather.csv --target tomorrow --epochs 60
      apus fit iris.csv --target species --hidden 32,32
    """

  /// The file, as an absolute path.
  public let path: String
  /// The column to predict; nil where a model says which.
  public let target: String?
  /// Columns that are left out.
  public let ignored: [String]
  /// What to predict; told from the column when nil.
  public let task: String?
  /// Rows at most; all when nil.
  public let limit: Int?

  private static let endings = ["csv", "tsv", "txt"]

  /// A file of separated values, or `--data`.
  public static func recognize(_ request: DataRequest) throws -> CSVFile? {
    let options = request.options
    guard options.text("text") == nil, options.text("table") == nil else { return nil }
    guard let path = options.text("data") ?? request.path else { return nil }
    if options.text("data") == nil {
      var isFolder: ObjCBool = false
      guard endings.contains((path as NSString).pathExtension.lowercased()),
        !FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) || !isFolder.boolValue
      else { return nil }
    } else if request.path != nil {
      throw RunError(.usage, "a path and --data came: give one of them")
    }
    return CSVFile(
      path: URL(fileURLWithPath: path).standardizedFileURL.path, target: options.text("target"),
      ignored: options.list("ignore") ?? [], task: options.text("task"),
      limit: try options.integer("samples", in: 1...Int.max))
  }

  /// The file.
  public var paths: [String] { [path] }

  /// Opens the table. Rows stay on the disk.
  public func read(for problem: Problem?, _ reporter: Reporter) throws -> Examples {
    let table = try CSVTable(path: path, format: .found(inFile: path))
    guard table.rowCount > 0 else {
      throw FileError(path: path, reason: .truncated, problem: "the table has no rows")
    }
    guard let name = try target ?? predicted(problem, in: table) else {
      throw RunError(
        .usage, "nothing says which column of \(path) is the target",
        advice: "Name it by --target; there are \(Format.list(table.columnNames, limit: 30)).")
    }
    let place = try table.column(named: name)
    for column in ignored { _ = try table.column(named: column) }
    let rows = Array(0..<min(table.rowCount, limit ?? table.rowCount))
    var notes: [String] = []
    if let limit, limit < table.rowCount {
      notes.append("only the first \(limit) of \(table.rowCount) rows are used")
    }
    let schema = try TableSchema(of: table, rows: rows)
    let isNumber = try predictsNumber(schema.column(named: name), problem)
    let fields = try rows.map { try table[$0].fields[place] }
    let missing = table.format.missingTexts
    let values: Column.Values =
      isNumber
      ? .numbers(try zip(rows, fields).map { row, text in try number(text, missing, row, table) })
      : .categories(fields.map { missing.contains($0) ? nil : $0 })
    let records = CSVRecords(table: table, rows: rows)
    var examples = try Examples(
      modality: TabularInput.modality, title: "\(path), column \(name)", names: records.names,
      inputs: [Column("row", .records(records))], targets: [Column(name, values)], notes: notes)
    examples.attributes["ignored"] = ([name] + ignored).joined(separator: "\u{1F}")
    return examples
  }

  /// Rows that tell which column holds a model's classes.
  private static let sampleCount = 1000

  /// The column that a model predicts: of its name, or the only one that holds nothing but its classes.
  private func predicted(_ problem: Problem?, in table: CSVTable) throws -> String? {
    guard let target = problem?.target else { return nil }
    guard let classes = target.classNames else {
      return target.names.first { table.columnNames.contains($0) }
    }
    let known = Set(classes), missing = table.format.missingTexts
    var fits = table.columnNames.map { _ in true }, isFilled = table.columnNames.map { _ in false }
    for row in 0..<min(table.rowCount, Self.sampleCount) {
      for (column, text) in try table[row].fields.enumerated() where !missing.contains(text) {
        isFilled[column] = true
        if !known.contains(text) { fits[column] = false }
      }
    }
    let found = fits.indices.filter { fits[$0] && isFilled[$0] }
    return found.count == 1 ? table.columnNames[found[0]] : nil
  }

  private func number(_ text: String, _ missing: Set<String>, _ row: Int, _ table: CSVTable) throws -> Double
  {
    if missing.contains(text) { return .nan }
    guard let value = Double(text), value.isFinite else {
      throw FileError(
        path: path, reason: .corrupt, problem: "the target should be a number, \"\(text)\" came",
        advice: "If it means that the value is missing, empty the field; if the column holds classes, pass "
          + "--task classification.", line: table.line(ofRow: row))
    }
    return value
  }

  /// Whether a column is predicted as a number.
  private func predictsNumber(_ column: TableColumn?, _ problem: Problem?) throws -> Bool {
    if let target = problem?.target { return target is Regression }
    if let task {
      if Regression.tasks.contains(task) { return true }
      if Classification.tasks.contains(task) { return false }
      throw RunError(.usage, "--task is regression or classification for a table, \"\(task)\" came")
    }
    switch column?.kind {
    case .number: return true
    case .category: return false
    case .text, .empty, nil:
      throw DataError(
        .type,
        "the target \"\(column?.name ?? "")\" "
          + (column?.kind == .text ? "has too many different texts to be classes" : "has no values"),
        advice: "Choose another column by --target.")
    }
  }
}
