import ApusData

/// Minimizes the sum of weight · (label − prediction)² + alpha · |coefficients|²: the normal equations in float64, with
/// centered columns.
struct LeastSquares {
  /// Columns or rows at most, whichever are fewer: more would take minutes and gigabytes.
  static let mostUnknowns = 8000

  let alpha: Double
  let problem: LinearProblem
  /// The labels less their mean.
  let targets: [Double]

  /// The coefficients, in the units of the columns, and their columns' deviations.
  func solve() throws -> (coefficients: [Double], deviations: [Double]) {
    let columns = problem.rows.columnCount
    guard min(columns, problem.rows.count) <= Self.mostUnknowns else {
      throw DataError(
        .setting,
        "least squares take at most \(Self.mostUnknowns) columns or rows, \(columns) columns of "
          + "\(problem.rows.count) rows came",
        advice: "Select columns before it, or use fewer rows.")
    }
    return columns > problem.rows.count ? try solveByRows() : try solveByColumns()
  }

  private func solveByColumns() throws -> (coefficients: [Double], deviations: [Double]) {
    let columns = problem.rows.columnCount
    let all = try problem.rows.gram(last: targets, weights: problem.weights)
    var (gram, right) = Self.split(all, columns)
    let squares = (0..<columns).map { gram[$0 * columns + $0] }
    for column in 0..<columns where problem.isConstant(column, sumOfSquares: squares[column]) {
      for other in 0..<columns {
        gram[column * columns + other] = 0
        gram[other * columns + column] = 0
      }
      right[column] = 0
    }
    for column in 0..<columns { gram[column * columns + column] += alpha }
    let deviations = squares.map { ($0 / problem.total).squareRoot() }
    guard let factor = try Cholesky(gram, size: columns) else {
      return (MinimumNorm(gram, size: columns).solve(right), deviations)
    }
    var coefficients = factor.solve(right)
    // The normal equations lose twice the digits of the columns' dependence; steps from the residuals bring them back.
    for _ in 0..<(factor.leastPivot < 1e-4 ? 3 : 0) {
      let step = factor.solve(try slope(at: coefficients))
      for column in 0..<columns { coefficients[column] += step[column] }
    }
    return (coefficients, deviations)
  }

  /// Half the derivatives of what is minimized, downwards.
  private func slope(at coefficients: [Double]) throws -> [Double] {
    let predictions = try problem.rows.margins(coefficients + [0])
    let residuals = predictions.indices.map {
      (targets[$0] - predictions[$0]) * (problem.weights?[$0] ?? 1)
    }
    let products = try problem.rows.products(residuals)
    return coefficients.indices.map { products[$0] - alpha * coefficients[$0] }
  }

  /// With more columns than rows: coefficients are sums of rows, and there are fewer rows to solve for.
  private func solveByRows() throws -> (coefficients: [Double], deviations: [Double]) {
    let (rows, columns) = (problem.rows.count, problem.rows.columnCount)
    let features = problem.rows.features
    let roots = (problem.weights ?? Array(repeating: 1, count: rows)).map { $0.squareRoot() }
    let turned = FeatureMatrix(
      unchecked: (0..<columns).flatMap { features.column($0) },
      columns: (0..<rows).map { FeatureMatrix.Column("\($0)") })
    let all = try LinearRows(turned, rowShift: problem.center, scale: roots).gram(last: nil, weights: nil)
    var (gram, _) = Self.split(all, rows)
    for row in 0..<rows { gram[row * rows + row] += alpha }
    let right = zip(targets, roots).map { $0 * $1 }
    let dual =
      try Cholesky(gram, size: rows)?.solve(right) ?? MinimumNorm(gram, size: rows).solve(right)
    let products = try problem.rows.products(zip(dual, roots).map { $0 * $1 })
    return (Array(products[..<columns]), try problem.deviations())
  }

  /// The products of the columns with each other, and with the last one.
  static func split(_ gram: [Double], _ columns: Int) -> (gram: [Double], last: [Double]) {
    let size = columns + 1
    return (
      (0..<columns).flatMap { gram[$0 * size..<$0 * size + columns] },
      (0..<columns).map { gram[$0 * size + columns] }
    )
  }
}

/// The shortest solution of equations whose symmetric matrix has columns that others explain.
struct MinimumNorm {
  private let size: Int
  private let scales: [Double]
  private let eigen: SymmetricEigen
  /// The share of the largest eigenvalue below which one is rounding.
  private let least: Double

  init(_ matrix: [Double], size: Int) {
    self.size = size
    // With a diagonal of 1 what is rounding does not depend on the units of the columns.
    let scales = (0..<size).map { matrix[$0 * size + $0] > 0 ? 1 / matrix[$0 * size + $0].squareRoot() : 1 }
    self.scales = scales
    eigen = SymmetricEigen(
      matrix.indices.map { matrix[$0] * scales[$0 / size] * scales[$0 % size] }, size: size)
    least = 1e-12 * max(1, eigen.values.max() ?? 1)
  }

  func solve(_ right: [Double]) -> [Double] {
    var solution = [Double](repeating: 0, count: size)
    var free: [[Double]] = []
    for place in 0..<size {
      let vector = eigen.vector(place)
      guard eigen.values[place] > least else {
        free.append((0..<size).map { vector[$0] * scales[$0] })
        continue
      }
      let share = (0..<size).reduce(0) { $0 + vector[$1] * scales[$1] * right[$1] } / eigen.values[place]
      for row in 0..<size { solution[row] += share * vector[row] * scales[row] }
    }
    // What the equations leave free is taken out, in the units of the columns.
    var basis: [[Double]] = []
    for var direction in free {
      for other in basis + basis { Self.remove(other, from: &direction) }
      let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length > 0 else { continue }
      basis.append(direction.map { $0 / length })
    }
    for direction in basis { Self.remove(direction, from: &solution) }
    return solution
  }

  private static func remove(_ direction: [Double], from vector: inout [Double]) {
    let share = zip(direction, vector).reduce(0) { $0 + $1.0 * $1.1 }
    for place in vector.indices { vector[place] -= share * direction[place] }
  }
}
