import ApusGraph
import ApusTensor

/// An exponential moving average of the weights, which is often better than the last of them: Polyak and Juditsky, 1992.
/// Keras's `use_ema`.
public struct WeightAveraging: Sendable, Hashable {
  /// What remains of the average in each update, from 0 up to 1: average · momentum + weights · (1 − momentum). The
  /// first update's weights are the first average.
  public var momentum: Double
  /// After how many updates the weights become their average, again and again; never when nil.
  public var overwriteInterval: Int?

  /// Keras's momentum. Larger ones, such as 0.999, suit long training.
  public init(momentum: Double = 0.99, overwriteInterval: Int? = nil) {
    self.momentum = momentum
    self.overwriteInterval = overwriteInterval
  }

  func check(_ rule: UpdateRule) throws(GraphError) {
    guard momentum >= 0, momentum <= 1, overwriteInterval ?? 1 >= 1 else {
      throw GraphError(
        .argument, rule.name,
        "weights were to be averaged with momentum \(momentum), every \(overwriteInterval ?? 1) updates",
        advice: "the momentum is from 0 to 1, the number of updates from 1 up")
    }
  }

  /// The next average, and what becomes of the weights.
  /// - Parameters:
  ///   - average: The average so far.
  ///   - weights: The weights after the update.
  ///   - step: Which update this is, from 1: a `float64` scalar.
  /// - Returns: The next average, and the weights, which are their average where that is due.
  func update(_ average: Value, _ weights: Value, step: Value) -> (average: Value, weights: Value) {
    let kept = step.compare(.equal, step.splat(1)).select(step.splat(0), step.splat(momentum))
      .cast(weights.dtype)
    let next = average * kept + weights * (1 - kept)
    guard let overwriteInterval else { return (next, weights) }
    let interval = Double(overwriteInterval)
    let isDue = step.compare(.equal, (step / interval).unary(.floor) * interval)
    return (next, isDue.broadcast(to: weights.shape).select(next, weights))
  }
}

extension Optimizer {
  /// An optimizer of the same rule and settings that keeps a moving average of the weights beside them. The callback
  /// `AveragedWeights` makes use of it in `fit`.
  ///
  /// ```swift
  /// let optimizer = Optimizer.adam().averagingWeights(momentum: 0.99)
  /// ```
  ///
  /// Only weights are averaged, not the states of layers such as batch normalization's means.
  /// - Parameters:
  ///   - momentum: What remains of the average in each update. Keras's default.
  ///   - interval: After how many updates the weights become their average; never when nil.
  /// - Returns: A new optimizer, which has no model yet.
  public func averagingWeights(momentum: Double = 0.99, overwritingEvery interval: Int? = nil) -> Optimizer {
    var options = options
    options.averaging = WeightAveraging(momentum: momentum, overwriteInterval: interval)
    if let schedule { return Optimizer(rule, schedule: schedule, options: options) }
    return Optimizer(rule, learningRate: learningRate, options: options)
  }

  /// Gives the weights the values of their averages. Does nothing before the first update.
  /// - Throws: `GraphError` when the optimizer keeps no averages.
  public func takeAverages() throws {
    try assignAverages { weights, average in weights.assign(average.tensor) }
  }

  /// Exchanges the weights with their averages, so that a second call puts them back: for measuring in between.
  /// - Throws: `GraphError` when the optimizer keeps no averages.
  public func exchangeAverages() throws {
    try assignAverages { weights, average in
      let (weight, mean) = (weights.tensor, average.tensor)
      weights.assign(mean)
      average.assign(weight)
    }
  }

  private func assignAverages(_ assign: (_ weights: Variable, _ average: Variable) -> Void) throws {
    guard options.averaging != nil else {
      throw GraphError(
        .argument, rule.name, "there are no averages of the weights",
        advice: "make the optimizer with averagingWeights()")
    }
    let blocks = state.withLock { $0.blocks }
    for block in blocks { if let average = block.average { assign(block.storage.block, average) } }
    try evaluate(blocks.flatMap { [$0.storage.block.tensor] + ($0.average.map { [$0.tensor] } ?? []) })
  }
}
