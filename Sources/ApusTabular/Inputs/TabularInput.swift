import ApusData
import ApusGraph
import ApusIO
import ApusLearn
import ApusReport
import ApusTasks
import Foundation

/// Rows of a table as tensors: standardized numbers and parts of dates, one-hot categories, and marks for missing values.
public struct TabularInput: InputEncoder {
  /// The name in files.
  public static let kind = "table"
  /// The modality of examples.
  public static let modality = "table"
  /// What turns rows into numbers, fitted on training rows.
  public let encoder: FeatureEncoder

  /// An input that is encoded as earlier versions did.
  init(_ encoder: TableEncoder) { self.encoder = FeatureEncoder(encoder) }

  /// An input fitted on training rows alone: types of columns, scales, levels, and which columns are leaks.
  /// - Parameters:
  ///   - data: The data, of whose rows only those of the training set are looked at.
  ///   - rows: The rows that are looked at where these are others.
  ///   - form: What the features of a row are.
  /// - Throws: `DataError` where no column is left to predict from.
  public init(_ data: TaskData, rows: [Int]? = nil, form: FeatureForm = .dense) throws {
    let settings = TableSettings(data.examples.attributes)
    let table = TableRows(
      source: try Self.records(data.examples), rows: rows ?? data.rows(.training),
      names: data.examples.names,
      missingTexts: CSVFormat().missingTexts, types: try ColumnType.parsed(settings.types),
      prefersComma: settings.prefersComma)
    encoder = try FeatureEncoder(
      table, form: form, target: data.target == nil ? nil : LeakTarget(data.examples.targets),
      ignored: Set(settings.ignored), allowed: Set(settings.allowed))
  }

  /// The features of some rows as a matrix; of the form `columns` with the levels of categories.
  /// - Parameters:
  ///   - examples: The examples.
  ///   - rows: Which of them, in this order.
  /// - Throws: `FileError` for a row that cannot be read.
  /// - Returns: The features.
  public func matrix(_ examples: Examples, rows: [Int]) throws -> FeatureMatrix {
    let source = try Self.records(examples)
    let places = try encoder.places(in: source.columnNames, path: examples.title)
    var values: [Float] = []
    values.reserveCapacity(rows.count * encoder.featureNames.count)
    for row in rows {
      values += try encoder.features(source.fields(row), places, path: examples.names[row])
    }
    return try FeatureMatrix(values, columns: encoder.matrixColumns)
  }

  /// What stands in a row for each column of its matrix, such as `age = 42`.
  /// - Parameters:
  ///   - examples: The examples.
  ///   - row: The place of the row.
  /// - Throws: `FileError` for a row that cannot be read.
  /// - Returns: A text for each column.
  func parts(_ examples: Examples, row: Int) throws -> [String] {
    let source = try Self.records(examples)
    let places = try encoder.places(in: source.columnNames, path: examples.title)
    let fields = try source.fields(row)
    return zip(encoder.columns, places).flatMap { column, place in
      let text = encoder.missingTexts.contains(fields[place]) ? "missing" : fields[place]
      return column.featureNames(encoder.form).map { "\($0) = \(text)" }
    }
  }

  private static func records(_ examples: Examples) throws -> any RecordSource {
    guard case .records(let source) = try examples.input().values else {
      throw DataError(
        .type, "rows of a table were expected, examples of the modality \(examples.modality) came")
    }
    return source
  }

  /// One row of numbers.
  public var types: [TensorType] { [TensorType(.float32, [encoder.featureNames.count])] }

  private func literal(
    _ source: any RecordSource, _ row: Int, _ places: [Int], _ name: String
  ) throws -> Literal {
    let numbers = try encoder.features(source.fields(row), places, path: name)
    return Literal(numbers, shape: [numbers.count])
  }

  /// The features of a row.
  public func features(_ examples: Examples, row: Int) throws -> [[Literal]] {
    let source = try Self.records(examples)
    let places = try encoder.places(in: source.columnNames, path: examples.names[row])
    return [[try literal(source, row, places, examples.names[row])]]
  }

  /// All rows encoded once, in memory: they are fetched in every epoch.
  public func dataset(_ examples: Examples, rows: [Int], target: (any Target)?) throws -> any Dataset {
    let source = try Self.records(examples)
    let places = try encoder.places(in: source.columnNames, path: examples.title)
    let samples = try rows.map { row in
      Sample(
        features: [try literal(source, row, places, examples.names[row])],
        target: try target?.encode(examples, row: row), id: row)
    }
    return try SampleDataset(samples, classNames: target?.classNames).inMemory()
  }

  /// The rows of tables: columns are found by name, and what training rows did not have is counted in the notes.
  public func examples(at paths: [String]) throws -> Examples {
    var notes: [String] = [], surprises = Surprises()
    let tables = try paths.map { path in
      let opened = try OpenedTable(path: path)
      notes += opened.notes
      let table = opened.table
      // Missing columns are told before anything is predicted.
      let places = try encoder.places(in: table.columnNames, path: table.path)
      let known = Set(encoder.knownNames)
      let extra = table.columnNames.filter { !known.contains($0) }
      if !extra.isEmpty, encoder.knownNames.count > encoder.columns.count {
        notes.append(
          "\(table.path): the model does not know \(Format.count(extra.count, "column")), which is ignored: "
            + Format.list(extra.map { "\"\($0)\"" }, limit: 5))
      }
      try table.forEachRow(of: nil) { _, record in
        let name = "\(table.path):\(record.line)"
        _ = try encoder.features(record.fields, places, path: name) { kind, column, text in
          surprises.add(kind, column: column, text: text, name: name)
        }
      }
      return CSVRecords(table: table, rows: Array(0..<table.rowCount))
    }
    guard tables.contains(where: { $0.count > 0 }) else {
      throw DataError(.empty, "there are no rows in \(paths.joined(separator: ", "))")
    }
    return try Examples(
      modality: Self.modality, title: paths.joined(separator: ", "), names: tables.flatMap(\.names),
      inputs: [Column("row", .records(JoinedRecords(tables)))], notes: notes + surprises.notes)
  }

  /// A row is shown by its values.
  public func exhibit(_ examples: Examples, row: Int) -> Exhibit {
    guard let source = try? Self.records(examples), let fields = try? source.fields(row) else { return .name }
    return .text(zip(source.columnNames, fields).prefix(8).map { "\($0) \($1)" }.joined(separator: ", "))
  }

  /// What names a row in predictions: the value of the training's column of ids, where the table has it.
  /// - Parameters:
  ///   - examples: The examples.
  ///   - row: The place of the row.
  /// - Returns: The column and its value; nil where there is none.
  /// - Throws: `FileError` for a row that cannot be read.
  public func id(_ examples: Examples, row: Int) throws -> (column: String, value: String)? {
    let source = try Self.records(examples)
    guard let column = encoder.idColumn, let place = source.columnNames.firstIndex(of: column) else {
      return nil
    }
    return (column, try source.fields(row)[place])
  }

  /// The features, and what was left out.
  public var facts: [Report.Fact] {
    [
      Report.Fact(
        "Input", "\(encoder.featureNames.count) features: \(Format.list(encoder.featureNames, limit: 12))")
    ]
      + encoder.leftOut.map { Report.Fact("Left out: \($0.name)", $0.reason) }
      + encoder.notes.map { Report.Fact("Note", $0) }
  }

  /// Rows unlike those of training.
  public var limitation: String? {
    "Rows with values that no training row had are predicted as well as can be, and counted in the notes beside the "
      + "predictions."
  }
}
