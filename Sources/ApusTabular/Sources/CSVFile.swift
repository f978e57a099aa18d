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
    OptionDescription(
      "data", "file", "A table of separated values; a path says the same, and - is standard input."),
    OptionDescription(
      "target", "columns", "The column to predict; for images several, with commas between them."),
    OptionDescription("ignore", "columns", "Tables: columns to leave out, with commas between them."),
    OptionDescription(
      "samples", "count", "Datasets and tables: use the first ones only, to try something quickly.",
      values: .whole(1...Int.max)),
    OptionDescription(
      "types", "a=category,b=date",
      "Tables: what columns are, where their values do not show it: number, boolean, category, date, text or id."
    ),
    OptionDescription(
      "allow-leak", "columns",
      "Tables: columns to keep though they tell the target too well, with commas between them."),
    OptionDescription(
      flag: "header", isInvertible: true,
      "Tables: whether the first line names the columns. (default: told from the line)"),
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
  /// What columns are, as a person wrote it: `a=category,b=date`.
  let typesText: String?
  /// Columns that stay though they look like leaks.
  let allowed: [String]
  /// Whether the first line names the columns; told from the line when nil.
  let hasHeader: Bool?

  private static let endings = ["csv", "tsv", "tab", "txt", "csv.gz", "tsv.gz", "txt.gz"]

  private enum CodingKeys: String, CodingKey {
    case path, target, ignored, task, limit, allowed, hasHeader
    case typesText = "types"
  }

  private var types: [String: ColumnType] { get throws { try ColumnType.parsed(typesText) } }

  /// A file of separated values, or `--data`.
  public static func recognize(_ request: DataRequest) throws -> CSVFile? {
    let options = request.options
    guard options.text("text") == nil, options.text("table") == nil else { return nil }
    guard let path = options.text("data") ?? request.path else { return nil }
    if options.text("data") == nil {
      var isFolder: ObjCBool = false
      let name = path.lowercased()
      guard path == OpenedTable.standardInput || endings.contains(where: { name.hasSuffix("." + $0) }),
        !FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) || !isFolder.boolValue
      else { return nil }
    } else if request.path != nil {
      throw RunError(.usage, "a path and --data came: give one of them")
    }
    _ = try ColumnType.parsed(options.text("types"))
    return CSVFile(
      path: path == OpenedTable.standardInput ? path : URL(fileURLWithPath: path).standardizedFileURL.path,
      target: options.text("target"), ignored: options.list("ignore") ?? [], task: options.text("task"),
      limit: try options.integer("samples", in: 1...Int.max), typesText: options.text("types"),
      allowed: options.list("allow-leak") ?? [], hasHeader: options.flag("header"))
  }

  private init(
    path: String, target: String?, ignored: [String], task: String?, limit: Int?, typesText: String?,
    allowed: [String], hasHeader: Bool?
  ) {
    (self.path, self.target, self.ignored, self.task) = (path, target, ignored, task)
    (self.limit, self.typesText, self.allowed, self.hasHeader) = (limit, typesText, allowed, hasHeader)
  }

  /// Reads what was encoded by this or an earlier version.
  /// - Parameter decoder: Where it was saved.
  /// - Throws: `DecodingError` for something else.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      path: try values.decode(String.self, forKey: .path),
      target: try values.decodeIfPresent(String.self, forKey: .target),
      ignored: try values.decode([String].self, forKey: .ignored),
      task: try values.decodeIfPresent(String.self, forKey: .task),
      limit: try values.decodeIfPresent(Int.self, forKey: .limit),
      typesText: try values.decodeIfPresent(String.self, forKey: .typesText),
      allowed: try values.decodeIfPresent([String].self, forKey: .allowed) ?? [],
      hasHeader: try values.decodeIfPresent(Bool.self, forKey: .hasHeader))
  }

  /// The file; none for standard input.
  public var paths: [String] { path == OpenedTable.standardInput ? [] : [path] }

  /// Opens the table and looks at all of it once: at the target, and for rows that are equal. Rows stay on the disk.
  public func read(for problem: Problem?, _ reporter: Reporter) throws -> Examples {
    let opened = try OpenedTable(path: path, hasHeader: hasHeader)
    let table = opened.table
    guard table.rowCount > 0 else {
      throw FileError(path: table.path, reason: .truncated, problem: "the table has no rows")
    }
    guard let name = try target ?? predicted(problem, in: table) else {
      throw RunError(
        .usage, "nothing says which column of \(table.path) is the target",
        advice: "Name it by --target; there are \(Format.list(table.columnNames, limit: 30)).")
    }
    let place = try table.column(named: name), types = try types
    for column in ignored + allowed + types.keys.sorted() { _ = try table.column(named: column) }
    let rows = Array(0..<min(table.rowCount, limit ?? table.rowCount))
    var notes = opened.notes
    if rows.count < table.rowCount {
      notes.append("only the first \(rows.count) of \(table.rowCount) rows are used")
    }
    let missing = table.format.missingTexts
    var summaries = table.columnNames.map { ColumnSummary(name: $0, missingTexts: missing) }
    var cells: [String] = []
    try table.forEachRow(of: rows) { row, record in
      for (column, field) in record.fields.enumerated() { summaries[column].add(field, line: record.line) }
      cells.append(record.fields[place])
      if row.isMultiple(of: 4096) {
        try Task.checkCancellation()
        reporter.count("rows", row, rows.count)
      }
    }
    let reading = TargetReading(
      summary: summaries[place], cells: cells, type: types[name], task: task, path: table.path,
      prefersComma: opened.prefersComma)
    let (values, said) = try reading.values(for: problem)
    let used = table.columnNames.indices.filter {
      $0 != place && !ignored.contains(table.columnNames[$0])
    }
    let equal = try EqualRows(
      table, rows: rows,
      columns: used.map { ($0, ColumnProfile(summaries[$0], as: types[table.columnNames[$0]])) })
    let records = CSVRecords(table: table, rows: rows)
    var examples = try Examples(
      modality: TabularInput.modality, title: "\(table.path), column \(name)", names: records.names,
      inputs: [Column("row", .records(records))], targets: [Column(name, values)], groups: equal.groups,
      notes: notes + said + equal.notes)
    var settings = TableSettings()
    (settings.ignored, settings.types) = ([name] + ignored, typesText)
    (settings.allowed, settings.prefersComma) = (allowed, opened.prefersComma)
    examples.attributes = settings.attributes
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
}
