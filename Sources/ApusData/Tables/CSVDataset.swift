import ApusGraph
import ApusIO

/// The rows of a table as samples, left on the disk and encoded as they are fetched.
///
/// Features are `float32` `[features]`, and where categories are encoded by index a second one, `int32`
/// `[columns]`. Targets are classes (`int32` scalars), or numbers (`float32` `[1]`, as a dense layer of one
/// unit gives them).
public struct CSVDataset: Dataset {
  /// The table.
  public let table: CSVTable
  /// What turns rows into numbers.
  public let encoder: TableEncoder
  /// The rows that are samples.
  public let rows: [Int]
  /// What is left out, and what the training rows did not have.
  public let warnings: [String]
  private let rowEncoder: TableRowEncoder
  private let labels: [Int32]?

  /// Rows of a table. All of them are read once, so that what cannot be encoded is an error now.
  /// - Parameters:
  ///   - table: The table.
  ///   - encoder: What turns rows into numbers, fitted on training rows.
  ///   - rows: The rows that are samples, all by default.
  ///   - droppingRowsWithoutTarget: Leaves rows without a target out instead of refusing them.
  /// - Throws: `FileError` with the line for a row that cannot be encoded, `DataError` for a column that the
  ///   table lacks.
  public init(
    _ table: CSVTable, encoder: TableEncoder, rows: [Int]? = nil, droppingRowsWithoutTarget: Bool = false
  ) throws {
    let rowEncoder = try TableRowEncoder(encoder, table: table)
    var surprises = TableRowEncoder.Surprises()
    let isClassified = encoder.classNames != nil && rowEncoder.hasTarget
    var labelOfRow = [Int32](repeating: -1, count: isClassified ? table.rowCount : 0)
    var dropped: Set<Int> = []
    try table.forEachRow(of: rows) { row, record in
      let encoded = try rowEncoder.encode(record, noting: &surprises)
      if rowEncoder.hasTarget && !encoded.hasTarget {
        guard droppingRowsWithoutTarget else {
          throw FileError(
            path: table.path, reason: .corrupt,
            problem: "the target \"\(encoder.targetName ?? "")\" is missing",
            advice: "Fill it in, or say `droppingRowsWithoutTarget: true`.", line: record.line)
        }
        dropped.insert(row)
      } else if isClassified {
        labelOfRow[row] = encoded.label
      }
    }
    let kept = (rows ?? Array(0..<table.rowCount)).filter { !dropped.contains($0) }
    self.table = table
    self.encoder = encoder
    self.rows = kept
    self.rowEncoder = rowEncoder
    labels = isClassified ? kept.map { labelOfRow[$0] } : nil
    warnings = encoder.warnings + Self.warnings(of: surprises, dropped: dropped.count)
  }

  /// All rows of the file at `path`, with an encoder fitted on them. To keep test data apart, open a
  /// `CSVTable` and take its `datasets` instead.
  /// - Parameters:
  ///   - path: The path of the table.
  ///   - target: The column to predict; nil for none.
  ///   - task: What to predict; nil takes classes for a column of categories, a number for one of numbers.
  ///   - format: Separator, header and missing values.
  ///   - ignored: Columns that are not used.
  /// - Throws: `FileError` with the line for a row that cannot be encoded, `DataError` for a column that the
  ///   table lacks.
  public init(
    path: String, target: String?, task: TableEncoder.Task? = nil, format: CSVFormat = CSVFormat(),
    ignoring ignored: Set<String> = []
  ) throws {
    let table = try CSVTable(path: path, format: format)
    let schema = try TableSchema(of: table)
    try self.init(
      table, encoder: TableEncoder(schema: schema, target: target, task: task, ignoring: ignored))
  }

  private static func warnings(of surprises: TableRowEncoder.Surprises, dropped: Int) -> [String] {
    func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
    var result: [String] = []
    for (name, unknown) in surprises.unknownCategories.sorted(by: { $0.key < $1.key }) {
      result.append(
        "column \"\(name)\" has \(counted(unknown.count, "value")) that training rows did not have, "
          + "\"\(unknown.first)\" on line \(unknown.line) first")
    }
    for (name, missing) in surprises.missing.sorted(by: { $0.key < $1.key }) {
      result.append(
        "column \"\(name)\" lacks \(counted(missing.count, "value")), on line \(missing.line) first; training "
          + "rows lacked none")
    }
    if dropped > 0 { result.append("\(counted(dropped, "row")) without a target left out") }
    return result
  }

