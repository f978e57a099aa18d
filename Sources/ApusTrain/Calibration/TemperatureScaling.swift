import ApusGraph
import Foundation

/// Temperature scaling: all logits are divided by one number, so that predictions with a confidence of 90 % are correct
/// nine times out of ten. Guo et al., arXiv:1706.04599. The order of the classes, and with it the accuracy, is unchanged.
public struct TemperatureScaling: Sendable, Equatable {
  /// The divisor of the logits: above 1 for a model that was overconfident, below 1 for one that was underconfident.
  public let temperature: Double

  /// No validation set is large enough to tell more than this, or its inverse.
  private static let largestTemperature = 100.0

  /// Division by a known temperature; what is not above 0 counts as 1, which changes nothing.
  public init(temperature: Double = 1) {
    self.temperature = temperature > 0 && temperature.isFinite ? temperature : 1
  }

  /// The temperature that maximizes the likelihood of the true classes of a validation set, by Newton's method: the
  /// negative log-likelihood is convex in 1 / temperature.
  ///
  /// Where a model makes no mistake, the likelihood alone would make it infinitely confident. As in Platt's "Probabilistic
  /// outputs for support vector machines" (1999), the labels are therefore smoothed: as if there were one more sample, of
  /// unknown class.
  /// - Parameters:
  ///   - logits: `[samples, classes]`, of samples that the model was not trained on.
  ///   - labels: The true class of each.
  ///   - isCautious: Whether labels are smoothed by one more sample. Without it the result is Guo's.
  /// - Returns: The fitted temperature.
  /// - Throws: `TrainingError` when the two do not fit together or numbers are not finite.
  public static func fitted(
    logits: Literal, labels: [Int], isCautious: Bool = true
  ) throws -> TemperatureScaling {
    let scores = try ClassScores(logits, labels: labels, of: "logits")
    let unknown = isCautious ? 1 / Double(labels.count + 1) : 0
    let targets = zip(scores.rows, labels).map { row, label in
      (1 - unknown) * row[label] + unknown * row.reduce(0, +) / Double(row.count)
    }
    var (lower, upper) = (1 / largestTemperature, largestTemperature)
    var inverse = 1.0
    for _ in 0..<100 {
      var (slope, curvature) = (0.0, 0.0)
      for (row, target) in zip(scores.rows, targets) {
        let shares = softmax(row.map { $0 * inverse })
        let mean = zip(shares, row).reduce(0) { $0 + $1.0 * $1.1 }
        slope += mean - target
        curvature += zip(shares, row).reduce(0) { $0 + $1.0 * ($1.1 - mean) * ($1.1 - mean) }
      }
      // As likely as can be; logits that say nothing are so at any temperature.
      if slope == 0 { break }
      if slope > 0 { upper = inverse } else { lower = inverse }
      let newton = inverse - slope / curvature
      // The bracket holds the minimum; Newton's step may leave it where the loss is nearly straight.
      let next = newton > lower && newton < upper ? newton : (lower * upper).squareRoot()
      let step = abs(next - inverse)
      inverse = next
      if step < 1e-12 * inverse { break }
    }
    return TemperatureScaling(temperature: 1 / inverse)
  }

  /// Logits `[samples, classes]` → probabilities of the same shape.
  public func probabilities(_ logits: Literal) -> Literal {
    let classCount = max(1, logits.shape.dimensions.last ?? 1)
    let numbers = logits.doubles
    let shares = stride(from: 0, to: numbers.count, by: classCount).flatMap { start in
      softmax(numbers[start..<start + classCount].map { $0 / temperature })
    }
    return Literal(shares.map { Float($0) }, shape: logits.shape)
  }
}
