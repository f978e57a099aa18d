import Foundation

/// The linear program of quantile regression, by Mehrotra's predictor-corrector method on primal and dual. Portnoy and
/// Koenker, Statistical Science 12, 1997.
///
/// A penalty on a coefficient's size is one more row: the median loss of 0 against that coefficient.
struct QuantileSolver {
  private let rows: LinearRows
  private let scales: [Double]
  private let rowCount: Int
  private let columnCount: Int
  private let fitsIntercept: Bool
  private let targets: [Double]
  /// What an error upwards and downwards costs, of rows and then of penalties.
  private let (above, below): ([Double], [Double])
  private var place: [Double]
  /// The errors' parts above and below 0, and what is left to the bounds of the dual variables.
  private var (up, down, upSlack, downSlack): ([Double], [Double], [Double], [Double])
  private let scale: Double

  init(
    problem: LinearProblem, deviations: [Double], targets: [Double], quantile: Double, alpha: Double,
    fitsIntercept: Bool
  ) {
    let columns = deviations.count
    // In units of their spread, so that the equations are well conditioned; constant columns are left out.
    let scales = deviations.indices.map { column in
      let square = deviations[column] * deviations[column] * problem.total
      return problem.isConstant(column, sumOfSquares: square) || square == 0 ? 0 : 1 / deviations[column]
    }
    self.scales = scales
    rows = LinearRows(problem.rows.features, shift: problem.center, scale: scales)
    (rowCount, columnCount, self.fitsIntercept) = (targets.count, columns, fitsIntercept)
    let weights = problem.weights ?? Array(repeating: 1, count: targets.count)
    let penalties = alpha > 0 ? scales.map { problem.total * alpha * max($0, 1e-9) } : []
    above = weights.map { $0 * quantile } + penalties
    below = weights.map { $0 * (1 - quantile) } + penalties
    self.targets = targets + Array(repeating: 0, count: penalties.count)
    place = Array(repeating: 0, count: columns + 1)
    let spread = targets.reduce(0) { $0 + abs($1) } / Double(max(1, targets.count))
    scale = zip(targets, weights).reduce(0) { $0 + abs($1.0) * $1.1 }
    let slack = max(spread, .leastNormalMagnitude)
    up = self.targets.map { max($0, 0) + slack }
    down = self.targets.map { max(-$0, 0) + slack }
    (upSlack, downSlack) = (above, below)
  }

  /// The coefficients of centered columns in their units, and the constant.
  mutating func solve(_ context: FitContext) throws -> [Double] {
    let rounds = 200
    for round in 0..<rounds where scale > 0 {
      try context.progress(Double(round) / Double(rounds))
      let gap = self.gap(after: nil, 0, 0)
      if gap <= 1e-10 * scale || context.isOutOfTime() { break }
      let predictions = try margins(place)
      let left = targets.indices.map { targets[$0] - predictions[$0] - up[$0] + down[$0] }
      let widths = targets.indices.map { 1 / (up[$0] / upSlack[$0] + down[$0] / downSlack[$0]) }
      guard let factor = try factor(widths) else { break }
      let duals = targets.indices.map { above[$0] - upSlack[$0] }
      let dualLeft = try products(duals).map { -$0 }
      let zeros = [Double](repeating: 0, count: targets.count)
      let first = try step(factor, widths, left, dualLeft, 0, zeros, zeros)
      let lengths = length(first, 1)
      let reached = self.gap(after: first, lengths.primal, lengths.dual)
      let share = reached / gap
      let middle = gap / Double(2 * targets.count) * share * share * share
      let upMixed = targets.indices.map { -first.up[$0] * first.dual[$0] }
      let downMixed = targets.indices.map { first.down[$0] * first.dual[$0] }
      let second = try step(factor, widths, left, dualLeft, middle, upMixed, downMixed)
      let (primal, dual) = length(second, 0.9995)
      guard primal > 1e-12 || dual > 1e-12 else { break }
      for index in place.indices { place[index] += primal * second.place[index] }
      for row in targets.indices {
        up[row] += primal * second.up[row]
        down[row] += primal * second.down[row]
        upSlack[row] -= dual * second.dual[row]
        downSlack[row] += dual * second.dual[row]
      }
    }
    return (0..<columnCount).map { place[$0] * scales[$0] } + [fitsIntercept ? place[columnCount] : 0]
  }

