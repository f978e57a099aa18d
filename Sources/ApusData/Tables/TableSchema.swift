import ApusIO

/// What the values of a table's column are.
public enum ColumnKind: String, Sendable, Codable {
  /// Every known value is a finite number.
  case number
  /// One of a few texts.
  case category
  /// Too many different texts to be categories.
  case text
  /// No value is known.
  case empty
}

/// Statistics of one column of a table.
public struct TableColumn: Sendable, Codable, Equatable {
  /// The name.
  public let name: String
  /// What its values are.
  public let kind: ColumnKind
  /// Number of rows that have a value.
  public let knownCount: Int
  /// Number of rows that have none.
  public let missingCount: Int
  /// The mean of a column of numbers, 0 for others.
  public let mean: Double
  /// The standard deviation of a column of numbers, 0 for others.
  public let std: Double
  /// The smallest and the greatest of a column of numbers.
  public let range: ClosedRange<Double>?
  /// The different values of a column of categories, or of numbers where they are few: numbers in their
  /// order, texts in that of their letters.
  public let categories: [String]
  /// How many rows have each of the categories.
  public let categoryCounts: [Int]

  /// Files hold the names that properties had when the format was fixed.
  enum CodingKeys: String, CodingKey {
    case name, kind, knownCount, missingCount, mean, range, categories, categoryCounts
    case std = "deviation"
  }

  /// The category that most rows have, the first of equals.
  var mostFrequent: Int? {
    categoryCounts.max().flatMap { most in categoryCounts.firstIndex(of: most) }
  }
}

/// Statistics of the columns of a table, from one pass over its rows.
public struct TableSchema: Sendable, Codable, Equatable {
  /// The columns in the order of the file.
  public let columns: [TableColumn]
  /// Number of rows that were read.
  public let rowCount: Int

  /// Looks at a table, in memory that does not grow with the number of rows.
  /// - Parameters:
  ///   - table: The table.
  ///   - rows: The rows to read, all by default. Pass the training rows, so that nothing leaks from the test set.
  ///   - kinds: The kinds of some columns, where their values do not show them: numbers that
  ///     are codes of categories, say.
  ///   - maximumCategoryCount: A column with more different texts than this is `text`.
  /// - Throws: `FileError` with the line for a row that cannot be read, `DataError` for a row that is none.
  public init(
    of table: CSVTable, rows: [Int]? = nil, kinds: [String: ColumnKind] = [:], maximumCategoryCount: Int = 256
  ) throws {
    for name in kinds.keys.sorted() { _ = try table.column(named: name) }
    try self.init(
      columnNames: table.columnNames, path: table.path, missingTexts: table.format.missingTexts, kinds: kinds,
      maximumCategoryCount: maximumCategoryCount
    ) { body in
      try table.forEachRow(of: rows) { _, record in body(record.fields, record.line) }
    }
  }

  /// Looks at rows of fields.
  ///
  /// - Parameters:
  ///   - columnNames: The names of the fields.
  ///   - path: What errors call the data.
  ///   - missingTexts: Texts that stand for a missing value.
  ///   - kinds: What the values of some columns are, where that cannot be seen.
  ///   - maximumCategoryCount: A column with more different texts than this is `text`.
  ///   - forEachRow: Calls its argument with the fields and the line of each row.
  /// - Throws: `FileError` where a column is not of the kind that was asked for; whatever `forEachRow` throws.
  public init(
    columnNames: [String], path: String, missingTexts: Set<String>, kinds: [String: ColumnKind] = [:],
    maximumCategoryCount: Int = 256, forEachRow: ((_ fields: [String], _ line: Int) -> Void) throws -> Void
  ) throws {
    var summaries = columnNames.map { _ in ColumnSummary(maximumCategoryCount: maximumCategoryCount) }
    var count = 0
    try forEachRow { fields, line in
      count += 1
      for (column, field) in fields.enumerated() where column < summaries.count {
        summaries[column].add(missingTexts.contains(field) ? nil : field, line: line)
      }
    }
    rowCount = count
    columns = try zip(columnNames, summaries).map { name, summary in
      try summary.column(name: name, kind: kinds[name], path: path)
    }
  }

  /// The statistics of the column of that name, or nil.
  public func column(named name: String) -> TableColumn? { columns.first { $0.name == name } }
}

/// What accumulates while the values of a column pass.
private struct ColumnSummary {
  let maximumCategoryCount: Int
  private var knownCount = 0
  private var missingCount = 0
  private var mean = 0.0
  private var squares = 0.0
  private var minimum = Double.infinity
  private var maximum = -Double.infinity
  private var counts: [String: Int] = [:]
  private var hasManyTexts = false
  /// The first value that is no number, and its line.
  private var notANumber: (text: String, line: Int)?

  init(maximumCategoryCount: Int) { self.maximumCategoryCount = maximumCategoryCount }

  mutating func add(_ text: String?, line: Int) {
    guard let text else {
      missingCount += 1
      return
    }
    knownCount += 1
    if !hasManyTexts {
      counts[text, default: 0] += 1
      if counts.count > maximumCategoryCount {
        hasManyTexts = true
        counts = [:]
      }
    }
    guard notANumber == nil else { return }
    guard let value = tableNumber(text) else {
      notANumber = (text, line)
      return
    }
    // Welford's way: exact enough for any number of rows, whatever the mean.
    let difference = value - mean
    mean += difference / Double(knownCount)
    squares += difference * (value - mean)
    minimum = min(minimum, value)
    maximum = max(maximum, value)
  }

  func column(name: String, kind asked: ColumnKind?, path: String) throws -> TableColumn {
    let found: ColumnKind =
      knownCount == 0 ? .empty : notANumber == nil ? .number : hasManyTexts ? .text : .category
    let kind = asked ?? found
    if asked == .number, let notANumber {
      throw FileError(
        path: path, reason: .corrupt,
        problem: "column \"\(name)\" should hold numbers, \"\(notANumber.text)\" came",
        advice: "If it means that the value is missing, add it to the format's `missingTexts`.",
        line: notANumber.line)
    }
    if asked == .category && hasManyTexts {
      throw FileError(
        path: path, reason: .unsupported,
        problem:
          "column \"\(name)\" should hold categories, it has more than \(maximumCategoryCount) different "
          + "values",
        advice: "Raise `maximumCategoryCount`, or leave the column out.")
    }
    let isNumber = kind == .number && knownCount > 0
    let categories = kind == .text || kind == .empty ? [] : sortedCategories()
    return TableColumn(
      name: name, kind: kind, knownCount: knownCount, missingCount: missingCount,
      mean: isNumber ? mean : 0, std: isNumber ? (squares / Double(knownCount)).squareRoot() : 0,
      range: isNumber ? minimum...maximum : nil, categories: categories,
      categoryCounts: categories.map { counts[$0] ?? 0 })
  }

  private func sortedCategories() -> [String] {
    counts.keys.sorted { left, right in
      guard notANumber == nil, let a = tableNumber(left), let b = tableNumber(right), a != b else {
        return left.utf8.lexicographicallyPrecedes(right.utf8)
      }
      return a < b
    }
  }
}

/// The finite number that a field stands for, or nil: hexadecimal digits, infinities and NaN are none.
func tableNumber(_ text: String) -> Double? {
  guard !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "x") }), let value = Double(text),
    value.isFinite
  else { return nil }
  return value
}
