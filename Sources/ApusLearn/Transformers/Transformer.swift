import ApusData

/// A way to change features before an estimator sees them, without any data: filling in missing values, scaling, encoding.
public protocol Transformer: Codable, Sendable {
  /// The name in files, such as `impute`.
  static var kind: String { get }

  /// Fits to training rows, and gives their features as the estimator is fitted to them. These differ from what the
  /// fitted transformer makes of the same rows only where they must: a target encoding of a row does not use the row's own
  /// label.
  /// - Parameters:
  ///   - rows: The rows to fit to, which only a fold gives.
  ///   - seed: What all randomness depends on.
  /// - Throws: `DataError` for rows that it cannot be fitted to.
  /// - Returns: What was fitted, and the features of the training rows.
  func fitTransform(
    _ rows: TrainingRows, seed: UInt64
  ) throws -> (fitted: any FittedTransformer, features: FeatureMatrix)
}

extension Transformer {
  /// Fits to training rows.
  public func fit(_ rows: TrainingRows, seed: UInt64 = 0) throws -> any FittedTransformer {
    try fitTransform(rows, seed: seed).fitted
  }
}

/// A transformer that was fitted.
public protocol FittedTransformer: Codable, Sendable {
  /// The name in files, that of the transformer.
  static var kind: String { get }
  /// The columns that it makes.
  var outputColumns: [FeatureMatrix.Column] { get }
  /// The features of rows.
  /// - Parameter features: Rows of the columns that it was fitted to.
  /// - Throws: `DataError` for other columns.
  /// - Returns: The rows with the columns that it makes.
  func transformed(_ features: FeatureMatrix) throws -> FeatureMatrix
}

/// Fits column by column: every column becomes some columns, whatever the others hold.
protocol ColumnwiseTransformer: FittedTransformer {
  /// The columns that it was fitted to.
  var columns: [FeatureMatrix.Column] { get }
  /// Writes what a row's value becomes: as many numbers as `widths` says for the column.
  func write(_ value: Float, column: Int, to target: UnsafeMutablePointer<Float>)
  /// Numbers that each column becomes.
  var widths: [Int] { get }
  /// Whether its parts fit one another, so that `write` stays within its bounds: asked of what comes from a file.
  var isSound: Bool { get }
}

extension FeatureMatrix.Column {
  /// Levels of a category; nil for numbers.
  var levelCount: Int? {
    guard case .category(let levels) = kind else { return nil }
    return levels
  }
}

extension ColumnwiseTransformer {
  /// The features of rows, column by column.
  public func transformed(_ features: FeatureMatrix) throws -> FeatureMatrix {
    try features.requireColumns(columns)
    let widths = widths, outputColumns = outputColumns
    let width = widths.reduce(0, +), count = columns.count
    let values = [Float](unsafeUninitializedCapacity: features.rowCount * width) { target, written in
      features.values.withUnsafeBufferPointer { source in
        guard var place = target.baseAddress else { return }
        for row in 0..<features.rowCount {
          for column in 0..<count {
            write(source[row * count + column], column: column, to: place)
            place += widths[column]
          }
        }
      }
      written = features.rowCount * width
    }
    return FeatureMatrix(unchecked: values, columns: outputColumns)
  }
}

/// A transformer as data: its kind, and its settings as JSON.
struct CodedTransformer: Codable, Sendable {
  let kind: String
  let content: String
}
