import ApusData

/// Means of columns and of a target, and the products of their deviations from them: all that least squares need of rows.
struct Moments: Sendable {
  /// The sum of the weights.
  private(set) var total: Double
  /// The means of the columns and, last, of the target.
  private(set) var means: [Double]
  /// `[columns + 1, columns + 1]`, the target last.
  private(set) var products: [Double]

  /// Number of columns, without the target.
  var columnCount: Int { means.count - 1 }

  /// Takes the moments of rows; about 0 instead of the means where not centered.
  init(_ problem: LinearProblem, numbers: [Double], centered: Bool) throws {
    let mean = centered ? problem.mean(numbers) : 0
    total = problem.total
    means = problem.center + [mean]
    products = try problem.rows.gram(last: numbers.map { $0 - mean }, weights: problem.weights)
  }

  /// Takes in the moments of other rows. Nothing is subtracted, so no digits are lost. Chan, Golub and LeVeque, 1979.
  mutating func merge(_ other: Moments) {
    let sum = total + other.total
    let share = total * other.total / sum
    let gaps = zip(means, other.means).map { $1 - $0 }
    for row in means.indices {
      for column in means.indices {
        products[row * means.count + column] +=
          other.products[row * means.count + column] + share * gaps[row] * gaps[column]
      }
    }
    for place in means.indices { means[place] += gaps[place] * other.total / sum }
    total = sum
  }

  /// The mean squared error on these rows of coefficients that were fitted to rows of other means.
  func meanSquaredError(of coefficients: [Double], center: [Double]) -> Double {
    let direction = coefficients.map { -$0 } + [1]
    let offset = means.indices.reduce(0) { $0 + direction[$1] * (means[$1] - center[$1]) }
    var sum = 0.0
    for row in means.indices where direction[row] != 0 {
      var inner = 0.0
      for column in means.indices { inner += products[row * means.count + column] * direction[column] }
      sum += inner * direction[row]
    }
    return sum / total + offset * offset
  }
}