  private typealias Step = (place: [Double], dual: [Double], up: [Double], down: [Double])

  /// The step to where each product of an error and its slack is `middle`, less what the products of steps come to.
  private func step(
    _ factor: Cholesky, _ widths: [Double], _ left: [Double], _ dualLeft: [Double], _ middle: Double,
    _ upMixed: [Double], _ downMixed: [Double]
  ) throws -> Step {
    let upTarget = targets.indices.map { (middle - upMixed[$0]) / upSlack[$0] - up[$0] }
    let downTarget = targets.indices.map { (middle - downMixed[$0]) / downSlack[$0] - down[$0] }
    let open = targets.indices.map { left[$0] - upTarget[$0] + downTarget[$0] }
    let right = zip(try products(zip(open, widths).map { $0 * $1 }), dualLeft).map { $0 - $1 }
    let move = factor.solve(right)
    let moved = try margins(move)
    let dual = targets.indices.map { (open[$0] - moved[$0]) * widths[$0] }
    let upStep = targets.indices.map { upTarget[$0] + up[$0] / upSlack[$0] * dual[$0] }
    let downStep = targets.indices.map { downTarget[$0] - down[$0] / downSlack[$0] * dual[$0] }
    return (move, dual, upStep, downStep)
  }

  /// The sum of products of errors and slacks, after a step.
  private func gap(after step: Step?, _ primal: Double, _ dual: Double) -> Double {
    targets.indices.reduce(0) { sum, row in
      guard let step else { return sum + up[row] * upSlack[row] + down[row] * downSlack[row] }
      return sum + (up[row] + primal * step.up[row]) * (upSlack[row] - dual * step.dual[row])
        + (down[row] + primal * step.down[row]) * (downSlack[row] + dual * step.dual[row])
    }
  }

  /// How far a step may go until an error or a slack would fall below 0.
  private func length(_ step: Step, _ share: Double) -> (primal: Double, dual: Double) {
    var (primal, dual) = (Double.infinity, Double.infinity)
    for row in targets.indices {
      if step.up[row] < 0 { primal = min(primal, -up[row] / step.up[row]) }
      if step.down[row] < 0 { primal = min(primal, -down[row] / step.down[row]) }
      if step.dual[row] > 0 { dual = min(dual, upSlack[row] / step.dual[row]) }
      if step.dual[row] < 0 { dual = min(dual, -downSlack[row] / step.dual[row]) }
    }
    return (min(1, share * primal), min(1, share * dual))
  }

  private func factor(_ widths: [Double]) throws -> Cholesky? {
    let size = columnCount + 1
    var matrix = try rows.gram(last: nil, weights: Array(widths[..<rowCount]))
    if !fitsIntercept {
      for other in 0..<size {
        matrix[columnCount * size + other] = 0
        matrix[other * size + columnCount] = 0
      }
    }
    for penalty in rowCount..<targets.count {
      matrix[(penalty - rowCount) * (size + 1)] += widths[penalty]
    }
    let largest = (0..<size).reduce(0) { max($0, matrix[$1 * (size + 1)]) }
    // Columns that explain each other share what they do; the steps' ends do not depend on it.
    for column in 0..<size { matrix[column * (size + 1)] += 1e-13 * largest }
    return try Cholesky(matrix, size: size, least: 1e-16)
  }

  /// Predictions of the rows, and the penalized coefficients.
  private func margins(_ place: [Double]) throws -> [Double] {
    var place = place
    if !fitsIntercept { place[columnCount] = 0 }
    return try rows.margins(place) + place[..<(targets.count - rowCount)]
  }

  private func products(_ values: [Double]) throws -> [Double] {
    var sums = try rows.products(Array(values[..<rowCount]))
    if !fitsIntercept { sums[columnCount] = 0 }
    for penalty in rowCount..<targets.count { sums[penalty - rowCount] += values[penalty] }
    return sums
  }
}
