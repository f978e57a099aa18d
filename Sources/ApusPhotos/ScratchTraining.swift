import ApusData
import ApusGraph
import ApusNN
import ApusTrain
import ApusVision

/// How a network learns pictures from nothing: Nesterov's momentum with one cycle of a high rate, smoothed labels, and
/// random changes of the pictures, of which photos get more than small pictures.
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
  public var labelSmoothing = 0.1
  /// How far pictures are shifted at most, as a part of their sides; where `smallestArea` is 1.
  public var shift = 1.0 / 16
  /// The smallest share of a picture's area that is looked at; 1 looks at all of each.
  public var smallestArea = 1.0
  /// How far brightness, contrast and saturation change at most.
  public var colourChange = 0.0
  /// How likely the pictures of a batch are mixed with one another, by MixUp or CutMix.
  public var mixing = 0.0
  /// The part of the sides that pictures have in the first third of the epochs. They grow in the second, and have their
  /// full size in the last: `ProgressiveResizing`.
  public var firstSide = 1.0
  /// Whether a picture and its mirror image mean the same.
  public var mirrors: Bool

  /// The settings for a number of small pictures, framed alike: as many steps for few as a network needs.
  public init(pictureCount: Int, mirrors: Bool = true) {
    let count = max(1, pictureCount)
    batchSize = min(250, max(16, count / 100))
    epochs = min(60, max(12, 400_000 / count))
    // Larger batches are surer of their direction and can take longer steps.
    learningRate = 0.4 * Double(batchSize) / 250
    weightDecay = 4e-3
    self.mirrors = mirrors
  }

  /// The settings for a number of photos, whose things are in different places and sizes: many epochs, and never the
  /// same picture twice.
  public init(photoCount: Int, mirrors: Bool = true) {
    let count = max(1, photoCount)
    batchSize = 32
    epochs = min(100, max(12, 96_000 / count))
    learningRate = 0.05
    weightDecay = 4e-3
    smallestArea = 0.35
    colourChange = 0.2
    mixing = 0.5
    firstSide = 0.625
    self.mirrors = mirrors
  }

  /// What training makes small.
  public var loss: Loss {
    mixing > 0
      ? .mixedCrossEntropy(labelSmoothing: labelSmoothing) : .crossEntropy(labelSmoothing: labelSmoothing)
  }

  /// The optimizer for training on a number of pictures.
  public func optimizer(pictureCount: Int) -> Optimizer {
    let steps = epochs * max(1, DataLoader.batchCount(samples: pictureCount, batchSize: batchSize))
    return .sgd(
      schedule: .oneCycle(peak: learningRate, steps: steps, initialDivisor: 10), momentum: 0.9,
      nesterov: true,
      weightDecay: weightDecay)
  }

  /// Random changes of pictures of a size, numbers in 0...1.
  /// - Throws: `DataError` for a `smallestArea` that is no share.
  public func augmentations(for size: ImageSize) throws -> [any Augmentation] {
    var changes: [any Augmentation] = []
    if smallestArea < 1 {
      changes.append(try RandomResizedCrop(size, area: smallestArea...1))
    } else {
      let share = shift > 0 ? min(shift, 1) : 0
      func pixels(_ side: Int) -> Int { Int((Double(side) * share).rounded()) }
      // What comes in from outside is a medium grey, which is nothing after normalisation.
      changes.append(RandomShift(vertical: pixels(size.height), horizontal: pixels(size.width), fill: 0.47))
    }
    if mirrors { changes.append(RandomHorizontalFlip()) }
    if colourChange > 0 {
      let amount = Float(colourChange)
      changes.append(ColorJitter(brightness: amount, contrast: amount, saturation: amount))
    }
    return changes
  }

  /// Random changes of batches.
  /// - Throws: `DataError` for a `mixing` that is no probability.
  public func batchAugmentations() throws -> [any BatchAugmentation] {
    guard mixing > 0 else { return [] }
    return [RandomChoice([try MixUp(alpha: 0.4, probability: mixing), try CutMix(probability: mixing)])]
  }

  /// The sizes of pictures over the epochs; nil where they stay as they are.
  /// - Throws: `DataError` for settings that make no sense.
  public func resizing(to size: ImageSize) throws -> ProgressiveResizing? {
    guard firstSide < 1, epochs > 1 else { return nil }
    // Pooling thrice leaves nothing of fewer pixels.
    func first(_ side: Int) -> Int { min(side, max(8, Int(Double(side) * max(0, firstSide)))) }
    return try ProgressiveResizing(
      from: ImageSize(width: first(size.width), height: first(size.height)), to: size, epochs: epochs)
  }
}

extension VisionModel {
  /// Learns from nothing by `settings`.
  ///
  /// - Parameters:
  ///   - training: Pictures of numbers in 0...1 and their classes.
  ///   - validation: The same, not learned from.
  ///   - settings: How.
  ///   - sampling: Which samples an epoch consists of.
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
    sampling: Sampling = .everySample, classWeights: [Double]? = nil, seed: UInt64 = 0,
    callbacks: [any Callback] = [],
    checkpointing: Checkpointing? = nil, resume: Resume = .never, workers: Int = 1,
    progress: ApusTrain.Progress = .automatic, isolation: isolated (any Actor)? = #isolation
  ) async throws -> History {
    let learner = pictureLearner(
      loss: settings.loss, optimizer: settings.optimizer(pictureCount: training.count), seed: seed)
    let size = ImageSize(width: inputShape[1], height: inputShape[0])
    return try await learner.fit(
      training, validation: validation, epochs: settings.epochs, batchSize: settings.batchSize,
      callbacks: callbacks,
      options: FitOptions(
        augmentations: settings.augmentations(for: size), batchAugmentations: settings.batchAugmentations(),
        sampling: sampling, resizing: settings.resizing(to: size), classWeights: classWeights,
        checkpointing: checkpointing, resume: resume, workers: workers, progress: progress),
      isolation: isolation)
  }
}
