import ApusData

/// The settings of a `fit` beyond its data, epochs and batch size. Every setting has a default, so that only what
/// differs is written:
///
/// ```swift
/// try await learner.fit(
///   train, validation: validation, epochs: 20,
///   options: FitOptions(
///     augmentations: [RandomHorizontalFlip()], classWeights: [1, 5],
///     checkpointing: Checkpointing(directory: "runs/one"), resume: .automatic))
/// ```
public struct FitOptions: Sendable {
  /// Whether the training samples are shuffled anew in each epoch. True, as in Keras: samples that come sorted by
  /// class train badly.
  public var shuffle: Bool
  /// Random changes of training samples, applied in this order. None by default.
  public var augmentations: [any Augmentation]
  /// Random changes of training batches, such as `MixUp` and `CutMix`, which need the loss `.mixedCrossEntropy`.
  /// None by default.
  public var batchAugmentations: [any BatchAugmentation]
  /// Which samples an epoch consists of. Every one once by default.
  public var sampling: Sampling
  /// The sizes of training images over the epochs; nil, the default, leaves images as they are.
  public var resizing: ProgressiveResizing?
  /// The weight of each class in the loss, by label; nil, the default, weights all samples alike.
  public var classWeights: [Double]?
  /// Batches whose gradients are accumulated for one update, which equals that of a single batch as large as all of
  /// them (batch normalization still sees the small ones). 1 by default: each batch is an update.
  public var accumulating: Int
  /// Changes inside the compiled step. None by default.
  public var transforms: [any StepTransform]
  /// Where and how often the whole state of training is saved; nil, the default, saves none.
  public var checkpointing: Checkpointing?
  /// Whether training continues from a checkpoint. Never by default. A resumed run ends with the same weights, bit
  /// for bit, as if it had never stopped.
  public var resume: Resume
  /// Threads that prepare batches; 0 prepares each when it is needed. The result does not depend on it. 1 by
  /// default, which keeps up with most models.
  public var workers: Int
  /// Whether a loss that is not finite ends training with an error that names the first tensor concerned. True by
  /// default; otherwise training goes on with what such a loss makes of the weights.
  public var stopsOnNaN: Bool
  /// How progress is shown. By default a bar on a terminal and a line an epoch elsewhere.
  public var progress: Progress

  /// The default settings, but for what is given.
  /// - Parameters:
  ///   - shuffle: Whether the training samples are shuffled anew in each epoch.
  ///   - augmentations: Random changes of training samples, applied in this order.
  ///   - batchAugmentations: Random changes of training batches, applied after those of samples.
  ///   - sampling: Which samples an epoch consists of.
  ///   - resizing: The sizes of training images over the epochs; nil leaves them as they are.
  ///   - classWeights: The weight of each class in the loss, by label, at least 0; nil weights all samples alike.
  ///   - accumulating: Batches whose gradients are accumulated for one update, at least 1.
  ///   - transforms: Changes inside the compiled step.
  ///   - checkpointing: Where and how often the whole state of training is saved; nil saves none.
  ///   - resume: Whether training continues from a checkpoint.
  ///   - workers: Threads that prepare batches; 0 prepares each when it is needed.
  ///   - stopsOnNaN: Whether a loss that is not finite ends training.
  ///   - progress: How progress is shown.
  public init(
    shuffle: Bool = true, augmentations: [any Augmentation] = [],
    batchAugmentations: [any BatchAugmentation] = [], sampling: Sampling = .everySample,
    resizing: ProgressiveResizing? = nil, classWeights: [Double]? = nil, accumulating: Int = 1,
    transforms: [any StepTransform] = [], checkpointing: Checkpointing? = nil, resume: Resume = .never,
    workers: Int = 1, stopsOnNaN: Bool = true, progress: Progress = .automatic
  ) {
    self.shuffle = shuffle
    self.augmentations = augmentations
    self.batchAugmentations = batchAugmentations
    self.sampling = sampling
    self.resizing = resizing
    self.classWeights = classWeights
    self.accumulating = accumulating
    self.transforms = transforms
    self.checkpointing = checkpointing
    self.resume = resume
    self.workers = workers
    self.stopsOnNaN = stopsOnNaN
    self.progress = progress
  }

  /// The default settings without progress.
  public static let quiet = FitOptions(progress: .none)

  /// Refuses settings that make no sense with any data.
  func validate() throws {
    guard accumulating >= 1 else {
      throw TrainingError(
        .setting, "`accumulating` of at least 1 batch an update was expected, \(accumulating) came")
    }
    if let classWeights, !classWeights.allSatisfy({ $0.isFinite && $0 >= 0 }) {
      throw TrainingError(.setting, "class weights of at least 0 were expected, \(classWeights) came")
    }
  }

  /// The options that a data loader has settings of its own for, as far as they are set.
  var loaderSettings: [String] {
    let usual = FitOptions()
    return [
      (shuffle != usual.shuffle, "shuffle"), (!augmentations.isEmpty, "augmentations"),
      (!batchAugmentations.isEmpty, "batchAugmentations"), (sampling != usual.sampling, "sampling"),
      (resizing != usual.resizing, "resizing"), (workers != usual.workers, "workers"),
    ].filter(\.0).map(\.1)
  }
}
