/// Tells a reporter how far training is.
final class ProgressReporter: Callback {
  private let reporter: Reporter
  private let clock = ContinuousClock()
  private var epochStart: ContinuousClock.Instant
  private var firstBatch = 0
  private var lastReport: ContinuousClock.Instant
  /// Batches are left out if the last report was this short ago.
  private static let interval = Duration.milliseconds(100)

  init(_ reporter: Reporter) {
    self.reporter = reporter
    epochStart = clock.now
    lastReport = clock.now
  }

  func beforeEpoch(_ context: TrainingContext) throws {
    epochStart = clock.now
    firstBatch = context.batchIndex
  }

  func afterBatch(_ context: TrainingContext) throws {
    guard let report = reporter.batch else { return }
    let now = clock.now
    let done = context.batchIndex + 1
    guard now - lastReport >= Self.interval || done == context.batchCount else { return }
    lastReport = now
    report(progress(context, done: done, quantities: try context.runningQuantities()))
  }

  func afterEpoch(_ context: TrainingContext) throws {
    reporter.epoch(progress(context, done: context.batchCount, quantities: context.logs))
  }

  func afterFit(_ context: TrainingContext) throws { reporter.end() }

  private func progress(_ context: TrainingContext, done: Int, quantities: [String: Double]) -> EpochProgress
  {
    let seconds = (clock.now - epochStart) / .seconds(1)
    let batchesPerSecond = Double(done - firstBatch) / max(seconds, 1e-9)
    return EpochProgress(
      epoch: context.epoch, epochCount: context.epochCount, batch: done, batchCount: context.batchCount,
      quantities: quantities, seconds: seconds,
      samplesPerSecond: batchesPerSecond * Double(context.sampleCount) / Double(max(1, context.batchCount)),
      secondsLeft: Double(context.batchCount - done) / max(batchesPerSecond, 1e-9),
      waitingShare: min(1, context.waitedForData / .seconds(1) / max(seconds, 1e-9)))
  }
}
