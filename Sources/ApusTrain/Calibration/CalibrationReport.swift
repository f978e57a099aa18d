import ApusGraph
import Foundation

/// How well a model's confidence matches its accuracy: samples are sorted into bins by the probability of the predicted
/// class, and in each bin the mean confidence is compared with the share of correct predictions.
public struct CalibrationReport: Sendable, Equatable {
  /// The samples whose confidence lies in an interval.
  public struct Bin: Sendable, Equatable {
    /// Where the interval begins, which is not part of it, and ends, which is.
    public let lower, upper: Double
    /// Number of samples.
    public let count: Int
    /// The mean probability of the predicted classes, in 0...1; NaN without samples.
    public let confidence: Double
    /// The share of correct predictions, in 0...1; NaN without samples.
    public let accuracy: Double

    /// How far confidence and accuracy are apart.
    public var gap: Double { abs(accuracy - confidence) }
  }

  /// The bins from 0 to 1, equally wide.
  public let bins: [Bin]
  /// Σ (Σ over classes of (probability − truth)²) / samples, as Brier (1950) has it: 0 is perfect, 2 the worst.
  public let brierScore: Double
  /// The mean of −ln(probability of the true class), in nats.
  public let negativeLogLikelihood: Double

  /// A report on probabilities.
  /// - Parameters:
  ///   - probabilities: `[samples, classes]`, each row adding up to 1.
  ///   - labels: The true class of each sample.
  ///   - binCount: Number of bins; the 15 of Guo et al., arXiv:1706.04599, make results comparable.
  /// - Throws: `TrainingError` when the two do not fit together or rows are no probabilities.
  public init(probabilities: Literal, labels: [Int], binCount: Int = 15) throws {
    guard binCount > 0 else {
      throw TrainingError(.setting, "a number of bins above 0 was expected, \(binCount) came")
    }
    let scores = try ClassScores(probabilities, labels: labels, of: "probabilities")
    if let bad = scores.rows.firstIndex(where: { row in
      row.contains { $0 < 0 } || abs(row.reduce(0, +) - 1) > 1e-3
    }) {
      throw TrainingError(
        .data,
        "sample \(bad) has numbers that are not probabilities: they add up to \(scores.rows[bad].reduce(0, +))",
        advice: "Apply softmax to logits first.", samples: [bad])
    }
    var members = [[(confidence: Double, isRight: Bool)]](repeating: [], count: binCount)
    var (brier, likelihood) = (0.0, 0.0)
    for (row, label) in zip(scores.rows, labels) {
      let predicted = row.indices.max { row[$0] < row[$1] } ?? 0
      let place = Int((row[predicted] * Double(binCount)).rounded(.up)) - 1
      members[min(max(place, 0), binCount - 1)].append((row[predicted], predicted == label))
      brier += row.indices.reduce(0) { sum, index in
        let error = row[index] - (index == label ? 1 : 0)
        return sum + error * error
      }
      likelihood -= log(max(row[label], .leastNormalMagnitude))
    }
    bins = members.enumerated().map { index, members in
      let count = Double(members.count)
      return Bin(
        lower: Double(index) / Double(binCount), upper: Double(index + 1) / Double(binCount),
        count: members.count,
        confidence: members.reduce(0) { $0 + $1.confidence } / count,
        accuracy: Double(members.count { $0.isRight }) / count)
    }
    brierScore = brier / Double(labels.count)
    negativeLogLikelihood = likelihood / Double(labels.count)
  }

  /// Number of samples.
  public var total: Int { bins.reduce(0) { $0 + $1.count } }

  /// The expected calibration error: the mean gap between confidence and accuracy, weighted by the samples of each bin.
  /// 0.05 is "off by five per cent".
  public var expectedError: Double {
    bins.reduce(0) { $1.count > 0 ? $0 + $1.gap * Double($1.count) : $0 } / Double(total)
  }

  /// The maximum calibration error: the largest gap of any bin.
  public var largestError: Double { bins.reduce(0) { $1.count > 0 ? max($0, $1.gap) : $0 } }
}
