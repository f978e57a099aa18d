import ApusData
import ApusGraph
import ApusNN
import ApusTensor

/// One run of `fit`: epochs of batches, and the events around them.
final class FitLoop {
  let learner: Learner
  let training: DataLoader
  let validation: DataLoader?
  /// Epochs that the run is to end with.
  let epochCount: Int
  let options: FitOptions
  let callbacks: [any Callback]
  let context: TrainingContext
  /// The learner's epochs before this fit: the data's order goes on from there.
  var firstEpoch: Int
  /// Batches added up since the last update.
  var accumulated = 0
  /// Steps since the last checkpoint.
  private var stepsSinceSaving = 0
  private var knownFingerprint: RunFingerprint?
  private var checks: DataChecks
  private var trainingCensus = ClassCensus(), validationCensus = ClassCensus()
  private let clock = ContinuousClock()
  private var lastYield: ContinuousClock.Instant

  init(
    _ learner: Learner, training: DataLoader, validation: DataLoader?, epochCount: Int, options: FitOptions,
    callbacks: [any Callback]
  ) throws {
    self.learner = learner
    self.training = training
    self.validation = validation
    self.epochCount = epochCount
    self.options = options
    self.callbacks = callbacks
    context = TrainingContext(
      learner: learner, epochCount: epochCount, batchCount: training.batchCount,
      sampleCount: training.sampleCount, history: History())
    firstEpoch = learner.epochCount
    checks = DataChecks(loss: learner.loss, outputCount: nil, classNames: nil)
    lastYield = clock.now
    context.quantities = { [unowned learner] in try learner.trainingQuantities() }
  }

  /// Trains; afterwards the learner's history is this run's.
  func run(isolation: isolated (any Actor)?) async throws -> History {
    try prepare()
    var failure: (any Error)?
    var isResumed = false
    do {
      isResumed = try resume()
      try notify { try $0.beforeFit(context) }
      while context.epoch < epochCount && !context.history.stoppedEarly {
        try await runEpoch(isResumed: isResumed, isolation: isolation)
        isResumed = false
      }
    } catch Cancellation.fit {
      context.history.stoppedEarly = true
      do {
        try applySums()
        try save()
        try notify { try $0.afterCancelFit(context) }
      } catch { failure = error }
    } catch {
      failure = error
      // What was added up must not leak into another fit.
      try? applySums()
      if error is CancellationError { context.history.stoppedEarly = true }
    }
    context.failure = failure
    context.batch = nil
    // Every callback gets its last word, so that best weights come back whatever went wrong.
    for callback in callbacks {
      do { try callback.afterFit(context) } catch { failure = failure ?? error }
    }
    learner.state.withLock { [history = context.history] in $0.history = history }
    if let failure { throw failure }
    return context.history
  }

  // MARK: - Before the first step

  private func prepare() throws {
    try MonitoredQuantities(
      metrics: learner.metrics.map(\.name), hasValidation: validation != nil,
      added: callbacks.flatMap(\.addedQuantities)
    ).check(callbacks)
    if let checkpointing = options.checkpointing { try OutputFiles.prepare(folder: checkpointing.directory) }
    let first = try training.dataset.batch(at: [0])
    try learner.build(first.featureTypes)
    if let validation {
      try learner.build(try validation.dataset.batch(at: [0]).featureTypes)
    }
    learner.state.withLock { state in
      if state.classNames == nil { state.classNames = training.dataset.classNames }
    }
    checks = DataChecks(
      loss: learner.loss, outputCount: learner.outputShape?.dimensions.last, classNames: learner.classNames)
    let programs = learner.programs
    programs.configure(transforms: options.transforms, guardsWeights: options.stopsOnNaN)
    try learner.optimizer.prepare(learner.model)
    try learner.warnOfProbabilities(first)
    try checkClassWeights(first)
    // Batches of every shape are traced now: what does not fit must not show at the end of the first epoch.
    for epoch in epochsOfNewSizes {
      let example = try weighted(training.exampleBatch(epoch: epoch))
      for rows in training.batchSizes {
        try programs.prepareTraining(example, rows: rows, accumulates: accumulates)
      }
    }
    if let validation {
      let example = try validation.dataset.batch(at: [0])
      for rows in validation.batchSizes { try programs.prepareEvaluation(example, rows: rows) }
    }
    if options.checkpointing != nil { _ = try fingerprint() }
    learner.resetTraining()
  }

