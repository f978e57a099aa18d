/// Count, mean, standard deviation and range of numbers that pass by, in double precision by Welford's method (B. P.
/// Welford, Technometrics 4, 1962): exact for any number of rows and any offset.
struct RunningStatistics: Sendable, Equatable {
  private(set) var count = 0
  private(set) var mean = 0.0
  private var squares = 0.0
  private(set) var minimum = Double.infinity
  private(set) var maximum = -Double.infinity
  /// Whether all numbers are whole.
  private(set) var isWhole = true

  mutating func add(_ value: Double) {
    count += 1
    let difference = value - mean
    mean += difference / Double(count)
    squares += difference * (value - mean)
    minimum = min(minimum, value)
    maximum = max(maximum, value)
    if isWhole, value != value.rounded() || abs(value) > 9e15 { isWhole = false }
  }

  /// The standard deviation of the population.
  var std: Double { count > 0 ? (squares / Double(count)).squareRoot() : 0 }
}
