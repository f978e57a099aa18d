import ApusData
import ApusKernels
import Foundation

/// Numbers above 0 whose logarithm is linear in the features: counts (Poisson) or amounts (gamma); scikit-learn's
/// `PoissonRegressor` and `GammaRegressor`. McCullagh and Nelder, Generalized Linear Models, 1989.
public struct GeneralizedLinear: SynchronousEstimator, Equatable {
  /// How numbers spread about their mean.
  public enum Family: String, Codable, Sendable {
    /// Variance like the mean; numbers from 0 on.
    case poisson
    /// Variance like the square of the mean; numbers above 0.
    case gamma
  }

  /// The name in files.
  public static let kind = "generalized_linear"
  /// How numbers spread about their mean.
  public var family: Family
  /// Weight of half the sum of squared coefficients against half the mean deviance, at least 0; 1 as in scikit-learn.
  public var alpha: Double
  /// Whether there is a constant, which is not penalized.
  public var fitsIntercept: Bool

  /// A method.
  public init(_ family: Family = .poisson, alpha: Double = 1, fitsIntercept: Bool = true) {
    self.family = family
    self.alpha = alpha
    self.fitsIntercept = fitsIntercept
  }

  /// What it is.
  public var summary: String {
    family == .poisson ? "Poisson regression: counts, log-linear" : "Gamma regression: amounts, log-linear"
  }

  /// Fits to numbers.
  /// - Throws: `DataError` for classes, numbers that the family does not have, categories and missing values.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    let what = family == .poisson ? "Poisson regression" : "Gamma regression"
    let numbers = try rows.labels.requireNumbers(for: what)
    try requireSetting(alpha >= 0 && alpha.isFinite, "alpha", alpha, "at least 0")
    if let row = numbers.firstIndex(where: { family == .poisson ? $0 < 0 : $0 <= 0 }) {
      throw DataError(
        .sample,
        "\(what) predicts numbers \(family == .poisson ? "from 0 on" : "above 0"), the label of row \(row), counted "
          + "from 0, is \(numbers[row])", samples: [row])
    }
    let problem = try LinearProblem(rows, for: what, centered: fitsIntercept)
    let mean = problem.mean(numbers)
    let start = log(max(mean, leastProbability))
    let solution = try SmoothLinear(
      problem: problem, family: family == .poisson ? APUS_POISSON : APUS_GAMMA, targets: numbers,
      l2: alpha * problem.total, fitsIntercept: fitsIntercept
    ).fit(from: fitsIntercept ? start : 0, context)
    return FittedLinear<Self>(
      columns: rows.features.columns, link: .log, centered: solution, center: problem.center,
      deviations: try problem.deviations())
  }
}
