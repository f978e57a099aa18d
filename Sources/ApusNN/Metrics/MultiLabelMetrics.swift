import ApusGraph
import ApusTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

// Scores of targets [batch, labels] of 0 and 1, of which any number hold. Decisions are made at a probability of ½, or
// at a threshold of each label's own. `hammingLoss` is the share of wrong decisions; 1 − it is `binaryAccuracy`.
extension Metric {
  /// The part of samples all of whose labels are right.
  /// - Parameter thresholds: The probability of each label above which it is said; ½ for all when nil.
  /// - Returns: A metric in 0…1.
  public static func subsetAccuracy(thresholds: [Double]? = nil) -> Metric {
    Metric(mean: "subsetAccuracy", isBetterWhenLarger: true) { input in
      LabelDecisions.made(input, thresholds: thresholds, metric: "subsetAccuracy") { said, truth in
        let wrong = said.compare(.notEqual, truth).cast(.int32).sum(axes: [1])
        return wrong.compare(.equal, wrong.splat(0))
      }
    }
  }

  /// The part of wrong decisions among all, of every label of every sample.
  /// - Parameter thresholds: The probability of each label above which it is said; ½ for all when nil.
  /// - Returns: A metric in 0…1.
  public static func hammingLoss(thresholds: [Double]? = nil) -> Metric {
    Metric(mean: "hammingLoss", isBetterWhenLarger: false) { input in
      LabelDecisions.made(input, thresholds: thresholds, metric: "hammingLoss") { said, truth in
        said.compare(.notEqual, truth)
      }
    }
  }

  /// F1 of labels of which any number hold; the table has each label's. A label that is never said and never true
  /// counts as 0.
  /// - Parameters:
  ///   - average: `macro` is the mean over labels, `micro` that of all decisions, `weighted` by how often labels
  ///     hold.
  ///   - thresholds: The probability of each label above which it is said; ½ for all when nil.
  /// - Returns: A metric in 0…1.
  public static func labelF1(average: Average = .macro, thresholds: [Double]? = nil) -> Metric {
    Metric("labelF1", isBetterWhenLarger: true) { input in
      let counts = LabelDecisions.made(input, thresholds: thresholds, metric: "labelF1") { said, truth in
        let (yes, real) = (said.cast(.float64), truth.cast(.float64))
        var rows = Value.concatenate([yes * real, yes, real].map { $0.expanded(axis: 1) }, axis: 1)
        if let weights = input.weights {
          guard weights.shape == [rows.shape[0]] else {
            return .failed(
              GraphError(.shape, "labelF1", "expects one weight for each of \(rows.shape[0]) samples"))
          }
          rows = rows * weights.value.cast(.float64).broadcast(to: rows.shape, axes: [0])
        }
        return rows.sum(axes: [0])
      }
      return [Tensor(counts)]
    } value: { totals in
      let labels = totals[0].count / 3
      let (hits, said, real) = (
        Array(totals[0][..<labels]), Array(totals[0][labels..<2 * labels]), Array(totals[0][(2 * labels)...])
      )
      func f1(_ hits: Double, _ said: Double, _ real: Double) -> Double {
        said + real == 0 ? 0 : 2 * hits / (said + real)
      }
      let scores = (0..<labels).map { f1(hits[$0], said[$0], real[$0]) }
      let sums = [hits, said, real].map { $0.reduce(0, +) }
      let number =
        switch average {
        case .macro: scores.reduce(0, +) / Double(max(1, labels))
        case .micro: f1(sums[0], sums[1], sums[2])
        case .weighted: zip(scores, real).reduce(0) { $0 + $1.0 * $1.1 } / max(sums[2], 1e-12)
        }
      return MetricValue(number, table: [scores])
    }
  }

  /// The mean over labels of average precision: the area under precision over recall, as scikit-learn's
  /// `average_precision_score` has it. Labels that never hold are left out; the table has each label's, NaN for those.
  /// Needs no threshold and goes by the ranks of the scores, so logits and probabilities give the same.
  /// - Parameter capacity: How many scores, samples times labels, can be kept until the end of an epoch, 8 bytes
  ///   each; an error says so when more come.
  /// - Returns: A metric in 0…1.
  public static func meanAveragePrecision(capacity: Int = 1 << 20) -> Metric {
    ranking("meanAveragePrecision", capacity: capacity, byLabel: true) { lists in
      let scores = lists.map { ties -> Double in
        guard let ties else { return .nan }
        let all = ties.reduce(0) { $0 + $1.positive }
        guard all > 0 else { return .nan }
        var (hits, wrong, area) = (0.0, 0.0, 0.0)
        for tie in ties {
          hits += tie.positive
          wrong += tie.negative
          if hits + wrong > 0 { area += tie.positive / all * hits / (hits + wrong) }
        }
        return area
      }
      guard lists.allSatisfy({ $0 != nil }) else { return MetricValue(.nan, table: [scores]) }
      let known = scores.filter { !$0.isNaN }
      return MetricValue(
        known.isEmpty ? .nan : known.reduce(0, +) / Double(known.count), table: [scores])
    }
  }
}

/// Labels that are said and labels that hold.
private enum LabelDecisions {
  static func aligned(_ input: MetricInput, metric: String) -> TargetCheck.Outcome {
    let outcome = TargetCheck.aligned(input.prediction, input.target, kind: .binary, loss: metric)
    guard case .fits(let prediction, _) = outcome, prediction.rank != 2 else { return outcome }
    return .fails(
      Tensor(
        .failed(
          GraphError(
            .shape, metric, "expects predictions [batch, labels], got \(prediction.shape)"))))
  }

  static func made(
    _ input: MetricInput, thresholds: [Double]?, metric: String,
    _ body: (_ said: Value, _ truth: Value) -> Value
  ) -> Value {
    switch aligned(input, metric: metric) {
    case .fails(let failed): return failed.value
    case .fits(let prediction, let target):
      let x = prediction.value, y = target.value
      let labels = x.shape[1]
      let limits = thresholds ?? Array(repeating: 0.5, count: labels)
      guard limits.count == labels, limits.allSatisfy({ 0...1 ~= $0 }) else {
        return .failed(
          GraphError(.argument, metric, "expects \(labels) thresholds in 0…1, got \(limits)"))
      }
      // On the scale of what the model gives.
      let isLogit = input.loss?.activation == .sigmoid
      let numbers = limits.map { Float(isLogit ? max(-1e30, min(1e30, log($0 / (1 - $0)))) : $0) }
      let row = Value.constant(Literal(numbers, shape: [labels])).cast(x.dtype)
      return body(x.compare(.greater, row), y.compare(.greater, y.splat(0.5)))
    }
  }
}
