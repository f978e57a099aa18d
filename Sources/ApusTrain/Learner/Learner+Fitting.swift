import ApusData
import ApusNN

extension Learner {
  /// Trains the model.
  ///
  /// Before the first step the whole step is traced, so that shapes that do not fit are found at once and
  /// named. The order of the samples differs in each epoch and depends on the learner's seed alone. A second `fit`
  /// continues where the first ended.
  ///
  /// Cancelling the task ends training after the current batch: a checkpoint is written if there is
  /// `checkpointing`, callbacks see `afterFit` (early stopping restores the best weights), `history` keeps
  /// what was measured, and `CancellationError` is thrown.
  ///
  /// - Parameters:
  ///   - training: The training samples.
  ///   - validation: Samples to measure loss and metrics on after each epoch; never trained on.
  ///   - epochs: Passes over the training samples. A resumed run ends with the same last epoch.
  ///   - batchSize: Samples an update; the last batch of an epoch may be smaller. 32 as in Keras.
  ///   - callbacks: Code that runs at given moments, in this order.
  ///   - options: Everything else.
  ///   - isolation: The caller's actor, on which training runs.
  /// - Returns: What was measured in each epoch.
  /// - Throws: `TrainingError`, `DataError`, `GraphError` for data, settings or shapes that do not fit;
  ///   `CancellationError`; whatever a callback throws.
  @discardableResult
  public func fit(
    _ training: any Dataset, validation: (any Dataset)? = nil, epochs: Int = 1, batchSize: Int = 32,
    callbacks: [any Callback] = [], options: FitOptions = FitOptions(),
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> History {
    let loader = try DataLoader(
      training, batchSize: batchSize, shuffled: options.shuffle, seed: seed,
      augmentations: options.augmentations, batchAugmentations: options.batchAugmentations,
      sampling: options.sampling, resizing: options.resizing, workers: options.workers)
    return try await run(loader, validation, epochs, callbacks, options, isolation: isolation)
  }

  /// Trains the model on the batches of a data loader, which decides on order, batch size, augmentation and threads.
  ///
  /// - Parameters:
  ///   - training: The batches of training samples.
  ///   - validation: Samples to measure loss and metrics on after each epoch; never trained on.
  ///   - epochs: Passes over the training samples. A resumed run ends with the same last epoch.
  ///   - callbacks: Code that runs at given moments, in this order.
  ///   - options: Everything else. Those that the loader decides on must not be set.
  ///   - isolation: The caller's actor, on which training runs.
  /// - Returns: What was measured in each epoch.
  /// - Throws: As the `fit` that takes a dataset.
  @discardableResult
  public func fit(
    _ training: DataLoader, validation: (any Dataset)? = nil, epochs: Int = 1,
    callbacks: [any Callback] = [], options: FitOptions = FitOptions(),
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> History {
    let settings = options.loaderSettings
    guard settings.isEmpty else {
      throw TrainingError(
        .setting,
        "the options set \(settings.map { "`\($0)`" }.joined(separator: ", ")), which the data loader decides on",
        advice: "Give the setting to DataLoader(…), or a dataset to fit.")
    }
    return try await run(training, validation, epochs, callbacks, options, isolation: isolation)
  }

  private func run(
    _ training: DataLoader, _ validation: (any Dataset)?, _ epochs: Int, _ callbacks: [any Callback],
    _ options: FitOptions, isolation: isolated (any Actor)?
  ) async throws -> History {
    guard epochs >= 0 else {
      throw TrainingError(.setting, "a number of epochs of at least 0 was expected, \(epochs) came")
    }
    try options.validate()
    try claim()
    defer { release() }
    let progress = ProgressReporter(reporter.showing(options.progress))
    let loop = try FitLoop(
      self, training: training,
      validation: validation.map {
        try DataLoader($0, batchSize: training.batchSize, workers: training.workerCount)
      },
      epochCount: epochs, options: options, callbacks: callbacks + [progress])
    return try await loop.run(isolation: isolation)
  }
}
