import ApusData
import Foundation

/// A confidence interval of a quantity that was measured on a sample.
public struct ConfidenceInterval: Sendable, Equatable {
  /// The ends.
  public let lower, upper: Double

  /// An interval from one end to the other.
  public init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }

  /// The interval for a proportion of which `hits` of `count` samples were seen: Wilson, "Probable inference, the law of
  /// succession, and statistical inference" (1927). Unlike mean ± std it is sound for few samples and proportions
  /// near 0 and 1.
  /// - Parameters:
  ///   - hits: The samples that count, such as correct predictions.
  ///   - count: All samples.
  ///   - level: The confidence level: how often such intervals contain the true proportion.
  /// - Returns: An interval inside 0...1; 0...1 without samples.
  public static func wilson(hits: Int, count: Int, level: Double = 0.95) -> ConfidenceInterval {
    guard count > 0 else { return ConfidenceInterval(lower: 0, upper: 1) }
    let (n, z) = (Double(count), normalQuantile(level))
    let share = Double(min(max(hits, 0), count)) / n
    let center = (share + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    return ConfidenceInterval(
      lower: hits <= 0 ? 0 : max(0, center - half), upper: hits >= count ? 1 : min(1, center + half))
  }

  /// Intervals for any statistics, from their values on samples drawn with replacement: Efron's percentile bootstrap
  /// (1979).
  /// - Parameters:
  ///   - count: Number of samples.
  ///   - level: The confidence level: how often such intervals contain the true value.
  ///   - resamples: Number of bootstrap resamples.
  ///   - seed: The same seed gives the same intervals.
  ///   - statistics: The statistics of the samples with the given indices, as many each time. Values that are not finite
  ///     are left out.
  /// - Returns: One interval for each statistic; ends are NaN where no value was finite.
  public static func bootstrap(
    count: Int, level: Double = 0.95, resamples: Int = 1000, seed: UInt64 = 0,
    statistics: (_ indices: [Int]) -> [Double]
  ) -> [ConfidenceInterval] {
    guard count > 0, resamples > 0 else { return [] }
    var values: [[Double]] = []
    for resample in 0..<resamples {
      var generator = PhiloxGenerator(seed: seed, index: resample)
      let drawn = statistics((0..<count).map { _ in generator.uniform(below: count) })
      if values.isEmpty { values = Array(repeating: [], count: drawn.count) }
      for (index, value) in zip(values.indices, drawn) where value.isFinite { values[index].append(value) }
    }
    // In this order, as what is no number then counts as 0.
    let tail = (1 - min(max(0, level), 1)) / 2
    return values.map { values in
      let sorted = values.sorted()
      return ConfidenceInterval(lower: quantile(sorted, tail), upper: quantile(sorted, 1 - tail))
    }
  }

  /// The quantile of sorted values, interpolated between neighbours.
  private static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    guard let last = sorted.last else { return .nan }
    let place = share * Double(sorted.count - 1)
    let index = min(Int(place), sorted.count - 1)
    let next = index + 1 < sorted.count ? sorted[index + 1] : last
    return sorted[index] + (next - sorted[index]) * (place - Double(index))
  }

  /// How many standard deviations around the mean of a normal distribution hold the given share of it.
  static func normalQuantile(_ level: Double) -> Double {
    let level = min(max(level, 0), 1 - 1e-12)
    var z = 0.0
    // Newton's steps from below never pass the solution, as the distribution's tail is concave.
    for _ in 0..<200 {
      let step = (level - erf(z / 2.0.squareRoot())) / (exp(-z * z / 2) * (2 / Double.pi).squareRoot())
      z += step
      if step < 1e-14 { break }
    }
    return z
  }
}

extension ClassificationReport {
  /// The confidence interval of the accuracy on unseen samples, by Wilson's formula.
  public func accuracyInterval(level: Double = 0.95) -> ConfidenceInterval {
    .wilson(hits: counts.indices.reduce(0) { $0 + counts[$1][$1] }, count: total, level: level)
  }

  /// The confidence interval of a class's precision, by Wilson's formula.
  public func precisionInterval(_ label: Int, level: Double = 0.95) -> ConfidenceInterval {
    .wilson(hits: counts[label][label], count: counts.reduce(0) { $0 + $1[label] }, level: level)
  }

  /// The confidence interval of a class's recall, by Wilson's formula.
  public func recallInterval(_ label: Int, level: Double = 0.95) -> ConfidenceInterval {
    .wilson(hits: counts[label][label], count: support(label), level: level)
  }

  /// The confidence interval of each class's F1, by bootstrap: there is no formula for it.
  /// - Parameters:
  ///   - level: The confidence level.
  ///   - resamples: Number of bootstrap resamples.
  ///   - seed: The same seed gives the same intervals.
  /// - Returns: An interval for each class, by label; its ends are NaN for a class that never comes.
  public func f1Intervals(
    level: Double = 0.95, resamples: Int = 1000, seed: UInt64 = 0
  ) -> [ConfidenceInterval] {
    let pairs = counts.enumerated().flatMap { truth, row in
      row.enumerated().flatMap { Array(repeating: (truth, $0.offset), count: $0.element) }
    }
    let classCount = classNames.count
    return ConfidenceInterval.bootstrap(count: pairs.count, level: level, resamples: resamples, seed: seed) {
      indices in
      var hits = [Int](repeating: 0, count: classCount), named = hits
      for index in indices {
        let (truth, prediction) = pairs[index]
        named[truth] += 1
        named[prediction] += 1
        if truth == prediction { hits[truth] += 1 }
      }
      return (0..<classCount).map { named[$0] > 0 ? 2 * Double(hits[$0]) / Double(named[$0]) : .nan }
    }
  }
}
