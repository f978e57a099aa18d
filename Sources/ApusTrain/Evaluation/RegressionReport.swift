/// How far predicted numbers are from the right ones.
public struct RegressionReport: Sendable, Equatable {
  /// What is predicted.
  public let targetName: String
  /// The right numbers.
  public let truths: [Double]
  /// The predicted ones, in the same order.
  public let predictions: [Double]
  /// The prediction of the baseline, which ignores its input: the mean of the training targets.
  public let baseline: Double

  /// A report on numbers and what was predicted for them.
  ///
  /// - Returns: nil if the two differ in number or there are none.
  public init?(targetName: String, truths: [Double], predictions: [Double], baseline: Double) {
    guard truths.count == predictions.count, !truths.isEmpty else { return nil }
    self.targetName = targetName
    self.truths = truths
    self.predictions = predictions
    self.baseline = baseline
  }

  /// The mean of |prediction − truth|.
  public var meanAbsoluteError: Double { mean(zip(truths, predictions).map { abs($0 - $1) }) }

  /// The root of the mean of (prediction − truth)².
  public var rootMeanSquaredError: Double {
    mean(zip(truths, predictions).map { ($0 - $1) * ($0 - $1) }).squareRoot()
  }

  /// The mean absolute error of saying `baseline` always.
  public var baselineMeanAbsoluteError: Double { mean(truths.map { abs($0 - baseline) }) }

  /// 1 − Σ(prediction − truth)² / Σ(mean − truth)²: the share of the variance that is explained.
  public var rSquared: Double {
    let center = mean(truths)
    let total = truths.reduce(0) { $0 + ($1 - center) * ($1 - center) }
    let rest = zip(truths, predictions).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return total > 0 ? 1 - rest / total : .nan
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
}
