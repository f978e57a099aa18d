import ApusIO
import ApusNN

/// Evaluates, saves and ends with the moving averages of the weights, while training continues with the weights
/// themselves. Keras's `SwapEMAWeights`.
///
/// ```swift
/// let learner = Learner(model, loss: .crossEntropy, optimizer: .adam().averagingWeights(momentum: 0.999))
/// try await learner.fit(train, validation: validation, epochs: 10, callbacks: [AveragedWeights()])
/// ```
///
/// From the end of an epoch's last batch to the beginning of the next epoch the model holds the averages, so that
/// validation, `EarlyStopping` and `ModelCheckpoint` see them. Give it before `EarlyStopping`, so that the best weights
/// are restored last.
public final class AveragedWeights: Callback {
  /// Whether the model holds the averages, and the optimizer the weights.
  private var isExchanged = false

  /// For a learner whose optimizer is averaging weights.
  public init() {}

  /// Refuses an optimizer that keeps no averages.
  /// - Throws: `TrainingError` for one.
  public func beforeFit(_ context: TrainingContext) throws {
    guard context.learner.optimizer.options.averaging != nil else {
      throw TrainingError(
        .setting, "the optimizer keeps no averages of the weights",
        advice: "Make it with averagingWeights(): .adam().averagingWeights().")
    }
  }

  /// Puts the weights back to go on with them.
  public func beforeTraining(_ context: TrainingContext) throws {
    if isExchanged { try exchange(context) }
  }

  /// Puts the averages in.
  public func afterTraining(_ context: TrainingContext) throws { try exchange(context) }

  /// Leaves the averages in the model, and the optimizer to go on from there.
  public func afterFit(_ context: TrainingContext) throws {
    if isExchanged { try exchange(context) }
    try context.learner.optimizer.takeAverages()
  }

  private func exchange(_ context: TrainingContext) throws {
    try context.learner.optimizer.exchangeAverages()
    isExchanged.toggle()
  }

  /// Which of both the model holds.
  public func state() throws -> CallbackState { CallbackState(values: ["exchanged": .bool(isExchanged)]) }

  /// Restores what `state` gave.
  public func restore(_ state: CallbackState) throws {
    isExchanged = state.values["exchanged"]?.boolValue ?? false
  }
}
