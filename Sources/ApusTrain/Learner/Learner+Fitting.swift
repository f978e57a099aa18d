import ApusData
import ApusNN

extension Learner {
  /// Trains the model.
  ///
  /// Before the first step the whole step is traced, so that shapes that do not fit are found at once and
  /// named. The data's order differs in each epoch and depends on the learner's seed alone. A second `fit`
  /// goes on where the first ended.
  ///
  /// Cancelling the task ends training after the batch at hand: a checkpoint is written if there is
  /// `checkpointing`, callbacks see `afterFit` (early stopping puts the best weights back), `history` keeps
  /// what was measured, and `CancellationError` is thrown.
  ///
  /// - Parameters:
  ///   - training: The samples to learn from.
  ///   - validation: Samples to measure loss and metrics on after each epoch; never learned from.
  ///   - epochs: How often all samples are seen. A resumed run ends with the same last epoch.
  ///   - batchSize: Samples an update; the last batch of an epoch may be smaller.
  ///   - shuffle: Whether each epoch has an order of its own.
  ///   - augmentations: Random changes of training samples.
  ///   - batchAugmentations: Random changes of training batches, such as `MixUp` and `CutMix`; the loss is then
  ///     `.mixedCrossEntropy`.
  ///   - sampling: Which samples an epoch consists of: every one, or each class equally often.
  ///   - resizing: The sizes of training pictures over the epochs.
  ///   - classWeights: How much the samples of each class count in the loss, in the order of the labels.
  ///   - accumulating: Batches whose gradients make one update, equal to that of one batch as large as all
  ///     of them (batch normalisation still sees the small ones).
  ///   - callbacks: Code that runs at given moments, in this order.
  ///   - transforms: Changes inside the step.
  ///   - checkpointing: Where and how often the state is saved, for `resume`.
  ///   - resume: Whether a saved state is taken up. The run then ends with the same weights, bit for bit,
  ///     as if it had never stopped.
  ///   - workers: Threads that make batches; the result does not depend on it.
  ///   - stopsOnNaN: Whether a loss that is not finite ends training with an error that names the first
  ///     tensor in which that shows.
  ///   - progress: How to say where training is.
  /// - Returns: What was measured in each epoch.
  /// - Throws: `TrainingError`, `DataError`, `GraphError` for data, settings or shapes that do not fit;
  ///   `CancellationError`; whatever a callback throws.
  @discardableResult
  public func fit(
    _ training: any Dataset, validation: (any Dataset)? = nil, epochs: Int = 1, batchSize: Int = 32,
    shuffle: Bool = true, augmentations: [any Augmentation] = [],
    batchAugmentations: [any BatchAugmentation] = [], sampling: Sampling = .everySample,
    resizing: ProgressiveResizing? = nil, classWeights: [Double]? = nil,
    accumulating: Int = 1, callbacks: [any Callback] = [], transforms: [any StepTransform] = [],
    checkpointing: Checkpointing? = nil, resume: Resume = .never, workers: Int = 1, stopsOnNaN: Bool = true,
    progress: Progress = .automatic, isolation: isolated (any Actor)? = #isolation
  ) async throws -> History {
    let loader = try DataLoader(
      training, batchSize: batchSize, shuffled: shuffle, seed: seed, augmentations: augmentations,
      batchAugmentations: batchAugmentations, sampling: sampling, resizing: resizing, workers: workers)
    return try await fit(
      loader, validation: validation, epochs: epochs, classWeights: classWeights, accumulating: accumulating,
      callbacks: callbacks, transforms: transforms, checkpointing: checkpointing, resume: resume,
      stopsOnNaN: stopsOnNaN, progress: progress, isolation: isolation)
  }

  /// Trains the model on the batches of a loader of your own. See the other `fit` for the rest.
  @discardableResult
  public func fit(
    _ training: DataLoader, validation: (any Dataset)? = nil, epochs: Int = 1, classWeights: [Double]? = nil,
    accumulating: Int = 1, callbacks: [any Callback] = [], transforms: [any StepTransform] = [],
    checkpointing: Checkpointing? = nil, resume: Resume = .never, stopsOnNaN: Bool = true,
    progress: Progress = .automatic, isolation: isolated (any Actor)? = #isolation
  ) async throws -> History {
    guard epochs >= 0, accumulating >= 1 else {
      throw TrainingError(
        .setting,
        "no negative number of epochs and at least 1 batch an update were expected, \(epochs) and \(accumulating) came"
      )
    }
    if let classWeights, !classWeights.allSatisfy({ $0.isFinite && $0 >= 0 }) {
      throw TrainingError(.setting, "class weights of at least 0 were expected, \(classWeights) came")
    }
    try claim()
    defer { release() }
    var all = callbacks
    if case .none = progress {} else { all.append(ProgressReporter(progress)) }
    let loop = try FitLoop(
      self, training: training,
      validation: validation.map {
        try DataLoader($0, batchSize: training.batchSize, workers: training.workerCount)
      },
      options: FitOptions(
        epochCount: epochs, classWeights: classWeights, accumulatedBatches: accumulating,
        transforms: transforms, checkpointing: checkpointing, resume: resume, stopsOnNaN: stopsOnNaN),
      callbacks: all)
    return try await loop.run(isolation: isolation)
  }
}

/// The settings of one fit.
struct FitOptions {
  var epochCount: Int
  var classWeights: [Double]?
  var accumulatedBatches: Int
  var transforms: [any StepTransform]
  var checkpointing: Checkpointing?
  var resume: Resume
  var stopsOnNaN: Bool
}
