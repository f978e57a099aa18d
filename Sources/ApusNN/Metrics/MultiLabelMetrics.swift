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
  ///   - average: `macro` is the mean over labels, `micro` that of all decisions, `weighted` by how often labels hold.
  ///   - thresholds: The probability of each label above which it is said; ½ for all when nil.
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

  /// The mean over labels of average precision: the area under precision over recall. Labels that never hold are left
  /// out; the table has each label's, NaN for those. Needs no threshold.
  /// - Parameter bins: Scores are counted in so many bins, so that memory does not grow with the data; samples that
  ///   share a bin count as tied. `MultiLabelReport` has the exact number.
  public static func meanAveragePrecision(bins: Int = 1000) -> Metric {
    Metric("meanAveragePrecision", isBetterWhenLarger: true) { input in
      let name = "meanAveragePrecision"
      guard bins > 0, case .fits(let prediction, let target) = LabelDecisions.aligned(input, metric: name)
      else {
        return Array(repeating: Tensor(LabelDecisions.failure(input, metric: name)), count: 2)
      }
      let (samples, labels) = (prediction.shape[0], prediction.shape[1])
      let probability = input.loss?.activation == .sigmoid ? prediction.value.logistic() : prediction.value
      let bin = (probability.cast(.float32) * Double(bins))
        .clamped(.scalar(0, .float32), .scalar(Double(bins - 1), .float32)).unary(.floor).cast(.int32)
      let place = bin + Value.iota([samples, labels], axis: 1) * Double(bins)
      var weight = Value.scalar(1, .float64).broadcast(to: [samples, labels])
      if let given = input.weights {
        guard given.shape == [samples] else {
          let wrong = Tensor(
            .failed(GraphError(.shape, name, "expects one weight for each of \(samples) samples")))
          return [wrong, wrong]
        }
        weight = given.value.cast(.float64).broadcast(to: [samples, labels], axes: [0])
      }
      let truth = target.value.cast(.float64)
      let flat = Shape([samples * labels])
      let zeros = Value.scalar(0, .float64).broadcast(to: [labels * bins])
      return [truth, 1 - truth].map { part in
        let counted = (part * weight).reshaped(flat)
        return Tensor(
          zeros.scatter(place.reshaped(flat), counted, axis: 0, kind: .add).reshaped([labels, bins]))
      }
    } value: { totals in
      let scores = (0..<totals[0].count / max(1, bins)).map { label -> Double in
        let range = label * bins..<(label + 1) * bins
        let all = totals[0][range].reduce(0, +)
        guard all > 0 else { return .nan }
        var (hits, wrong, area) = (0.0, 0.0, 0.0)
        for bin in range.reversed() where totals[0][bin] + totals[1][bin] > 0 {
          hits += totals[0][bin]
          wrong += totals[1][bin]
          area += totals[0][bin] / all * hits / (hits + wrong)
        }
        return area
      }
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

  static func failure(_ input: MetricInput, metric: String) -> Value {
    if case .fails(let failed) = aligned(input, metric: metric) { return failed.value }
    return .failed(GraphError(.argument, metric, "at least one bin is expected"))
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
