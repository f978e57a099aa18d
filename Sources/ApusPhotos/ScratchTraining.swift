import ApusData
import ApusGraph
import ApusNN
import ApusTrain
import ApusVision

/// How a network learns small pictures from nothing in few epochs: Nesterov's momentum with one cycle of a high rate,
/// smoothed labels, small shifts and mirror images.
///
/// After Page, "How to train your ResNet" (2018), and Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU",
/// arXiv:2404.00498, on a network that two processors can train: `VisionArchitecture.resNet9`.
public struct ScratchTraining: Sendable, Codable, Equatable {
  /// How often all pictures are seen.
  public var epochs: Int
  /// Pictures in each step.
  public var batchSize: Int
  /// The highest rate of the cycle.
  public var learningRate: Double
  /// By what part of the rate parameters shrink in each step.
  public var weightDecay: Double
  /// The part of the probability that is spread evenly over all classes.
  public var labelSmoothing: Double
  /// How far pictures are shifted at most, as a part of their sides.
  public var shift: Double
  /// Whether a picture and its mirror image mean the same.
  public var mirrors: Bool

  /// The settings for a number of pictures: as many steps for few as a network needs.
  public init(pictureCount: Int, mirrors: Bool = true) {
    let count = max(1, pictureCount)
    batchSize = min(250, max(16, count / 100))
    epochs = min(60, max(12, 400_000 / count))
    // Larger batches are surer of their direction and can take longer steps.
    learningRate = 0.4 * Double(batchSize) / 250
    weightDecay = 4e-3
    labelSmoothing = 0.1
    shift = 1.0 / 16
    self.mirrors = mirrors
  }

  /// What training makes small.
  public var loss: Loss { .crossEntropy(labelSmoothing: labelSmoothing) }

  /// The optimizer for training on a number of pictures.
  public func optimizer(pictureCount: Int) -> Optimizer {
    let steps = epochs * max(1, (pictureCount + batchSize - 1) / max(1, batchSize))
    return .sgd(
      schedule: .oneCycle(peak: learningRate, steps: steps, initialDivisor: 10), momentum: 0.9,
      nesterov: true,
      weightDecay: weightDecay)
  }

  /// Random changes of pictures of a size, numbers in 0...1.
  public func augmentations(for size: ImageSize) -> [any Augmentation] {
    let share = shift > 0 ? min(shift, 1) : 0
    func pixels(_ side: Int) -> Int { Int((Double(side) * share).rounded()) }
    // What comes in from outside is a medium grey, which is nothing after normalisation.
    let shifts = RandomShift(vertical: pixels(size.height), horizontal: pixels(size.width), fill: 0.47)
    return mirrors ? [shifts, RandomHorizontalFlip()] : [shifts]
  }
}

extension VisionModel {
  /// Learns from nothing by `settings`.
  ///
  /// - Parameters:
  ///   - training: Pictures of numbers in 0...1 and their classes.
  ///   - validation: The same, not learned from.
  ///   - settings: How.
  ///   - classWeights: How much the samples of each class count in the loss.
  ///   - seed: What first weights, order and augmentation depend on.
  ///   - callbacks: Code that runs at given moments.
  ///   - checkpointing: Where the state is saved, for `resume`.
  ///   - resume: Whether a saved state is taken up.
  ///   - workers: Threads that make batches.
  ///   - progress: How to say where training is.
  /// - Returns: What was measured in each epoch.
  @discardableResult
  public func learnFromScratch(
    _ training: any Dataset, validation: (any Dataset)? = nil, settings: ScratchTraining,
    classWeights: [Double]? = nil, seed: UInt64 = 0, callbacks: [any Callback] = [],
    checkpointing: Checkpointing? = nil, resume: Resume = .never, workers: Int = 1,
    progress: ApusTrain.Progress = .automatic, isolation: isolated (any Actor)? = #isolation
  ) async throws -> History {
    let learner = pictureLearner(
      loss: settings.loss, optimizer: settings.optimizer(pictureCount: training.count), seed: seed)
    return try await learner.fit(
      training, validation: validation, epochs: settings.epochs, batchSize: settings.batchSize,
      augmentations: settings.augmentations(
        for: ImageSize(width: inputShape[1], height: inputShape[0])),
      classWeights: classWeights, callbacks: callbacks, checkpointing: checkpointing, resume: resume,
      workers: workers, progress: progress, isolation: isolation)
  }
}
