import ApusGraph
import ApusTensor

/// What a metric sees of one batch.
public struct MetricInput: Sendable {
  /// The model's output as it is: logits where the loss takes logits.
  public let prediction: Tensor
  /// The targets as the loss gets them.
  public let target: Tensor
  /// One weight a sample, `[batch]`; all 1 when nil.
  public let weights: Tensor?
  /// The loss, which says what outputs and targets mean.
  public let loss: Loss?

  /// One batch.
  public init(prediction: Tensor, target: Tensor, weights: Tensor? = nil, loss: Loss? = nil) {
    self.prediction = prediction
    self.target = target
    self.weights = weights
    self.loss = loss
  }
}

/// A metric's outcome: a number, and for some a table beside it.
public struct MetricValue: Sendable, Hashable {
  /// The number that is shown; NaN when there is none.
  public let number: Double
  /// Rows of a table such as a confusion matrix; nil when the number says all.
  public let table: [[Double]]?

  /// An outcome.
  public init(_ number: Double, table: [[Double]]? = nil) {
    self.number = number
    self.table = table
  }
}

/// How good predictions are, over any number of batches.
///
/// A metric is totals that batches add to, and a number made of them once: `totals` is part of the graph,
/// `value` runs on the host when an epoch is over. Your own mean over samples is one line:
///
/// ```swift
/// let bias = Metric("bias") { prediction, target in prediction - target }
/// ```
public struct Metric: Sendable {
  /// The name in histories.
  public let name: String
  /// Whether larger numbers are better: what early stopping goes by.
  public let isBetterWhenLarger: Bool
  /// How many scores are kept until the epoch's end, of a metric that needs all at once; nil for one made of sums.
  let capacity: Int?
  private let totalsBody: @Sendable (MetricInput) -> [Value]
  private let valueBody: @Sendable ([[Double]]) -> MetricValue

  /// A metric made of totals.
  /// - Parameters:
  ///   - name: The name in histories.
  ///   - isBetterWhenLarger: Whether larger numbers are better.
  ///   - totals: What one batch adds. Each total keeps its shape from batch to batch; it is summed as `float64`.
  ///   - value: The outcome, from the elements of each total.
  public init(
    _ name: String, isBetterWhenLarger: Bool,
    totals: @escaping @Sendable (MetricInput) -> [Tensor],
    value: @escaping @Sendable ([[Double]]) -> MetricValue
  ) {
    self.init(name, isBetterWhenLarger: isBetterWhenLarger, capacity: nil, totals: totals, value: value)
  }

  /// A metric made of totals, or with a capacity of rows that are kept.
  init(
    _ name: String, isBetterWhenLarger: Bool, capacity: Int?,
    totals: @escaping @Sendable (MetricInput) -> [Tensor],
    value: @escaping @Sendable ([[Double]]) -> MetricValue
  ) {
    self.name = name
    self.isBetterWhenLarger = isBetterWhenLarger
    self.capacity = capacity
    totalsBody = { totals($0).map(\.value) }
    valueBody = value
  }

  /// A metric that is the mean of a number for each sample, or of one for each element.
  public init(
    _ name: String, isBetterWhenLarger: Bool = false,
    _ body: @escaping @Sendable (_ prediction: Tensor, _ target: Tensor) -> Tensor
  ) {
    self.init(mean: name, isBetterWhenLarger: isBetterWhenLarger) { input in
      TargetCheck.aligned(
        input.prediction, input.target, kind: input.loss?.targetKind ?? .values, loss: name
      ).map(body).value
    }
  }

  /// A weighted mean of the values that `body` gives, where `counted` says that they count.
  init(
    mean name: String, isBetterWhenLarger: Bool,
    finish: @escaping @Sendable (Double) -> Double = { $0 },
    counted: @escaping @Sendable (MetricInput) -> Value? = { _ in nil },
    _ body: @escaping @Sendable (MetricInput) -> Value
  ) {
    self.name = name
    self.isBetterWhenLarger = isBetterWhenLarger
    capacity = nil
    totalsBody = { input in
      let (sum, count) = Metric.weightedSum(
        body(input), weights: input.weights, counted: counted(input), name: name)
      return [sum, count]
    }
    valueBody = { totals in MetricValue(finish(totals[0][0] / totals[1][0])) }
  }

  /// What a batch adds to the totals, as `float64`; rows that are kept stay what they are.
  func totals(_ input: MetricInput) -> [Value] {
    totalsBody(input).map { $0.failure == nil && capacity == nil ? $0.cast(.float64) : $0 }
  }

  /// The outcome from the elements of each total.
  public func value(_ totals: [[Double]]) -> MetricValue { valueBody(totals) }

  /// Σ weight · value and Σ weight, as `float64`: `float32` would not count on beyond 2^24.
  ///
  /// - Parameters:
  ///   - values: Numbers of a batch, its samples along the first axis.
  ///   - weights: One weight a sample; all 1 when nil.
  ///   - counted: Where values count, of their shape but for axes of size 1; everywhere when nil.
  ///   - name: The metric's name, for errors.
  /// - Returns: Two `float64` scalars.
  static func weightedSum(
    _ values: Value, weights: Tensor?, counted: Value? = nil, name: String
  ) -> (sum: Value, count: Value) {
    if values.failure != nil { return (values, values) }
    var real = values.cast(.float64)
    var weight: Value?
    if let weights {
      guard real.rank >= 1, weights.shape == [real.shape[0]] else {
        let error = GraphError(
          .shape, name, "expects one weight a sample for values of \(real.shape), got \(weights.shape)")
        return (.failed(error), .failed(error))
      }
      weight = weights.value.cast(.float64).broadcast(to: real.shape, axes: [0])
    }
    if let counted {
      let mask = counted.reshaped(real.shape)
      real = mask.select(real, real.splat(0))
      weight = mask.select(weight ?? real.filled(1), real.splat(0))
    }
    guard let weight else { return (real.sum(), .scalar(Double(real.shape.elementCount), .float64)) }
    return ((real * weight).sum(), weight.sum())
  }
}