  /// Number of samples.
  public var count: Int { rows.count }

  /// The names of the classes, for classification.
  public var classNames: [String]? { encoder.classNames }

  /// One sample.
  public subscript(index: Int) -> Sample {
    get throws { try batch(at: [index]).samples()[0] }
  }

  /// The samples at the given indices, read from the disk. Ids are rows of the table.
  /// - Parameter indices: The places of the samples in the dataset, counted from 0.
  /// - Returns: The batch, in the order of `indices`.
  /// - Throws: `DataError` for a place outside of the dataset, and whatever reading a sample throws.
  public func batch(at indices: [Int]) throws -> Batch {
    var numbers: [Float] = []
    var places: [Int32] = []
    var labels: [Int32] = []
    var values: [Float] = []
    var surprises = TableRowEncoder.Surprises()
    numbers.reserveCapacity(indices.count * encoder.featureNames.count)
    for index in indices {
      try checkIndex(index)
      let row = try rowEncoder.encode(table[rows[index]], noting: &surprises)
      numbers += row.numbers
      places += row.indices
      labels.append(row.label)
      values.append(row.value)
    }
    let count = indices.count
    var features: [Literal] = []
    if !encoder.featureNames.isEmpty {
      features.append(Literal(numbers, shape: [count, encoder.featureNames.count]))
    }
    if !encoder.indexedColumns.isEmpty {
      features.append(Literal(places, shape: [count, encoder.indexedColumns.count]))
    }
    let targets =
      !rowEncoder.hasTarget
      ? nil : classNames != nil ? Literal(labels, shape: [count]) : Literal(values, shape: [count, 1])
    return Batch(features: features, targets: targets, ids: indices.map { rows[$0] })
  }

  /// The classes of all samples, for classification.
  /// - Returns: The class of each sample; nil where samples have none.
  /// - Throws: Whatever fetching the samples throws.
  public func classLabels() throws -> [Int]? { labels?.map { Int($0) } }
}

extension CSVTable {
  /// Deals the rows out to training and test data, and fits the encoder on the training rows alone.
  /// - Parameters:
  ///   - target: The column to predict.
  ///   - testFraction: The share of the test data, between 0 and 1.
  ///   - seed: The split depends on nothing else.
  ///   - task: What to predict; nil takes classes for a column of categories, a number for one of numbers.
  ///   - kinds: The kinds of some columns, where their values do not show them.
  ///   - numbers: How columns of numbers are encoded.
  ///   - categories: How columns of categories are encoded.
  ///   - ignored: Columns to leave out, such as row numbers.
  ///   - droppingRowsWithoutTarget: Leaves out rows whose target is missing, which are an error otherwise.
  /// - Returns: The training and the test set.
  /// - Throws: `FileError` with the line for a row that cannot be read, `DataError` for columns and a
  ///   fraction that make no sense.
  public func datasets(
    target: String, testFraction: Double = 0.2, seed: UInt64 = 0, task: TableEncoder.Task? = nil,
    kinds: [String: ColumnKind] = [:], numbers: TableEncoder.NumberEncoding = .standardized,
    categories: TableEncoder.CategoryEncoding = .oneHot, ignoring ignored: Set<String> = [],
    droppingRowsWithoutTarget: Bool = false
  ) throws -> (train: CSVDataset, test: CSVDataset) {
    func encoder(rows: [Int]?) throws -> TableEncoder {
      try TableEncoder(
        schema: TableSchema(of: self, rows: rows, kinds: kinds), target: target, task: task, numbers: numbers,
        categories: categories, ignoring: ignored)
    }
    let all = try CSVDataset(
      self, encoder: encoder(rows: nil), droppingRowsWithoutTarget: droppingRowsWithoutTarget)
    let (train, test) = try all.split(1 - testFraction, seed: seed)
    let trainRows = train.indices.map { all.rows[$0] }
    let fitted = try encoder(rows: trainRows)
    return (
      try CSVDataset(self, encoder: fitted, rows: trainRows),
      try CSVDataset(self, encoder: fitted, rows: test.indices.map { all.rows[$0] })
    )
  }
}
