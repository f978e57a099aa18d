import ApusNN

/// Fits the coefficients of a generalized linear model with one output.
struct SmoothLinear {
  /// Coefficients up to which second derivatives pay.
  static let mostForNewton = 1000

  let problem: LinearProblem
  /// The kernel's family.
  let family: Int
  let targets: [Double]
  /// Weight of half the squared coefficients.
  var l2 = 0.0
  /// Weight of the coefficients' sizes.
  var l1 = 0.0
  var fitsIntercept = true

  init(
    problem: LinearProblem, family: some BinaryInteger, targets: [Double], l2: Double = 0, l1: Double = 0,
    fitsIntercept: Bool = true
  ) {
    (self.problem, self.family, self.targets) = (problem, Int(family), targets)
    (self.l2, self.l1, self.fitsIntercept) = (l2, l1, fitsIntercept)
  }

  /// The coefficients of centered columns, and the constant.
  func fit(from intercept: Double, _ context: FitContext) throws -> [Double] {
    let columns = problem.rows.columnCount
    let start = Array(repeating: 0, count: columns) + [intercept]
    guard columns > Self.mostForNewton, l1 == 0 else {
      let newton = ProximalNewton(l1: Array(repeating: l1, count: columns) + [0])
      return try newton.minimize(from: start, context) { try value(at: $0, second: true) }
    }
    let squares = try problem.rows.sums(weights: problem.weights, power: 2)
    let scales = (squares + [problem.total]).map { 1 / max(($0 / 4 + l2).squareRoot(), 1e-150) }
    return try scaledLBFGS(from: start, scales: scales, context) {
      let point = try value(at: $0, second: false)
      return (point.value, point.gradient)
    }
  }

  private func value(at place: [Double], second: Bool) throws -> ProximalNewton.Point {
    let columns = problem.rows.columnCount
    var point = try problem.rows.loss(
      family, targets: targets, weights: problem.weights, at: place, second: second)
    for column in 0..<columns {
      point.value += l2 / 2 * place[column] * place[column]
      point.gradient[column] += l2 * place[column]
      if second { point.second[column * (columns + 1) + column] += l2 }
    }
    if !fitsIntercept {
      point.gradient[columns] = 0
      if second {
        for column in 0...columns {
          point.second[column * (columns + 1) + columns] = 0
          point.second[columns * (columns + 1) + column] = column == columns ? 1 : 0
        }
      }
    }
    return point
  }
}

/// L-BFGS in units in which the function is about equally curved in all directions.
func scaledLBFGS(
  from start: [Double], scales: [Double], _ context: FitContext, _ function: LBFGS.Function
) throws -> [Double] {
  let minimizer = LBFGS(
    iterations: 2000, evaluations: 4000, memory: 20, gradientTolerance: 1e-9, changeTolerance: 1e-14)
  let result = try minimizer.minimize(
    from: zip(start, scales).map { $0 / $1 },
    progress: { iteration, _ in
      try context.progress(min(1, Double(iteration) / 2000))
      return !context.isOutOfTime()
    },
    { place in
      let point = try function(zip(place, scales).map { $0 * $1 })
      return (point.value, zip(point.gradient, scales).map { $0 * $1 })
    })
  return zip(result.point, scales).map { $0 * $1 }
}