  /// The first epoch of this fit, and those with which images of another size begin.
  private var epochsOfNewSizes: [Int] {
    let stages = training.resizing?.stages.map(\.firstEpoch) ?? []
    return [firstEpoch] + stages.filter { firstEpoch < $0 && $0 - firstEpoch < epochCount }
  }

  private var accumulates: Bool { options.accumulating > 1 }

  /// Refuses class weights that are not one for each class.
  private func checkClassWeights(_ batch: Batch) throws {
    guard let weights = options.classWeights, let targets = batch.targets,
      case .indices = learner.loss.targetKind.resolved(for: targets.dtype),
      let outputs = learner.outputShape?.dimensions.last, weights.count != outputs
    else { return }
    throw TrainingError(
      .setting,
      "\(outputs) class weights were expected, one for each output of the model, \(weights.count) came",
      advice: "Give one weight for each class, in the order of the labels.")
  }

  private func weighted(_ batch: Batch) throws -> Batch {
    guard let classWeights = options.classWeights else { return batch }
    return try batch.weighted(byClass: classWeights, ignoring: learner.loss.ignoredLabel)
  }

  // MARK: - Epochs

  private func runEpoch(isResumed: Bool, isolation: isolated (any Actor)?) async throws {
    let start = clock.now
    context.logs = [:]
    context.waitedForData = .zero
    if !isResumed {
      context.batchIndex = 0
      accumulated = 0
    }
    let firstBatch = context.batchIndex
    learner.state.withLock { [count = firstEpoch + context.epoch + 1] in $0.epochCount = count }
    var isRecorded = true
    do {
      try notify { try $0.beforeEpoch(context) }
      try await trainEpoch(isResumed: isResumed, isolation: isolation)
      try await validate(isolation: isolation)
    } catch Cancellation.epoch {
      isRecorded = false
      try applySums()
      try notify { try $0.afterCancelEpoch(context) }
    }
    if context.epoch == 0 { warnOfClasses() }
    let seconds = (clock.now - start) / .seconds(1)
    var isStopped = false
    // Where one stops the fit, the others still see the epoch: a log keeps its last line.
    try notify { callback in
      do { try callback.afterEpoch(context) } catch Cancellation.fit { isStopped = true }
    }
    if isRecorded {
      let samples = Double((context.batchCount - firstBatch) * training.batchSize)
      context.history.epochs.append(
        History.Epoch(
          number: context.epoch, values: context.logs, learningRate: learner.learningRate, seconds: seconds,
          samplesPerSecond: min(samples, Double(context.sampleCount)) / max(seconds, 1e-9)))
    }
    context.epoch += 1
    context.batchIndex = 0
    if isStopped { context.history.stoppedEarly = true }
    if options.checkpointing?.everyEpoch ?? false || context.epoch == epochCount || isStopped {
      try save()
    }
    if isStopped { try notify { try $0.afterCancelFit(context) } }
  }

  private func trainEpoch(isResumed: Bool, isolation: isolated (any Actor)?) async throws {
    if !isResumed { learner.resetTraining() }
    do {
      try notify { try $0.beforeTraining(context) }
      let batches = try training.batches(epoch: firstEpoch + context.epoch, startingAt: context.batchIndex)
      while let batch = try batches.next() {
        try await pause(isolation: isolation)
        context.waitedForData = batches.waitedDuration
        try step(batch)
        context.batchIndex += 1
        try saveIfDue()
      }
    } catch Cancellation.training {
      try notify { try $0.afterCancelTraining(context) }
    }
    try applySums()
    context.batch = nil
    context.logs.merge(try learner.trainingQuantities()) { $1 }
    try notify { try $0.afterTraining(context) }
  }

