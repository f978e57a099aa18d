/// Sets the learning rate at the start of each epoch by a function of your own. Schedules that change it with
/// every step are given to the optimizer.
public final class LearningRateScheduler: Callback {
  private let rate: (_ epoch: Int, _ present: Double) -> Double

  /// - Parameter rate: The new learning rate from the epoch, counted from 0, and the present rate.
  public init(_ rate: @escaping (_ epoch: Int, _ present: Double) -> Double) { self.rate = rate }

  /// Sets the rate.
  /// - Throws: `TrainingError` for a rate that is negative or not finite.
  public func beforeEpoch(_ context: TrainingContext) throws {
    // An epoch that is resumed in its middle has its rate already.
    guard context.batchIndex == 0 else { return }
    let next = rate(context.epoch, context.learningRate)
    guard next.isFinite, next >= 0 else {
      throw TrainingError(
        .setting, "a learning rate of at least 0 was expected of the schedule, \(next) came",
        epoch: context.epoch)
    }
    context.learningRate = next
  }
}
