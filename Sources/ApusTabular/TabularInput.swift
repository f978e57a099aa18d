import ApusData
import ApusGraph
import ApusIO
import ApusReport
import ApusTasks
import Foundation

/// Rows of a table as tensors: normalized numbers, one-hot categories, and marks for missing values.
public struct TabularInput: InputEncoder {
  /// The name in files.
  public static let kind = "table"
  /// The modality of examples.
  public static let modality = "table"
  /// What turns rows into numbers, fitted on training rows.
  public let encoder: TableEncoder

  /// An input that is encoded so.
  public init(_ encoder: TableEncoder) { self.encoder = encoder }

  /// An input fitted on training rows alone.
  /// - Throws: `DataError` where no column is left to predict from.
  public init(_ data: TaskData) throws {
    let source = try Self.records(data.examples)
    let ignored = (data.examples.attributes["ignored"] ?? "").split(separator: "\u{1F}").map(String.init)
    let schema = try TableSchema(
      columnNames: source.columnNames, path: data.examples.title, missingTexts: CSVFormat().missingTexts
    ) { body in
      for row in data.rows(.training) { body(try source.fields(row), 0) }
    }
    encoder = try TableEncoder(schema: schema, target: nil, ignoring: Set(ignored))
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

  /// The features of a row.
  public func features(_ examples: Examples, row: Int) throws -> [[Literal]] {
    let source = try Self.records(examples)
    let bound = try RecordEncoder(encoder, columnNames: source.columnNames, path: examples.names[row])
    var unknown: String?
    return [try bound.features(source.fields(row), unknown: &unknown)]
  }

  /// All rows encoded once, in memory: they are fetched in every epoch.
  public func dataset(_ examples: Examples, rows: [Int], target: (any Target)?) throws -> any Dataset {
    let source = try Self.records(examples)
    let bound = try RecordEncoder(encoder, columnNames: source.columnNames, path: examples.title)
    var unknown: String?
    let samples = try rows.map { row in
      Sample(
        features: try bound.features(source.fields(row), unknown: &unknown),
        target: try target?.encode(examples, row: row), id: row)
    }
    return try SampleDataset(samples, classNames: target?.classNames).inMemory()
  }

  /// The rows of CSV files.
  public func examples(at paths: [String]) throws -> Examples {
    let tables = try paths.map { path in
      let table = try CSVTable(path: path, format: .found(inFile: path))
      // Missing columns are told before anything is predicted.
      _ = try RecordEncoder(encoder, columnNames: table.columnNames, path: path)
      return CSVRecords(table: table, rows: Array(0..<table.rowCount))
    }
    guard tables.contains(where: { $0.count > 0 }) else {
      throw DataError(.empty, "there are no rows in \(paths.joined(separator: ", "))")
    }
    return try Examples(
      modality: Self.modality, title: paths.joined(separator: ", "), names: tables.flatMap(\.names),
      inputs: [Column("row", .records(JoinedRecords(tables)))])
  }

  /// A row is shown by its name.
  public func exhibit(_ examples: Examples, row: Int) -> Exhibit {
    guard let source = try? Self.records(examples), let fields = try? source.fields(row) else { return .name }
    return .text(zip(source.columnNames, fields).prefix(8).map { "\($0) \($1)" }.joined(separator: ", "))
  }

  /// The features, and what was left out.
  public var facts: [Report.Fact] {
    [
      Report.Fact(
        "Input", "\(encoder.featureNames.count) features: \(Format.list(encoder.featureNames, limit: 12))")
    ]
      + encoder.warnings.map { Report.Fact("Left out", $0) }
  }

  /// Rows unlike those of training.
  public var limitation: String? {
    "Categories that no training row had count as none of them, and numbers far outside of the training data are "
      + "extrapolated without a warning."
  }
}

/// The rows of several tables with columns of the same names, one after the other.
private struct JoinedRecords: RecordSource {
  let tables: [CSVRecords]
  let places: [(table: Int, row: Int, order: [Int])]

  init(_ tables: [CSVRecords]) throws {
    self.tables = tables
    let names = tables[0].columnNames
    places = try tables.enumerated().flatMap { index, table in
      // The columns of each table in the order of the first one's.
      let order = try names.map { try table.table.column(named: $0) }
      return (0..<table.count).map { (index, $0, order) }
    }
  }

  var columnNames: [String] { tables[0].columnNames }
  var count: Int { places.count }

  func fields(_ row: Int) throws -> [String] {
    let place = places[row]
    let fields = try tables[place.table].fields(place.row)
    return place.order.map { fields[$0] }
  }
}
