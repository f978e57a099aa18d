import ApusData

/// Linear regression that outliers bend little: errors beyond `epsilon` times the spread count by their size instead of their
/// square, and the spread is fitted too; scikit-learn's `HuberRegressor`. Huber and Ronchetti, Robust Statistics, 2009,
/// section 7.7.
public struct HuberRegression: SynchronousEstimator, Equatable {
  /// The name in files.
  public static let kind = "huber_regression"
  /// From how many spreads on an error is an outlier's, at least 1; 1.35 keeps 95 % of the efficiency of least squares on
  /// normal errors.
  public var epsilon: Double
  /// Weight of the squared coefficients, at least 0; 0.0001 as in scikit-learn.
  public var alpha: Double
  /// Whether there is a constant, which is not penalized.
  public var fitsIntercept: Bool

  /// A method.
  public init(epsilon: Double = 1.35, alpha: Double = 0.0001, fitsIntercept: Bool = true) {
    self.epsilon = epsilon
    self.alpha = alpha
    self.fitsIntercept = fitsIntercept
  }

  /// What it is.
  public var summary: String { "Huber regression: linear, outliers count little" }

  /// Fits to numbers.
  /// - Throws: `DataError` for classes, categories, missing values, bad settings, and too many columns and rows.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    let numbers = try rows.labels.requireNumbers(for: "HuberRegression")
    try requireSetting(epsilon >= 1 && epsilon.isFinite, "epsilon", epsilon, "at least 1")
    try requireSetting(alpha >= 0 && alpha.isFinite, "alpha", alpha, "at least 0")
    let problem = try LinearProblem(rows, for: "HuberRegression", centered: fitsIntercept)
    guard rows.features.columnCount <= LeastSquares.mostUnknowns else {
      throw DataError(
        .setting,
        "HuberRegression takes at most \(LeastSquares.mostUnknowns) columns, \(rows.features.columnCount) came",
        advice: "Select columns before it, or use Ridge.")
    }
    let mean = fitsIntercept ? problem.mean(numbers) : 0
    let targets = numbers.map { $0 - mean }
    let (first, deviations) = try LeastSquares(alpha: alpha, problem: problem, targets: targets).solve()
    let loss = HuberLoss(
      problem: problem, targets: targets, epsilon: epsilon, alpha: alpha, fitsIntercept: fitsIntercept)
    let spread = try loss.spread(at: first + [0])
    var solution = first + [0]
    // Errors that are nothing but rounding have no spread to be fitted.
    if spread > loss.leastSpread {
      let newton = ProximalNewton(
        l1: Array(repeating: 0, count: first.count + 2), iterations: 300, tolerance: 1e-13)
      solution = try newton.minimize(from: solution + [spread], context, loss.value)
    }
    solution[first.count] += mean
    return FittedLinear<Self>(
      columns: rows.features.columns, centered: Array(solution[...first.count]), center: problem.center,
      deviations: deviations)
  }
}

/// What Huber's regression minimizes, as a function of the coefficients, the constant and the spread.
struct HuberLoss {
  let problem: LinearProblem
  let targets: [Double]
  let epsilon: Double
  let alpha: Double
  let fitsIntercept: Bool

  /// The spread of errors that are nothing but rounding.
  var leastSpread: Double { 1e-12 * targets.reduce(0) { max($0, abs($1)) } }

  /// The root mean squared error.
  func spread(at place: [Double]) throws -> Double {
    let margins = try problem.rows.margins(place)
    let sum = targets.indices.reduce(0) {
      let error = targets[$1] - margins[$1]
      return $0 + error * error * (problem.weights?[$1] ?? 1)
    }
    return (sum / problem.total).squareRoot()
  }

  func value(at place: [Double]) throws -> ProximalNewton.Point {
    let size = problem.rows.columnCount + 1
    let width = size + 1
    let spread = place[size]
    guard spread > leastSpread else { return (.infinity, [], []) }
    let margins = try problem.rows.margins(Array(place[..<size]))
    var value = problem.total * spread
    var (bySpread, bySpreadTwice) = (problem.total, 0.0)
    var (slopes, curvatures, mixed) = (margins, margins, margins)
    for row in targets.indices {
      let weight = problem.weights?[row] ?? 1
      let error = targets[row] - margins[row]
      if abs(error) <= epsilon * spread {
        let scaled = error / spread
        value += weight * scaled * error
        bySpread -= weight * scaled * scaled
        bySpreadTwice += 2 * weight * scaled * scaled / spread
        slopes[row] = -2 * weight * scaled
        curvatures[row] = 2 * weight / spread
        mixed[row] = 2 * weight * scaled / spread
      } else {
        value += weight * (2 * epsilon * abs(error) - spread * epsilon * epsilon)
        bySpread -= weight * epsilon * epsilon
        slopes[row] = error > 0 ? -2 * epsilon * weight : 2 * epsilon * weight
        (curvatures[row], mixed[row]) = (0, 0)
      }
    }
    var gradient = try problem.rows.products(slopes)
    let block = try problem.rows.gram(last: nil, weights: curvatures)
    let side = try problem.rows.products(mixed)
    var second = [Double](repeating: 0, count: width * width)
    for i in 0..<size {
      for j in 0..<size { second[i * width + j] = block[i * size + j] }
      second[i * width + size] = side[i]
      second[size * width + i] = side[i]
    }
    for column in 0..<size - 1 {
      value += alpha * place[column] * place[column]
      gradient[column] += 2 * alpha * place[column]
      second[column * (width + 1)] += 2 * alpha
    }
    if !fitsIntercept {
      gradient[size - 1] = 0
      for other in 0..<width {
        second[(size - 1) * width + other] = 0
        second[other * width + size - 1] = 0
      }
      second[(size - 1) * (width + 1)] = 1
    }
    second[size * (width + 1)] = bySpreadTwice
    return (value, gradient + [bySpread], second)
  }
}
