import ApusData

/// Least squares with a penalty on the sizes of the coefficients, which makes some of them 0, and on their squares;
/// scikit-learn's `ElasticNet` and `Lasso`, with `alpha: nil` `ElasticNetCV` and `LassoCV`. Zou and Hastie, Journal of the
/// Royal Statistical Society B 67, 2005; Tibshirani, B 58, 1996.
public struct ElasticNet: SynchronousEstimator, Equatable {
  /// The name in files.
  public static let kind = "elastic_net"
  /// Weight of the penalty, at least 0; nil for that of 100 which does best in cross-validation.
  public var alpha: Double?
  /// The share of the penalty that is on sizes, from 0 to 1; the rest is on half the squares.
  public var l1Ratio: Double
  /// Folds of the cross-validation, at least 2; 5 as in scikit-learn.
  public var folds: Int
  /// Whether chance deals the rows to the folds. Folds of consecutive rows, which scikit-learn takes, mislead where rows are
  /// sorted.
  public var shufflesFolds: Bool
  /// Whether there is a constant, which is not penalized.
  public var fitsIntercept: Bool

  /// A method.
  public init(
    alpha: Double? = 1, l1Ratio: Double = 0.5, folds: Int = 5, shufflesFolds: Bool = true,
    fitsIntercept: Bool = true
  ) {
    self.alpha = alpha
    self.l1Ratio = l1Ratio
    self.folds = folds
    self.shufflesFolds = shufflesFolds
    self.fitsIntercept = fitsIntercept
  }

  /// The penalty on sizes alone.
  /// - Parameter alpha: Its weight; nil for the best in cross-validation.
  /// - Returns: A method.
  public static func lasso(alpha: Double? = 1) -> ElasticNet { ElasticNet(alpha: alpha, l1Ratio: 1) }

  /// What it is.
  public var summary: String {
    l1Ratio == 1 ? "Lasso: linear, few coefficients" : "Elastic net: linear, few and small coefficients"
  }

  /// Penalties that cross-validation compares.
  static let alphaCount = 100
  /// How exactly coefficients are found in the end, and while penalties are compared: the share of the target's variance by
  /// which a step may still lower the loss.
  private static let (finest, fine) = (1e-22, 1e-13)

  /// Fits to numbers.
  /// - Throws: `DataError` for classes, categories, missing values, bad settings and too many columns.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    let numbers = try rows.labels.requireNumbers(for: "ElasticNet")
    let columns = rows.features.columnCount
    try requireSetting((0...1).contains(l1Ratio), "l1Ratio", l1Ratio, "from 0 to 1")
    try requireSetting(folds >= 2, "folds", folds, "at least 2")
    if let alpha { try requireSetting(alpha >= 0 && alpha.isFinite, "alpha", alpha, "at least 0") }
    guard columns <= LeastSquares.mostUnknowns else {
      throw DataError(
        .setting, "ElasticNet takes at most \(LeastSquares.mostUnknowns) columns, \(columns) came",
        advice: "Select columns before it, or use Ridge.")
    }
    try context.progress(0)
    let parts = alpha == nil && rows.count >= folds ? try moments(ofFoldsOf: rows, numbers, context) : []
    let whole = try merged(parts) ?? moments(of: rows, numbers)
    let chosen = try alpha ?? choose(parts, whole, context)
    var path = ElasticNetPath(whole, l1Ratio: l1Ratio)
    // A small penalty at once takes many passes, on the way there few.
    for step in path.alphas(10) where step > chosen {
      try path.descend(to: step, tolerance: Self.fine, context)
      if context.isOutOfTime() { break }
    }
    try path.descend(to: chosen, tolerance: Self.finest, context)
    let size = columns + 1
    return FittedLinear<Self>(
      columns: rows.features.columns, centered: path.coefficients + [whole.means[columns]],
      center: Array(whole.means[..<columns]),
      deviations: (0..<columns).map { (whole.products[$0 * size + $0] / whole.total).squareRoot() },
      chosenAlpha: chosen)
  }

  private func moments(of rows: TrainingRows, _ numbers: [Double]) throws -> Moments {
    let problem = try LinearProblem(rows, for: "ElasticNet", centered: fitsIntercept)
    return try Moments(problem, numbers: numbers, centered: fitsIntercept)
  }

  /// The moments of each fold's rows.
  private func moments(ofFoldsOf rows: TrainingRows, _ numbers: [Double], _ context: FitContext) throws
    -> [Moments]
  {
    var order = Array(0..<rows.count)
    var generator = PhiloxGenerator(seed: context.seed)
    if shufflesFolds { order.shuffle(using: &generator) }
    var begin = 0
    return try (0..<folds).compactMap { fold in
      let count = rows.count / folds + (fold < rows.count % folds ? 1 : 0)
      let places = Array(order[begin..<begin + count])
      begin += count
      if let weights = rows.weights, !places.contains(where: { weights[$0] > 0 }) { return nil }
      return try moments(of: rows.subset(places), places.map { numbers[$0] })
    }
  }

  private func merged(_ parts: [Moments]) -> Moments? {
    guard var sum = parts.first else { return nil }
    for part in parts.dropFirst() { sum.merge(part) }
    return sum
  }

  /// The penalty with the least mean squared error on rows that were not fitted to.
  private func choose(_ parts: [Moments], _ whole: Moments, _ context: FitContext) throws -> Double {
    let alphas = ElasticNetPath(whole, l1Ratio: l1Ratio).alphas(Self.alphaCount)
    guard parts.count > 1 else { return alphas[0] }
    var errors = [Double](repeating: 0, count: alphas.count)
    for (place, part) in parts.enumerated() {
      guard let training = merged(parts.indices.filter { $0 != place }.map { parts[$0] }) else { continue }
      var path = ElasticNetPath(training, l1Ratio: l1Ratio)
      for (step, alpha) in alphas.enumerated() {
        try path.descend(to: alpha, tolerance: Self.fine, context)
        errors[step] += part.meanSquaredError(of: path.coefficients, center: training.means)
      }
      try context.progress(Double(place + 1) / Double(parts.count + 1))
    }
    return alphas[errors.indices.reduce(0) { errors[$1] < errors[$0] ? $1 : $0 }]
  }
}
