import Foundation

/// The area under the ROC curve: the probability that an example of the positive class gets a higher score than one of the
/// other, where equal scores count half.
///
/// Its variance is that of DeLong et al., "Comparing the areas under two or more correlated receiver operating
/// characteristic curves" (1988), by midranks (Sun and Xu, 2014).
struct RankingArea: Sendable, Equatable {
  /// The area, 0...1; 0.5 for scores that say nothing.
  let value: Double
  /// Its 95 % confidence interval, within 0...1; nil for fewer than 2 examples of a class.
  let interval: (lower: Double, upper: Double)?

  static func == (left: RankingArea, right: RankingArea) -> Bool {
    left.value == right.value && left.interval?.lower == right.interval?.lower
      && left.interval?.upper == right.interval?.upper
  }

  /// nil where a class has no example.
  /// - Parameters:
  ///   - scores: A score for each example, the higher the likelier positive.
  ///   - isPositive: Whether each is of the positive class.
  init?(scores: [Double], isPositive: [Bool]) {
    let positives = scores.indices.filter { isPositive[$0] },
      negatives = scores.indices.filter { !isPositive[$0] }
    guard !positives.isEmpty, !negatives.isEmpty, scores.allSatisfy({ !$0.isNaN }) else { return nil }
    let (m, n) = (Double(positives.count), Double(negatives.count))
    let all = Self.midranks(scores)
    let within = (
      Self.midranks(positives.map { scores[$0] }), Self.midranks(negatives.map { scores[$0] })
    )
    // The share of the other class that each example beats.
    let beats = zip(positives, within.0).map { (all[$0] - $1) / n }
    let beaten = zip(negatives, within.1).map { 1 - (all[$0] - $1) / m }
    value = beats.reduce(0, +) / m
    guard m >= 2, n >= 2 else {
      interval = nil
      return
    }
    let deviation = (Self.variance(beats) / m + Self.variance(beaten) / n).squareRoot()
    interval = (max(0, value - 1.959964 * deviation), min(1, value + 1.959964 * deviation))
  }

  /// The rank of each value, from 1 on; equal ones share the mean of their ranks.
  private static func midranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }

  private static func variance(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
  }
}
