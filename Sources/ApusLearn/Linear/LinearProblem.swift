import ApusData

/// Rows as linear models are fitted to: complete numbers, with the means of the columns.
struct LinearProblem: Sendable {
  /// The features less their means, or as they are where no intercept is fitted.
  let rows: LinearRows
  /// How much each row counts; nil for all alike.
  let weights: [Double]?
  /// The sum of the weights.
  let total: Double
  /// What was taken from the columns: their means, or 0.
  let center: [Double]

  /// Checks the rows and takes their means.
  /// - Throws: `DataError` for categories and missing values.
  init(_ rows: TrainingRows, for what: String, centered: Bool, weights: [Double]? = nil) throws {
    let features = rows.features
    let weights = weights ?? rows.weights
    total = weights?.reduce(0, +) ?? Double(rows.count)
    self.weights = weights
    let plain = LinearRows(features)
    // A missing value anywhere makes its column's sum NaN: no separate look at the values.
    let sums = try plain.sums(weights: weights)
    if features.columns.contains(where: { $0.kind != .number }) || sums.contains(where: \.isNaN) {
      try features.requireNumbers(for: what)
    }
    let total = total
    center = centered ? sums.map { $0 / total } : Array(repeating: 0, count: sums.count)
    self.rows = LinearRows(features, shift: center)
  }

  /// The weighted mean of numbers, with as many digits as they have.
  func mean(_ numbers: [Double]) -> Double {
    func sum(_ offset: Double) -> Double {
      guard let weights else { return numbers.reduce(0) { $0 + ($1 - offset) } }
      return zip(numbers, weights).reduce(0) { $0 + ($1.0 - offset) * $1.1 }
    }
    let first = sum(0) / total
    return first + sum(first) / total
  }

  /// The standard deviation of each column.
  func deviations() throws -> [Double] {
    try rows.sums(weights: weights, power: 2).map { ($0 / total).squareRoot() }
  }

  /// Whether the sum of squares of a column is nothing but rounding: the column is constant.
  func isConstant(_ column: Int, sumOfSquares: Double) -> Bool {
    sumOfSquares <= 1e-22 * total * center[column] * center[column]
  }
}
