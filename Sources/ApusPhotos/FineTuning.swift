import ApusData
import ApusGraph
import ApusNN
import ApusTensor
import ApusTrain
import ApusVision

/// How all of a network that has learned something else goes on to learn.
public struct FineTuning: Sendable, Codable, Equatable {
  /// How often all photos are seen.
  public var epochs: Int
  /// Photos in each step.
  public var batchSize: Int
  /// The highest learning rate of one cycle, for the classifier.
  public var learningRate: Double
  /// What the rate is multiplied with from each group of layers to the one below.
  public var rateFactor: Double
  /// Epochs after which one group of layers more learns; 0 lets all learn from the start.
  public var epochsPerGroup: Int
  /// Whether the running statistics of batch normalisation stay as they are.
  public var keepsStatistics: Bool
  /// How strongly kernels are held small (AdamW).
  public var weightDecay: Double
  /// Epochs without a better validation loss after which it ends.
  public var patience: Int

  /// Settings that did well with a few thousand photos.
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

  /// An optimizer whose rate falls from group to group, from the classifier down to the picture.
  /// - Parameters:
  ///   - groups: The network's groups, from the picture to the classifier.
  ///   - stepCount: Number of steps of the cycle.
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

extension VisionModel {
  /// A learner of pictures of numbers in 0...1: what the network wants done to them first is done.
  public func pictureLearner(
    loss: Loss = .crossEntropy, optimizer: Optimizer = .adam(), metrics: [Metric] = [.accuracy],
    seed: UInt64 = 0
  ) -> Learner {
    Learner(self, loss: loss, optimizer: optimizer, metrics: metrics, seed: seed) { inputs in
      self(PhotoClassifier.prepared(inputs[0], for: self))
    }
  }

  /// Goes on with learning in all layers, slowly and from the end to the beginning, so that what the network knows is
  /// changed and not lost. The weights of the epoch with the least validation loss stay.
  ///
  /// - Parameters:
  ///   - training: Pictures of numbers in 0...1 and their classes.
  ///   - validation: The same, not learned from.
  ///   - settings: How.
  ///   - augmentations: Random changes of training pictures.
  ///   - loss: What training makes small.
  ///   - sampling: Which samples an epoch consists of.
  ///   - metrics: What is measured beside it.
  ///   - classWeights: How much the samples of each class count in the loss.
  ///   - seed: What order, augmentation and dropout depend on.
  ///   - callbacks: Code that runs at given moments.
  ///   - checkpointing: Where the state is saved, for `resume`.
  ///   - resume: Whether a saved state is taken up.
  ///   - workers: Threads that make batches.
  ///   - progress: How to say where training is.
  /// - Returns: What was measured in each epoch.
  @discardableResult
  public func fineTune(
    _ training: any Dataset, validation: any Dataset, settings: FineTuning = FineTuning(),
    augmentations: [any Augmentation] = [], loss: Loss = .crossEntropy,
    metrics: [Metric] = [.accuracy], sampling: Sampling = .everySample, classWeights: [Double]? = nil,
    seed: UInt64 = 0, callbacks: [any Callback] = [], checkpointing: Checkpointing? = nil,
    resume: Resume = .never, workers: Int = 1, progress: ApusTrain.Progress = .automatic,
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> History {
    let unfreezing = try GradualUnfreezing(
      self, epochsPerGroup: settings.epochsPerGroup, keepsStatistics: settings.keepsStatistics)
    let stepCount =
      settings.epochs * DataLoader.batchCount(samples: training.count, batchSize: settings.batchSize)
    let learner = pictureLearner(
      loss: loss, optimizer: settings.optimizer(unfreezing.groups, stepCount: stepCount), metrics: metrics,
      seed: seed)
    return try await learner.fit(
      training, validation: validation, epochs: settings.epochs, batchSize: settings.batchSize,
      callbacks: [unfreezing, EarlyStopping(patience: settings.patience)] + callbacks,
      options: FitOptions(
        augmentations: augmentations, sampling: sampling, classWeights: classWeights,
        checkpointing: checkpointing, resume: resume, workers: workers, progress: progress),
      isolation: isolation)
  }
}
