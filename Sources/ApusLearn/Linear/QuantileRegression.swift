import ApusData

/// A number that a given share of the labels stays below, linear in the features; scikit-learn's `QuantileRegressor`. Koenker
/// and Bassett, Econometrica 46, 1978.
public struct QuantileRegression: SynchronousEstimator, Equatable {
  /// The name in files.
  public static let kind = "quantile_regression"
  /// The share, between 0 and 1; 0.5 for the median.
  public var quantile: Double
  /// Weight of the coefficients' sizes against the mean loss, at least 0. 0 unless set: a weight has the unit of the labels
  /// over that of the columns, and scikit-learn's 1 leaves nothing of most models.
  public var alpha: Double
  /// Whether there is a constant, which is not penalized.
  public var fitsIntercept: Bool

  /// A method.
  public init(quantile: Double = 0.5, alpha: Double = 0, fitsIntercept: Bool = true) {
    self.quantile = quantile
    self.alpha = alpha
    self.fitsIntercept = fitsIntercept
  }

  /// What it is.
  public var summary: String { "Quantile regression: linear, the \(quantile) quantile" }

  /// Fits to numbers.
  /// - Throws: `DataError` for classes, categories, missing values, bad settings and too many columns.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    _ = try rows.labels.requireNumbers(for: "QuantileRegression")
    try requireSetting(quantile > 0 && quantile < 1, "quantile", quantile, "between 0 and 1")
    try requireSetting(alpha >= 0 && alpha.isFinite, "alpha", alpha, "at least 0")
    guard rows.features.columnCount <= LeastSquares.mostUnknowns else {
      throw DataError(
        .setting,
        "QuantileRegression takes at most \(LeastSquares.mostUnknowns) columns, \(rows.features.columnCount) came",
        advice: "Select columns before it.")
    }
    let counted =
      rows.weights.map { weights in rows.subset(weights.indices.filter { weights[$0] > 0 }) } ?? rows
    let numbers = try counted.labels.requireNumbers(for: "QuantileRegression")
    let problem = try LinearProblem(counted, for: "QuantileRegression", centered: fitsIntercept)
    let deviations = try problem.deviations()
    let middle = fitsIntercept ? problem.mean(numbers) : 0
    var solver = QuantileSolver(
      problem: problem, deviations: deviations, targets: numbers.map { $0 - middle }, quantile: quantile,
      alpha: alpha, fitsIntercept: fitsIntercept)
    var solution = try solver.solve(context)
    solution[deviations.count] += middle
    return FittedLinear<Self>(
      columns: rows.features.columns, centered: solution, center: problem.center, deviations: deviations)
  }
}
