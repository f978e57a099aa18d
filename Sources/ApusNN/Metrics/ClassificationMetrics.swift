import ApusGraph
import ApusTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Predictions and targets as classes, as the loss defines them.
enum ClassView {
  /// Predicted and true class indices of the same shape; scores `[…, classes]`.
  case classes(scores: Value, labels: Value)
  /// Whether yes was predicted and whether it is true, element by element, and the score and its threshold.
  case binary(score: Value, threshold: Double, truth: Value)
  /// Why the metric makes no sense here.
  case failed(Value)

  init(_ input: MetricInput, metric: String) {
    let prediction = input.prediction, target = input.target
    var kind = input.loss?.targetKind.resolved(for: target.dtype)
    if kind == nil || kind == .values {
      // Without a loss that tells, shapes and types do.
      if target.dtype.isInteger, prediction.rank == target.rank + 1,
        prediction.shape[prediction.rank - 1] > 1
      {
        kind = .indices
      } else if input.loss == nil {
        let columns = prediction.shape.dimensions.last ?? 1
        kind = prediction.rank >= 2 && columns > 1 ? .distribution : .binary
      }
    }
    guard let kind, kind != .values else {
      self = .failed(
        .failed(
          GraphError(
            .argument, metric, "needs classes, but the loss is for values",
            advice: "use .meanAbsoluteError or .r2 for regression")))
      return
    }
    switch TargetCheck.aligned(prediction, target, kind: kind, loss: metric) {
    case .fails(let failed): self = .failed(failed.value)
    case .fits(let prediction, let target):
      let x = prediction.value, y = target.value
      switch kind {
      case .indices:
        var labels = y.cast(.int32)
        if let ignored = input.loss?.ignoredLabel {
          // No class is −1: such places hit nothing, and count for no class.
          labels = labels.compare(.equal, labels.splat(Double(ignored))).select(labels.splat(-1), labels)
        }
        self = .classes(scores: x, labels: labels)
      case .distribution: self = .classes(scores: x, labels: y.argmax(axis: y.rank - 1))
      case .sign: self = .binary(score: x, threshold: 0, truth: y.compare(.greater, y.splat(0)))
      default:
        // Logits are divided at 0, probabilities at one half.
        let threshold = input.loss?.activation == .sigmoid ? 0 : 0.5
        self = .binary(score: x, threshold: threshold, truth: y.compare(.greater, y.splat(0.5)))
      }
    }
  }

  /// Where prediction and truth agree.
  var hits: Value {
    switch self {
    case .failed(let failed): failed
    case .classes(let scores, let labels):
      scores.argmax(axis: scores.rank - 1).compare(.equal, labels)
    case .binary(let score, let threshold, let truth):
      score.compare(.greater, score.splat(threshold)).compare(.equal, truth)
    }
  }

  /// Where the truth is known, if the loss has a label for where it is not.
  static func isKnown(_ input: MetricInput) -> Value? {
    guard let ignored = input.loss?.ignoredLabel, input.target.failure == nil else { return nil }
    let labels = input.target.value
    return labels.compare(.notEqual, labels.splat(Double(ignored)))
  }

  /// Counts of true class (row) and predicted class (column); two classes, no and yes, when binary.
  func confusion(weights: Tensor?) -> Value {
    let truth: Value, guess: Value
    let classes: Int
    let shape: Shape
    switch self {
    case .failed(let failed): return failed
    case .classes(let scores, let labels):
      classes = scores.shape[scores.rank - 1]
      (truth, guess) = (labels, scores.argmax(axis: scores.rank - 1))
      shape = labels.shape
    case .binary(let score, let threshold, let isTrue):
      classes = 2
      (truth, guess) = (isTrue.cast(.int32), score.compare(.greater, score.splat(threshold)).cast(.int32))
      shape = score.shape
    }
    let flat = Shape([shape.elementCount])
    let (row, column) = (truth.reshaped(flat), guess.reshaped(flat))
    let cells = classes * classes
    // What is no class, as a label that is ignored, is counted behind the cells and cut off.
    let isClass = row.compare(.greaterOrEqual, row.splat(0))
      .binary(.and, row.compare(.less, row.splat(Double(classes))))
    let place = isClass.select(row * Double(classes) + column, row.splat(Double(cells)))
    var counted = Value.scalar(1, .int32).broadcast(to: flat)
    if let weights {
      guard shape.rank >= 1, weights.shape == [shape[0]] else {
        return .failed(
          GraphError(.shape, "confusionMatrix", "expects \(shape) weights a sample, got \(weights.shape)"))
      }
      counted = weights.value.cast(.float64).broadcast(to: shape, axes: [0]).reshaped(flat)
    }
    return Value.scalar(0, counted.dtype).broadcast(to: [cells + 1])
      .scatter(place, counted, axis: 0, kind: .add)
      .slice(axis: 0, 0..<cells).reshaped([classes, classes])
  }
}

extension Metric {
  /// The part of samples whose class is right. Fits itself to the loss: class indices, one-hot rows, or
  /// 0 and 1 with logits divided at 0.
  public static let accuracy = Metric(mean: "accuracy", isBetterWhenLarger: true, counted: ClassView.isKnown)
  {
    input in
    ClassView(input, metric: "accuracy").hits
  }

