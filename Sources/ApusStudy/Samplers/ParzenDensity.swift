import Foundation

/// A mixture of normal distributions cut off at the ends of a space: one for each value seen and a wide one for none.
struct ParzenDensity {
  private let space: ParameterSpace
  private let low: Double
  private let high: Double
  private var means: [Double]
  private var deviations: [Double]
  private var cumulative: [Double] = []
  /// Weight over deviation, and over what lies within the ends.
  private var factors: [Double] = []
  private var tails: [(low: Double, high: Double)] = []

  init(_ places: [Double], space: ParameterSpace) {
    self.space = space
    (low, high) = space.bounds
    let width = high - low
    means = places + [(low + high) / 2]
    deviations = Self.deviations(means, low: low, high: high)
    // The values seen count alike, but of more than 25 the oldest count less; the wide one counts as one.
    let count = places.count
    var weights = (0..<count).map { index -> Double in
      guard count > 25, index < count - 25 else { return 1 }
      let ramp = count - 25
      return ramp == 1
        ? 1 / Double(count) : 1 / Double(count) + (1 - 1 / Double(count)) * Double(index) / Double(ramp - 1)
    }
    weights.append(1)
    let total = weights.reduce(0, +)
    var sum = 0.0
    for (index, weight) in weights.enumerated() {
      sum += weight / total
      cumulative.append(sum)
      let deviation = deviations[index]
      guard width > 0 else { continue }
      let ends = (
        low: Self.normal((low - means[index]) / deviation),
        high: Self.normal((high - means[index]) / deviation)
      )
      tails.append(ends)
      factors.append(weight / total / (ends.high - ends.low))
    }
  }

  /// The distance to the farther neighbour, between a hundredth of the width and all of it.
  private static func deviations(_ means: [Double], low: Double, high: Double) -> [Double] {
    let order = means.indices.sorted { (means[$0], $0) < (means[$1], $1) }
    let width = high - low
    let least = width / Double(min(100, 1 + means.count))
    var result = [Double](repeating: width, count: means.count)
    for (rank, index) in order.enumerated() where index != means.count - 1 {
      var left = rank > 0 ? means[index] - means[order[rank - 1]] : means[index] - low
      var right = rank + 1 < order.count ? means[order[rank + 1]] - means[index] : high - means[index]
      // At the ends the distance to the only neighbour, as the ends themselves are nothing seen.
      if order.count >= 2 {
        if rank == 0 { left = right } else if rank == order.count - 1 { right = left }
      }
      result[index] = min(max(max(left, right), least), width)
    }
    return result
  }

  /// A place drawn from the mixture.
  func sample(_ random: inout StudyRandom) -> Double {
    let choice = random.uniform(), level = random.uniform()
    guard high > low else { return low }
    let index = min(cumulative.firstIndex { choice < $0 } ?? 0, means.count - 1)
    let tail = tails[index]
    let place =
      means[index] + deviations[index] * Self.quantile(tail.low + level * (tail.high - tail.low))
    return min(max(place, low), high)
  }

  /// The density at a place, up to a factor; of whole numbers the share of the one there.
  func density(at place: Double) -> Double {
    guard high > low else { return 1 }
    var sum = 0.0
    if case .int(_, let scale) = space, case .int(let number) = space.value(at: place) {
      let value = Double(number)
      let below = scale == .log ? log(value - 0.5) : value - 0.5
      let above = scale == .log ? log(value + 0.5) : value + 0.5
      for index in means.indices {
        let deviation = deviations[index], mean = means[index]
        sum +=
          factors[index] * (Self.normal((above - mean) / deviation) - Self.normal((below - mean) / deviation))
      }
    } else {
      for index in means.indices {
        let distance = (place - means[index]) / deviations[index]
        sum += factors[index] / deviations[index] * exp(-0.5 * distance * distance)
      }
    }
    return max(sum, .leastNormalMagnitude)
  }

  /// The share of the standard normal distribution below `x`.
  static func normal(_ x: Double) -> Double { 0.5 * erfc(-x * 0.5.squareRoot()) }

  /// The inverse of `normal`: a rational approximation (Acklam, 2003) and one step of Halley's method.
  static func quantile(_ share: Double) -> Double {
    guard share > 0 else { return -38 }
    guard share < 1 else { return 9 }
    func tail(_ q: Double) -> Double {
      let top =
        ((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838) * q
          - 2.549732539343734) * q + 4.374664141464968) * q + 2.938163982698783
      let bottom =
        (((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996) * q
          + 3.754408661907416) * q + 1
      return top / bottom
    }
    var x: Double
    if share < 0.02425 {
      x = tail((-2 * log(share)).squareRoot())
    } else if share > 1 - 0.02425 {
      x = -tail((-2 * log(1 - share)).squareRoot())
    } else {
      let q = share - 0.5, r = q * q
      let top =
        (((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.3577518672690)
          * r - 30.66479806614716) * r + 2.506628277459239) * q
      let bottom =
        ((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972)
          * r - 13.28068155288572) * r + 1
      x = top / bottom
    }
    let error = (normal(x) - share) * (2 * Double.pi).squareRoot() * exp(x * x / 2)
    x -= error / (1 + x * error / 2)
    return x
  }
}

/// The shares of choices among those seen, with one more spread over all.
struct ParzenChoices {
  let probabilities: [Double]

  init(_ places: [Double], count: Int) {
    let kernels = Double(places.count + 1)
    let prior = 1 / kernels
    let rowSum = prior * Double(count) + 1
    var result = [Double](repeating: 1 / Double(count) / kernels, count: count)
    for index in 0..<count { result[index] += Double(places.count) / kernels * prior / rowSum }
    for place in places { result[Int(place)] += 1 / rowSum / kernels }
    probabilities = result
  }

  func sample(_ random: inout StudyRandom) -> Double {
    var level = random.uniform()
    for (index, share) in probabilities.enumerated() {
      if level < share { return Double(index) }
      level -= share
    }
    return Double(probabilities.count - 1)
  }
}
