import ApusData

/// Least squares with a penalty on the squares of the coefficients; scikit-learn's `Ridge`. Hoerl and Kennard,
/// Technometrics 12, 1970.
public struct Ridge: SynchronousEstimator, Equatable {
  /// The name in files.
  public static let kind = "ridge"
  /// Weight of the sum of squared coefficients against that of squared errors, at least 0; 1 as in scikit-learn.
  public var alpha: Double
  /// Whether there is a constant, which is not penalized.
  public var fitsIntercept: Bool

  /// A method.
  public init(alpha: Double = 1, fitsIntercept: Bool = true) {
    self.alpha = alpha
    self.fitsIntercept = fitsIntercept
  }

  /// What it is.
  public var summary: String { "Ridge regression: linear, small coefficients" }

  /// Fits to numbers.
  /// - Throws: `DataError` for classes, categories, missing values, a bad penalty, and too many columns and rows.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    try requireSetting(alpha >= 0 && alpha.isFinite, "alpha", alpha, "at least 0")
    return try fitLeastSquares(Self.self, rows, context, alpha: alpha, fitsIntercept: fitsIntercept)
  }
}

/// Least squares; scikit-learn's `LinearRegression`. Where columns explain each other, of all solutions the shortest one.
public struct LinearRegression: SynchronousEstimator, Equatable {
  /// The name in files.
  public static let kind = "linear_regression"
  /// Whether there is a constant.
  public var fitsIntercept: Bool

  /// A method.
  public init(fitsIntercept: Bool = true) { self.fitsIntercept = fitsIntercept }

  /// What it is.
  public var summary: String { "Linear regression: least squares" }

  /// Fits to numbers.
  /// - Throws: `DataError` for classes, categories, missing values, and too many columns and rows.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    try fitLeastSquares(Self.self, rows, context, alpha: 0, fitsIntercept: fitsIntercept)
  }
}

private func fitLeastSquares<Method: Estimator>(
  _ method: Method.Type, _ rows: TrainingRows, _ context: FitContext, alpha: Double, fitsIntercept: Bool
) throws -> FittedLinear<Method> {
  try context.progress(0)
  let what = "\(Method.self)"
  let numbers = try rows.labels.requireNumbers(for: what)
  let problem = try LinearProblem(rows, for: what, centered: fitsIntercept)
  let mean = fitsIntercept ? problem.mean(numbers) : 0
  let solution = try LeastSquares(alpha: alpha, problem: problem, targets: numbers.map { $0 - mean }).solve()
  return FittedLinear(
    columns: rows.features.columns, centered: solution.coefficients + [mean], center: problem.center,
    deviations: solution.deviations)
}

/// Checks a setting.
func requireSetting(_ holds: Bool, _ name: String, _ value: some Any, _ expected: String) throws {
  guard holds else { throw DataError(.setting, "\(name) must be \(expected), \(value) came") }
}
