import ApusData
import ApusGraph
import ApusNN
import ApusStudy
import ApusTasks
import ApusTensor
import ApusTrain

/// How all layers of a pretrained network are fine-tuned: AdamW with one cycle of the learning rate, lower rates for earlier
/// groups of layers, and gradual unfreezing. Howard and Ruder, arXiv:1801.06146.
public struct FineTuning: Sendable, Codable, Equatable {
  /// Passes over the training set.
  public var epochs: Int
  /// Images in each step.
  public var batchSize: Int
  /// The highest learning rate of the cycle, for the head.
  public var learningRate: Double
  /// What the rate is multiplied with from each group of layers to the one below.
  public var rateFactor: Double
  /// Epochs after which one more group of layers is unfrozen; 0 trains all from the start.
  public var epochsPerGroup: Int
  /// Whether the running statistics of batch normalization stay as they are.
  public var keepsStatistics: Bool
  /// Weight decay of kernels (AdamW).
  public var weightDecay: Double
  /// Epochs without a better validation loss after which training stops.
  public var patience: Int

  /// Settings that did well with a few thousand images.
  public init(
    epochs: Int = 5, batchSize: Int = 32, learningRate: Double = 5e-4, rateFactor: Double = 0.5,
    epochsPerGroup: Int = 1, keepsStatistics: Bool = true, weightDecay: Double = 0.01, patience: Int = 3
  ) {
    self.epochs = epochs
    self.batchSize = batchSize
    self.learningRate = learningRate
    self.rateFactor = rateFactor
    self.epochsPerGroup = epochsPerGroup
    self.keepsStatistics = keepsStatistics
    self.weightDecay = weightDecay
    self.patience = patience
  }

  /// An optimizer whose rate falls from group to group, from the head down to the input.
  /// - Parameters:
  ///   - groups: The network's groups, from the input to the head.
  ///   - stepCount: Number of steps of the cycle.
  /// - Returns: The optimizer.
  public func optimizer(_ groups: [LayerGroup], stepCount: Int) -> Optimizer {
    var factors: [String: Double] = [:]
    var factor = 1.0
    for group in groups.reversed() {
      for layer in group.layers { factors[layer] = factor }
      factor *= rateFactor
    }
    return Optimizer(
      .adam(), schedule: .oneCycle(peak: learningRate, steps: max(1, stepCount)),
      options: OptimizerOptions(
        weightDecay: weightDecay, decays: OptimizerOptions.kernelsOnly, clipping: .globalNorm(5),
        rateFactors: { [factors] path in
          // The path without the parameter's own name is the layer's.
          let layer = path.lastIndex(of: ".").map { String(path[..<$0]) } ?? path
          return factors[layer] ?? factors.first { layer.hasPrefix($0.key + ".") }?.value ?? 1
        }))
  }
}

extension FineTuning {
  /// Other rates and batches, of those that nobody fixed.
  func suggested(by trial: Trial, fixed options: Options) throws -> FineTuning {
    var result = self
    result.learningRate = try trial.float("learning-rate", in: 1e-4...1e-2, scale: .log)
    result.weightDecay = try trial.float("weight-decay", in: 1e-3...0.3, scale: .log)
    result.batchSize = 1 << (try trial.int("log2-batch-size", in: 3...6))
    if options.text("epochs") == nil {
      result.epochs = try trial.int("epochs", in: max(1, epochs / 2)...epochs * 2, scale: .log)
    }
    return result
  }
}
