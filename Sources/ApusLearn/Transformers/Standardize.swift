import ApusData

/// Takes the mean from numbers and divides them by their standard deviation; missing values stay missing, categories pass
/// as they are. scikit-learn's `StandardScaler`.
public struct Standardize: Transformer, Equatable {
  /// The name in files.
  public static let kind = "standardize"

  /// There is nothing to set.
  public init() {}

  /// Takes weighted means and standard deviations; a constant column is divided by 1.
  public func fitTransform(
    _ rows: TrainingRows, seed: UInt64
  ) throws -> (fitted: any FittedTransformer, features: FeatureMatrix) {
    let features = rows.features
    var means: [Double] = [], deviations: [Double] = []
    for (place, column) in features.columns.enumerated() {
      var (mean, deviation) = (0.0, 1.0)
      if column.kind == .number {
        var total = 0.0, sum = 0.0
        for (row, value) in features.column(place).enumerated() where !value.isNaN {
          let weight = rows.weights?[row] ?? 1
          total += weight
          sum += weight * Double(value)
        }
        mean = total > 0 ? sum / total : 0
        var squares = 0.0
        for (row, value) in features.column(place).enumerated() where !value.isNaN {
          squares += (rows.weights?[row] ?? 1) * (Double(value) - mean) * (Double(value) - mean)
        }
        let variance = total > 0 ? squares / total : 0
        // What is left of a constant by rounding is no spread.
        deviation = variance > 1e-14 * mean * mean ? variance.squareRoot() : 1
      }
      means.append(mean)
      deviations.append(deviation)
    }
    let fitted = FittedStandardize(columns: features.columns, means: means, deviations: deviations)
    return (fitted, try fitted.transformed(features))
  }
}

/// A fitted `Standardize`.
public struct FittedStandardize: ColumnwiseTransformer, Equatable {
  /// The name in files.
  public static let kind = Standardize.kind
  let columns: [FeatureMatrix.Column]
  /// The mean of each column; 0 for categories.
  public let means: [Double]
  /// The standard deviation of each column; 1 for constants and categories.
  public let deviations: [Double]

  var widths: [Int] { columns.map { _ in 1 } }
  var isSound: Bool { means.count == columns.count && deviations.count == columns.count }
  /// The same columns.
  public var outputColumns: [FeatureMatrix.Column] { columns }

  func write(_ value: Float, column: Int, to target: UnsafeMutablePointer<Float>) {
    target[0] = Float((Double(value) - means[column]) / deviations[column])
  }
}
