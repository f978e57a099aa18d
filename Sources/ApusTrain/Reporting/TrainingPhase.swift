/// A part of a training run with its own settings, such as the training of the head before fine-tuning.
public struct TrainingPhase: Sendable, Equatable {
  /// What was trained, such as "head".
  public var name: String
  /// What was measured in each epoch.
  public var history: History
  /// The search for a learning rate before the phase; nil where none was made.
  public var rates: LearningRateCurve?
  /// The highest learning rate; nil where there is none.
  public var learningRate: Double?
  /// Seconds, with everything that belongs to it.
  public var seconds: Double

  /// A part of a training run.
  ///
  /// - Parameters:
  ///   - name: What was trained.
  ///   - history: What was measured in each epoch.
  ///   - rates: The search for a learning rate before the phase.
  ///   - learningRate: The highest learning rate.
  ///   - seconds: Seconds, with everything that belongs to it.
  public init(
    _ name: String, history: History = History(), rates: LearningRateCurve? = nil,
    learningRate: Double? = nil,
    seconds: Double = 0
  ) {
    self.name = name
    self.history = history
    self.rates = rates
    self.learningRate = learningRate
    self.seconds = seconds
  }
}
