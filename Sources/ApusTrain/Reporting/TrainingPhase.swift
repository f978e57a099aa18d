/// A part of a training run with its own settings, such as the training of the head before fine-tuning.
public struct TrainingPhase: Sendable, Equatable {
  /// What was trained, such as "Head".
  public var name: String
  /// The epochs.
  public var history: History
  /// The learning rate range test before the phase; nil where none was made.
  public var rates: LearningRateCurve?

  /// A part of a training run.
  ///
  /// - Parameters:
  ///   - name: What was trained.
  ///   - history: The epochs.
  ///   - rates: The learning rate range test before the phase.
  public init(_ name: String, history: History, rates: LearningRateCurve? = nil) {
    self.name = name
    self.history = history
    self.rates = rates
  }
}
