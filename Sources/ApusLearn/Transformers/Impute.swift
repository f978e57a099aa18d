import ApusData

/// Fills in missing numbers, and marks where they were; categories pass as they are. scikit-learn's `SimpleImputer` with
/// `add_indicator=True`.
public struct Impute: Transformer, Equatable {
  /// The name in files.
  public static let kind = "impute"

  /// What stands in for a missing number.
  public enum Method: Sendable, Codable, Equatable {
    /// The mean of the column.
    case mean
    /// The median of the column, which a few large numbers do not move.
    case median
    /// The most frequent number; of equals the least.
    case mostFrequent
    /// A number for all columns.
    case constant(Float)
  }

  /// What stands in for a missing number.
  public var method: Method
  /// Whether a column of ones and zeros marks the missing numbers of each column that had any in training.
  public var marksMissing: Bool

  /// An imputation.
  /// - Parameters:
  ///   - method: What stands in for a missing number.
  ///   - marksMissing: Whether missing numbers are marked.
  public init(_ method: Method = .median, marksMissing: Bool = true) {
    (self.method, self.marksMissing) = (method, marksMissing)
  }

  /// Takes the replacement of each column; 0 for a column that has no numbers at all.
  public func fitTransform(
    _ rows: TrainingRows, seed: UInt64
  ) throws -> (fitted: any FittedTransformer, features: FeatureMatrix) {
    let features = rows.features
    var replacements: [Float] = [], marked: [Bool] = []
    for (place, column) in features.columns.enumerated() {
      guard column.kind == .number else {
        replacements.append(.nan)
        marked.append(false)
        continue
      }
      let all = features.column(place), known = all.filter { !$0.isNaN }
      replacements.append(replacement(known))
      marked.append(marksMissing && known.count < all.count)
    }
    let fitted = FittedImpute(columns: features.columns, replacements: replacements, marked: marked)
    return (fitted, try fitted.transformed(features))
  }

  private func replacement(_ known: [Float]) -> Float {
    if case .constant(let value) = method { return value }
    guard !known.isEmpty else { return 0 }
    switch method {
    case .constant(let value): return value
    case .mean: return Float(known.reduce(0.0) { $0 + Double($1) } / Double(known.count))
    case .median:
      let sorted = known.sorted(), middle = sorted.count / 2
      return sorted.count.isMultiple(of: 2)
        ? Float((Double(sorted[middle - 1]) + Double(sorted[middle])) / 2) : sorted[middle]
    case .mostFrequent:
      let counts = known.reduce(into: [Float: Int]()) { $0[$1, default: 0] += 1 }
      return counts.min { ($1.value, $0.key) < ($0.value, $1.key) }?.key ?? 0
    }
  }
}

/// A fitted `Impute`.
public struct FittedImpute: ColumnwiseTransformer, Equatable {
  /// The name in files.
  public static let kind = Impute.kind
  let columns: [FeatureMatrix.Column]
  /// What stands in for a missing number of each column; NaN for categories.
  public let replacements: [Float]
  let marked: [Bool]

  var widths: [Int] { marked.map { $0 ? 2 : 1 } }
  var isSound: Bool { replacements.count == columns.count && marked.count == columns.count }

  /// The columns, each followed by its mark where it has one.
  public var outputColumns: [FeatureMatrix.Column] {
    zip(columns, marked).flatMap { column, isMarked in
      isMarked ? [column, .init("\(column.name) is missing")] : [column]
    }
  }

  func write(_ value: Float, column: Int, to target: UnsafeMutablePointer<Float>) {
    target[0] = value.isNaN ? replacements[column] : value
    if marked[column] { target[1] = value.isNaN ? 1 : 0 }
  }
}