  private func step(_ batch: Batch) throws {
    context.batch = batch
    do {
      try notify { try $0.beforeBatch(context) }
      let batch = try weighted(context.batch ?? batch)
      try checks.check(
        batch, epoch: context.epoch, index: context.batchIndex, checksFeatures: context.epoch == 0)
      if context.epoch == 0 { trainingCensus.add(batch) }
      let loss: Double
      do {
        loss = try learner.programs.train(batch, accumulates: accumulates)
      } catch let error as GraphError where error.kind == .index || error.kind == .notFinite {
        throw TrainingError(
          error.kind == .index ? .data : .notFinite, "\(error)", epoch: context.epoch,
          batch: context.batchIndex,
          samples: batch.ids, tensor: error.origin.layerPath.isEmpty ? nil : error.origin.layerPath)
      }
      context.batchLoss = loss
      if !loss.isFinite && options.stopsOnNaN {
        throw try NonFiniteSearch(learner, checks).explain(
          batch, loss: loss, epoch: context.epoch, index: context.batchIndex)
      }
      if accumulates {
        accumulated += 1
        if accumulated == options.accumulating { try applySums() }
      } else {
        learner.state.withLock { $0.stepCount += 1 }
      }
    } catch Cancellation.batch {
      try notify { try $0.afterCancelBatch(context) }
    }
    try notify { try $0.afterBatch(context) }
  }

  /// Updates with the gradients added up, if there are any.
  private func applySums() throws {
    guard accumulated > 0 else { return }
    try learner.programs.applyAccumulated()
    accumulated = 0
    learner.state.withLock { $0.stepCount += 1 }
  }

  private func validate(isolation: isolated (any Actor)?) async throws {
    guard let validation else { return }
    do {
      try notify { try $0.beforeValidation(context) }
      learner.resetValidation()
      let batches = try validation.batches()
      var index = 0
      while let batch = try batches.next() {
        try await pause(isolation: isolation)
        context.batch = batch
        try notify { try $0.beforeValidationBatch(context) }
        if context.epoch == 0 { validationCensus.add(batch) }
        try learner.evaluate(batch, index: index, checks: checks, checksFeatures: context.epoch == 0)
        try notify { try $0.afterValidationBatch(context) }
        index += 1
      }
      for (name, value) in try learner.validationQuantities() { context.logs["val_" + name] = value }
    } catch Cancellation.validation {
      try notify { try $0.afterCancelValidation(context) }
    }
    context.batch = nil
    try notify { try $0.afterValidation(context) }
  }

  /// Ends for a cancelled task, and lets others on the same actor have a turn now and then.
  private func pause(isolation: isolated (any Actor)?) async throws {
    if Task.isCancelled, accumulated == 0 {
      try save()
      throw CancellationError()
    }
    let now = clock.now
    guard now - lastYield > .milliseconds(20) else { return }
    lastYield = now
    await Task.yield()
  }

  private func notify(_ event: (any Callback) throws -> Void) throws {
    for callback in callbacks { try event(callback) }
  }

  private func warnOfClasses() {
    if trainingCensus.isSorted, training.batchCount > 1 {
      learner.warn(
        .sortedByClass,
        "the training samples came sorted by class, so that most batches held one class only. Train with "
          + "`shuffle: true`.")
    }
    ClassCensus.compare(trainingCensus, validationCensus, for: learner)
  }

  // MARK: - Checkpoints

  private func saveIfDue() throws {
    guard let every = options.checkpointing?.everySteps else { return }
    stepsSinceSaving += 1
    // Sums of gradients are no part of a checkpoint: it waits until they are used.
    if stepsSinceSaving >= every, accumulated == 0 { try save() }
  }

  private func save() throws {
    stepsSinceSaving = 0
    guard let checkpointing = options.checkpointing else { return }
    try TrainingState(capturing: self).write(to: checkpointing.path)
  }

  /// Resumes from a checkpoint, if that is wanted and there is one.
  /// - Returns: Whether that is in the middle of an epoch.
  private func resume() throws -> Bool {
    let notice = learner.state.withLock { state in
      defer { state.optimizerNotice = nil }
      return state.optimizerNotice
    }
    guard let path = try options.resume.path(options.checkpointing) else {
      if let notice { learner.warn(.optimizerState, notice) }
      return false
    }
    try TrainingState(path: path).restore(to: self, path: path)
    return context.batchIndex > 0
  }

  /// What a checkpoint of this run belongs to. The data is hashed once, before the first step.
  func fingerprint() throws -> RunFingerprint {
    if let knownFingerprint { return knownFingerprint }
    let fingerprint = try RunFingerprint(self)
    knownFingerprint = fingerprint
    return fingerprint
  }
}