  /// The part of outputs on the right side of a threshold.
  /// - Parameter threshold: On the probability, also where the loss takes logits; in 0…1.
  /// - Returns: A metric in 0…1.
  public static func binaryAccuracy(threshold: Double) -> Metric {
    Metric(mean: "binaryAccuracy", isBetterWhenLarger: true) { input in
      guard 0...1 ~= threshold else {
        return .failed(GraphError(.argument, "binaryAccuracy", "threshold \(threshold) must be in 0…1"))
      }
      switch TargetCheck.aligned(input.prediction, input.target, kind: .binary, loss: "binaryAccuracy") {
      case .fails(let failed): return failed.value
      case .fits(let prediction, let target):
        let isLogit = input.loss?.activation == .sigmoid
        // Thresholds of 0 and 1 are infinite logits, which every type of numbers has.
        let limit = isLogit ? log(threshold / (1 - threshold)) : threshold
        let x = prediction.value, y = target.value
        return x.compare(.greater, x.splat(limit)).compare(.equal, y.compare(.greater, y.splat(0.5)))
      }
    }
  }

  /// The part of outputs on the right side of the usual threshold.
  public static let binaryAccuracy = binaryAccuracy(threshold: 0.5)

  /// The part of samples whose class is among the `k` with the highest scores.
  public static func topK(_ k: Int) -> Metric {
    Metric(mean: "top\(k)Accuracy", isBetterWhenLarger: true, counted: ClassView.isKnown) { input in
      guard k >= 1 else { return .failed(GraphError(.argument, "topK", "k \(k) must be at least 1")) }
      switch ClassView(input, metric: "top\(k)Accuracy") {
      case .failed(let failed): return failed
      case .binary:
        return .failed(GraphError(.argument, "top\(k)Accuracy", "needs scores of several classes"))
      case .classes(let scores, let labels):
        // A class is among the k best when fewer than k scores are above its own.
        let axis = scores.rank - 1
        let own = scores.gatherAlong(labels.expanded(axis: axis), axis: axis, mode: .clamped)
        let above = scores.compare(.greater, own.broadcast(to: scores.shape)).cast(.int32)
        let rank = above.sum(axes: [axis])
        return rank.compare(.less, rank.splat(Double(k)))
      }
    }
  }

  /// Counts of true class (row) and predicted class (column). The number is the accuracy.
  public static let confusionMatrix = fromConfusion("confusionMatrix") { matrix in
    let total = matrix.joined().reduce(0, +)
    let right = matrix.indices.reduce(0) { $0 + matrix[$1][$1] }
    return MetricValue(right / total, table: matrix)
  }

  /// How classes are averaged.
  public enum Average: String, Sendable {
    /// All classes count the same.
    case macro
    /// All samples count the same.
    case micro
    /// Classes count by their number of samples.
    case weighted
  }

  /// Of what was predicted as a class, the part that is one: TP / (TP + FP). For 0 and 1 the class is 1; a
  /// class never predicted counts as 0.
  public static let precision = precision(average: .macro)
  /// Precision, averaged over classes.
  public static func precision(average: Average) -> Metric {
    perClass("precision", average) { hits, predicted, _ in ratio(hits, predicted) }
  }

  /// Of the samples of a class, the part predicted as such: TP / (TP + FN). For 0 and 1 the class is 1.
  public static let recall = recall(average: .macro)
  /// Recall, averaged over classes.
  public static func recall(average: Average) -> Metric {
    perClass("recall", average) { hits, _, actual in ratio(hits, actual) }
  }

  /// The harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN). For 0 and 1 the class is 1.
  public static let f1 = f1(average: .macro)
  /// F1, averaged over classes.
  public static func f1(average: Average) -> Metric {
    perClass("f1", average) { hits, predicted, actual in ratio(2 * hits, predicted + actual) }
  }

  private static func ratio(_ part: Double, _ whole: Double) -> Double { whole == 0 ? 0 : part / whole }

  private static func perClass(
    _ name: String, _ average: Average,
    _ score: @escaping @Sendable (_ hits: Double, _ predicted: Double, _ actual: Double) -> Double
  ) -> Metric {
    fromConfusion(name) { matrix in
      let classes = matrix.indices
      let hits = classes.map { matrix[$0][$0] }
      let actual = classes.map { matrix[$0].reduce(0, +) }
      let predicted = classes.map { column in matrix.reduce(0) { $0 + $1[column] } }
      if classes.count == 2, average == .macro { return MetricValue(score(hits[1], predicted[1], actual[1])) }
      if average == .micro {
        return MetricValue(
          score(hits.reduce(0, +), predicted.reduce(0, +), actual.reduce(0, +)))
      }
      let scores = classes.map { score(hits[$0], predicted[$0], actual[$0]) }
      if average == .macro { return MetricValue(scores.reduce(0, +) / Double(max(1, scores.count))) }
      let weighted = zip(scores, actual).reduce(0) { $0 + $1.0 * $1.1 }
      return MetricValue(ratio(weighted, actual.reduce(0, +)))
    }
  }

  /// A metric of the counts of true class (row) and predicted class (column).
  /// - Parameters:
  ///   - name: The name in histories.
  ///   - check: What is wrong with the metric's arguments for a number of classes; nil when nothing is.
  ///   - value: The outcome from the counts.
  /// - Returns: A metric, better when larger.
  static func fromConfusion(
    _ name: String, check: @escaping @Sendable (_ classes: Int) -> String? = { _ in nil },
    _ value: @escaping @Sendable ([[Double]]) -> MetricValue
  ) -> Metric {
    Metric(name, isBetterWhenLarger: true) { input in
      let matrix = ClassView(input, metric: name).confusion(weights: input.weights)
      if matrix.failure == nil, let problem = check(matrix.shape[0]) {
        return [Tensor(.failed(GraphError(.argument, name, problem)))]
      }
      return [Tensor(matrix)]
    } value: { totals in
      let classes = Int(Double(totals[0].count).squareRoot())
      return value((0..<classes).map { Array(totals[0][($0 * classes)..<(($0 + 1) * classes)]) })
    }
  }
}
