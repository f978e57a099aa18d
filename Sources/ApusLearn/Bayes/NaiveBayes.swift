import ApusData
import Foundation

/// Classes whose columns are independent of each other: numbers are normally distributed in each class, categories have
/// shares. Missing values say nothing. Of numbers alone scikit-learn's `GaussianNB`, of categories alone its
/// `CategoricalNB`.
public struct NaiveBayes: SynchronousEstimator, Equatable {
  /// The name in files.
  public static let kind = "naive_bayes"
  /// What is added to the count of each level, above 0; 1 as in scikit-learn (Laplace's rule).
  public var alpha: Double
  /// The share of the largest variance of a column that is added to all, at least 0; 1e-9 as in scikit-learn.
  public var varianceSmoothing: Double

  /// A method.
  public init(alpha: Double = 1, varianceSmoothing: Double = 1e-9) {
    self.alpha = alpha
    self.varianceSmoothing = varianceSmoothing
  }

  /// What it is.
  public var summary: String { "Naive Bayes: independent columns in each class" }

  /// Fits to classes.
  /// - Throws: `DataError` for numbers and bad settings.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    let (labels, count) = try rows.labels.requireClasses(for: "NaiveBayes")
    try requireSetting(alpha > 0 && alpha.isFinite, "alpha", alpha, "above 0")
    try requireSetting(
      varianceSmoothing >= 0 && varianceSmoothing.isFinite, "varianceSmoothing", varianceSmoothing,
      "at least 0")
    let totals = classTotals(labels, count, rows.weights)
    let total = totals.reduce(0, +)
    let features = rows.features
    let smoothing = varianceSmoothing * largestVariance(features)
    var tables: [[Double]] = []
    for (place, column) in features.columns.enumerated() {
      try context.progress(Double(place) / Double(features.columnCount))
      let counter = ColumnCounter(features: features, column: place, labels: labels, weights: rows.weights)
      switch column.kind {
      case .number: tables.append(counter.normals(count, smoothing: smoothing))
      case .category(let levels): tables.append(counter.logShares(count, levels: levels, alpha: alpha))
      }
    }
    return FittedNaiveBayes(
      columns: features.columns, logShares: totals.map { $0 > 0 ? log($0 / total) : nil }, tables: tables)
  }

  private func largestVariance(_ features: FeatureMatrix) -> Double {
    var largest = 0.0
    for (place, column) in features.columns.enumerated() where column.kind == .number {
      let values = features.column(place).lazy.filter { !$0.isNaN }.map { Double($0) }
      let count = Double(max(1, values.count))
      let mean = values.reduce(0, +) / count
      largest = max(largest, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count)
    }
    return largest
  }
}

/// Sums over the rows of each class of one column, without missing values.
private struct ColumnCounter {
  let features: FeatureMatrix
  let column: Int
  let labels: [Int32]
  let weights: [Double]?

  private func eachValue(_ body: (_ label: Int, _ value: Double, _ weight: Double) -> Void) {
    for row in labels.indices {
      let value = features[row, column]
      if !value.isNaN { body(Int(labels[row]), Double(value), weights?[row] ?? 1) }
    }
  }

  /// Mean and variance of each class; of a class without values those of all, so that the column says nothing there.
  func normals(_ count: Int, smoothing: Double) -> [Double] {
    var (totals, means, variances) = (
      [Double](repeating: 0, count: count + 1), [Double](repeating: 0, count: count + 1),
      [Double](repeating: 0, count: count + 1)
    )
    eachValue { label, value, weight in
      for place in [label, count] {
        totals[place] += weight
        means[place] += weight * value
      }
    }
    for place in 0...count where totals[place] > 0 { means[place] /= totals[place] }
    eachValue { label, value, weight in
      for place in [label, count] {
        variances[place] += weight * (value - means[place]) * (value - means[place])
      }
    }
    // Without any smoothing a constant column would divide by 0.
    let least = max(smoothing, 1e-300)
    return (0..<count).flatMap { label in
      let place = totals[label] > 0 ? label : count
      return [means[place], max(variances[place] / max(totals[place], 1e-300) + smoothing, least)]
    }
  }

  /// The logarithm of each level's share in each class.
  func logShares(_ count: Int, levels: Int, alpha: Double) -> [Double] {
    var counts = [Double](repeating: alpha, count: count * levels)
    eachValue { label, value, weight in counts[label * levels + Int(value)] += weight }
    return counts.indices.map { place in
      let start = place / levels * levels
      return log(counts[place]) - log(counts[start..<start + levels].reduce(0, +))
    }
  }
}
