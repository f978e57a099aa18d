import ApusData
import ApusLearn
import ApusReport
import ApusTasks
import Foundation

extension EstimatorModel: Explainable {
  /// Of more columns a sampling would take minutes.
  static let columnLimit = 2000
  /// Values that the rows of a sampling have in all, about.
  private static let valueLimit = 10_000_000

  /// Contributions that are named in a summary.
  private static let namedCount = 3

  /// How much each column of a row moved the probability of a class, or the number, away from the mean of some training
  /// rows: Shapley values by sampling.
  public func explain(_ examples: Examples, row: Int, output: Int) throws -> Explanation? {
    guard let background, let target = problem.target else { return nil }
    let width = background.columnCount
    guard width <= Self.columnLimit else { return nil }
    let sampling = try ShapleySampling(
      background: background, orders: max(2, min(64, Self.valueLimit / (width * width))))
    let features = try input.matrix(examples, rows: [row])
    let found = try sampling.contributions(features) { try values($0, target, output) }
    let parts = try input.parts(examples, row: row)
    let contributions = zip(parts, found.columns).map { Explanation.Contribution($0, $1) }
      .sorted { (abs($1.value), $0.name) < (abs($0.value), $1.name) }
    let named = contributions.prefix(Self.namedCount).filter { $0.value != 0 }.map { part in
      "\(part.name): \(target.classNames == nil ? Format.signed(part.value) : Format.points(part.value))"
    }
    return Explanation(
      contributions: contributions,
      summary: named.isEmpty ? "no column moved the prediction" : named.joined(separator: ", "))
  }

  /// What is explained, for each row: the probability of a class, or a number in its own units.
  private func values(_ features: FeatureMatrix, _ target: any Target, _ output: Int) throws -> [Double] {
    let (width, outputs) = (fitted.outputCount, try fitted.outputs(features))
    switch target {
    case let target as Classification:
      return stride(from: 0, to: outputs.count, by: width).map { start in
        let logits = outputs[start..<start + width].map { $0 / target.temperature }
        let largest = logits.max() ?? 0
        return exp(logits[output] - largest) / logits.reduce(0) { $0 + exp($1 - largest) }
      }
    case let target as Regression:
      return outputs.map { $0 * target.stds[output] + target.means[output] }
    default: return outputs
    }
  }
}

extension Format {
  /// A number with its sign.
  fileprivate static func signed(_ value: Double) -> String { (value < 0 ? "−" : "+") + number(abs(value)) }

  /// A difference of two probabilities in percentage points.
  fileprivate static func points(_ value: Double) -> String {
    (value < 0 ? "−" : "+") + fixed(abs(value) * 100, 1) + " points"
  }
}
