import ApusData
import ApusReport
import Foundation

/// Two models measured on the same examples: whether one is better than chance explains.
public struct ModelComparison: Sendable {
  /// Examples that both could be measured on.
  public let count: Int
  /// The scores of each.
  public let evaluations: [Evaluation]
  /// How much higher the first model's loss is than the second's, the mean over examples; above 0 speaks for the second.
  public let difference: Double
  /// The 95 % confidence interval of the difference, from the spread of the examples' own differences.
  public let interval: (lower: Double, upper: Double)
  /// Examples on which the first, the second and neither has the lower loss.
  public let wins: (first: Int, second: Int, neither: Int)
  /// The probability of so uneven a number of wins, or a more uneven one, between models that are equally good: the exact
  /// two-sided sign test.
  public let signTest: Double

  /// Compares two models.
  /// - Parameters:
  ///   - first: What the first put out for examples.
  ///   - second: What the second put out for the same examples.
  /// - Throws: `DataError` where fewer than two examples were measured with both.
  public init(_ first: any Evaluator, _ second: any Evaluator) throws {
    let known = Dictionary(uniqueKeysWithValues: zip(second.rows, second.losses))
    let differences = zip(first.rows, first.losses).compactMap { row, loss in known[row].map { loss - $0 } }
    guard differences.count >= 2 else {
      throw DataError(
        .empty,
        "at least 2 examples that both models are measured on were expected, \(differences.count) came")
    }
    let n = Double(differences.count), mean = differences.reduce(0, +) / n
    let error = (differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1) / n).squareRoot()
    (count, difference) = (differences.count, mean)
    interval = (mean - 1.959964 * error, mean + 1.959964 * error)
    wins = (
      differences.count { $0 < 0 }, differences.count { $0 > 0 }, differences.count { !($0 < 0 || $0 > 0) }
    )
    signTest = Self.signTest(wins.first, wins.second)
    evaluations = [try first.evaluation(), try second.evaluation()]
  }

  /// Twice the probability of as few heads among fair coins.
  static func signTest(_ first: Int, _ second: Int) -> Double {
    let n = Double(first + second), least = min(first, second)
    guard n > 0 else { return 1 }
    var sum = 0.0
    for heads in 0...least {
      let k = Double(heads)
      let ways: Double = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
      sum += exp(ways - n * log(2.0))
    }
    return min(1, 2 * sum)
  }

  /// Which model is better, in a sentence.
  /// - Parameter names: What the two are called.
  /// - Returns: The sentence.
  public func verdict(_ names: [String]) -> String {
    guard interval.lower > 0 || interval.upper < 0 else {
      return
        "No difference beyond chance on \(Format.count(count, "example")): choose by size, speed or ease."
    }
    return "\(names[difference > 0 ? 1 : 0]) is better, by more than chance explains."
  }
}
