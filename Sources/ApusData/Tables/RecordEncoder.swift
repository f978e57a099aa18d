import ApusGraph
import ApusIO

/// An encoder bound to the columns of some rows, one of which is encoded at a time.
public struct RecordEncoder: Sendable {
  private let rows: TableRowEncoder
  private let encoder: TableEncoder

  /// An encoder for rows with columns of these names.
  ///
  /// - Parameters:
  ///   - encoder: The encoder, fitted on training rows. Its target, if any, is ignored.
  ///   - columnNames: The names of the rows' fields.
  ///   - path: What errors call the rows.
  ///   - missingTexts: Texts that stand for a missing value.
  /// - Throws: `FileError` that lists the columns where one is missing.
  public init(
    _ encoder: TableEncoder, columnNames: [String], path: String,
    missingTexts: Set<String> = CSVFormat().missingTexts
  ) throws {
    self.encoder = encoder
    rows = try TableRowEncoder(
      encoder, columnNames: columnNames.map { $0 == encoder.targetName ? "" : $0 }, path: path,
      missingTexts: missingTexts)
  }

  /// The features of one row: `float32[features]`, and `int32[columns]` where categories are encoded by index.
  /// - Parameters:
  ///   - fields: The row's fields.
  ///   - line: Its line, for errors.
  ///   - unknown: Set to the first value that training rows did not have; left alone where there is none.
  /// - Returns: The features, in the order of the training.
  /// - Throws: `FileError` for a field that should be a number and is none.
  public func features(_ fields: [String], line: Int = 0, unknown: inout String?) throws -> [Literal] {
    var surprises = TableRowEncoder.Surprises()
    let row = try rows.encode(CSVRecord(fields: fields, line: line, offset: 0), noting: &surprises)
    if let first = surprises.unknownCategories.min(by: { $0.key < $1.key }) {
      unknown = "\(first.key) = \(first.value.first)"
    }
    var features: [Literal] = []
    if !encoder.featureNames.isEmpty { features.append(Literal(row.numbers, shape: [row.numbers.count])) }
    if !encoder.indexedColumns.isEmpty { features.append(Literal(row.indices, shape: [row.indices.count])) }
    return features
  }
}
