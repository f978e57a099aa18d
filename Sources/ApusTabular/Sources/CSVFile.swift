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
      "split", "how",
      "Tables: random, time:COLUMN (the last rows are the test set) or group:COLUMN (rows of one value stay together). "
        + "(default: random)"),
    OptionDescription("test", "file", "Tables: a table of the same columns whose rows are the test set."),
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
  /// How rows are dealt to parts, as a person wrote it; by chance when nil.
  var splitText: String?
  /// The table of the test set, as an absolute path; nil where it is drawn from this one.
  var testPath: String?
  /// The share of the rows for the test set of a split by time.
  var testShare = Examples.testShare

  private static let endings = ["csv", "tsv", "tab", "txt", "csv.gz", "tsv.gz", "txt.gz"]

  private enum CodingKeys: String, CodingKey {
    case path, target, ignored, task, limit, allowed, hasHeader, testShare
    case typesText = "types"
    case splitText = "split"
    case testPath = "test"
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
    if let text = options.text("split") { _ = try TableSplit(text) }
    if options.text("test") != nil, options.text("test-fraction") != nil {
      throw RunError(.usage, "--test names the test set, so that --test-fraction says nothing more")
    }
    var file = CSVFile(
      path: path == OpenedTable.standardInput ? path : URL(fileURLWithPath: path).standardizedFileURL.path,
      target: options.text("target"), ignored: options.list("ignore") ?? [], task: options.text("task"),
      limit: try options.integer("samples", in: 1...Int.max), typesText: options.text("types"),
      allowed: options.list("allow-leak") ?? [], hasHeader: options.flag("header"))
    file.splitText = options.text("split")
    file.testPath = options.text("test").map { URL(fileURLWithPath: $0).standardizedFileURL.path }
    file.testShare = try options.number("test-fraction", above: 0, to: 0.9) ?? Examples.testShare
    return file
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
    splitText = try values.decodeIfPresent(String.self, forKey: .splitText)
    testPath = try values.decodeIfPresent(String.self, forKey: .testPath)
    testShare = try values.decodeIfPresent(Double.self, forKey: .testShare) ?? Examples.testShare
  }

  /// The files; none for standard input.
  public var paths: [String] {
    (path == OpenedTable.standardInput ? [] : [path]) + (testPath.map { [$0] } ?? [])
  }

  /// Opens the table and looks at all of it once: at the target, and for rows that are equal. Rows stay on the disk.
  public func read(for problem: Problem?, _ reporter: Reporter) throws -> Examples {
    let examples = try table(for: problem, reporter)
    guard let testPath else { return examples }
    return try examples.adding(testRows: testRows(testPath, like: examples, reporter))
  }

  /// The rows of the table of the test set, whose target is read as the training set's is.
  private func testRows(_ path: String, like examples: Examples, _ reporter: Reporter) throws -> Examples {
    let isNumber = if case .numbers? = examples.targets.first?.values { true } else { false }
    let other = CSVFile(
      path: path, target: examples.targets.first?.name, ignored: [],
      task: isNumber ? Regression.kind : Classification.kind, limit: nil, typesText: nil, allowed: [],
      hasHeader: hasHeader)
    return try other.table(for: nil, reporter)
  }

  private func table(for problem: Problem?, _ reporter: Reporter) throws -> Examples {
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
    let split = try splitText.map(TableSplit.init) ?? .random
    let splitPlace = try split.column.map { try table.column(named: $0) }
    for column in ignored + allowed + types.keys.sorted() { _ = try table.column(named: column) }
    let rows = Array(0..<min(table.rowCount, limit ?? table.rowCount))
    var notes = opened.notes
    if rows.count < table.rowCount {
      notes.append("only the first \(rows.count) of \(table.rowCount) rows are used")
    }
    let missing = table.format.missingTexts
    var summaries = table.columnNames.map { ColumnSummary(name: $0, missingTexts: missing) }
    var cells: [String] = [], splitCells: [String] = []
    try table.forEachRow(of: rows) { row, record in
      for (column, field) in record.fields.enumerated() { summaries[column].add(field, line: record.line) }
      cells.append(record.fields[place])
      if let splitPlace { splitCells.append(record.fields[splitPlace]) }
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
    // A value that says which group a row is of teaches nothing about rows of other groups.
    let groupColumn = if case .group(let column) = split { column } else { String?.none }
    if splitText == nil, testPath == nil, problem == nil,
      let dates = used.first(where: {
        ColumnProfile(summaries[$0], as: types[table.columnNames[$0]]).type == .date
      })
    {
      let name = table.columnNames[dates]
      examples.notes.append(
        "column \"\(name)\" holds dates: where predictions are for later rows than the training set's, --split "
          + "time:\(name) measures how good they are; the split by chance flatters")
    }
    if let splitPlace {
      let profile = ColumnProfile(
        summaries[splitPlace], as: types[table.columnNames[splitPlace]], prefersComma: opened.prefersComma)
      try deal(&examples, split, splitCells, profile)
    }
    (settings.ignored, settings.types) = ([name] + ignored + [groupColumn].compactMap { $0 }, typesText)
    (settings.allowed, settings.prefersComma) = (allowed, opened.prefersComma)
    examples.attributes = settings.attributes
    return examples
  }

  /// Deals the rows to parts, or binds those together that stay in one.
  private func deal(
    _ examples: inout Examples, _ split: TableSplit, _ cells: [String], _ profile: ColumnProfile
  ) throws {
    switch split {
    case .random: break
    case .time(let name):
      let usable = (0..<examples.count).map { row in
        switch examples.targets.first?.values {
        case .numbers(let all): all[row].isFinite
        case .categories(let all): all[row] != nil
        default: true
        }
      }
      examples.parts = try TableSplit.parts(
        TableSplit.times(cells, profile, names: examples.names), testShare: testPath == nil ? testShare : 0,
        usable: usable)
      examples.groups = nil
      let last: Part = testPath == nil ? .test : .validation
      let count = examples.parts.count { $0 == last }
      examples.notes.append(
        "split by \"\(name)\": the \(Format.count(count, "row")) that come last are the \(last.rawValue) set"
          + (last == .test ? ", those before them the validation set" : ""))
    case .group(let name):
      var numbers: [String: Int] = [:]
      examples.groups = cells.map { cell in
        let number = numbers[cell] ?? numbers.count
        numbers[cell] = number
        return number
      }
      examples.notes.append(
        "split by \"\(name)\": its \(Format.count(numbers.count, "value")) are dealt to parts whole, and it is no feature"
      )
    }
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
