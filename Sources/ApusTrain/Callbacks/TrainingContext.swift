import ApusData

/// Where training is, for callbacks to read and partly to change.
public final class TrainingContext {
  /// What is being trained.
  public let learner: Learner
  /// The epoch, counted from 0.
  public internal(set) var epoch = 0
  /// Epochs that this fit ends with.
  public let epochCount: Int
  /// Number of training batches in an epoch.
  public let batchCount: Int
  /// Number of training samples in an epoch.
  public let sampleCount: Int
  /// The batch inside the epoch, counted from 0.
  public internal(set) var batchIndex = 0
  /// The batch being worked on.
  public internal(set) var batch: Batch?
  /// Updates of the weights since the learner was made.
  public var step: Int { learner.stepCount }
  /// The mean loss of the last training batch; NaN before the first.
  public internal(set) var batchLoss = Double.nan
  /// The quantities measured in this epoch so far, by name; those of the validation data begin with `val_`.
  /// A callback may add its own, which the history then records.
  public var logs: [String: Double] = [:]
  /// Every epoch finished so far.
  public internal(set) var history: History
  /// Time that the model has waited for data in this epoch.
  public internal(set) var waitedForData = Duration.zero
  /// Why training ends, once it does: nil for its natural end.
  public internal(set) var failure: (any Error)?

  var quantities: () throws -> [String: Double] = { [:] }

  init(learner: Learner, epochCount: Int, batchCount: Int, sampleCount: Int, history: History) {
    self.learner = learner
    self.epochCount = epochCount
    self.batchCount = batchCount
    self.sampleCount = sampleCount
    self.history = history
  }

  /// The learning rate of the next step. Setting it takes effect at once and compiles nothing.
  public var learningRate: Double {
    get { learner.learningRate }
    set { learner.learningRate = newValue }
  }

  /// The value of a monitored quantity in this epoch; nil for one of the validation set in an epoch whose validation
  /// was cancelled.
  func value(of monitor: Monitor, for callback: any Callback) throws -> Double? {
    if let value = logs[monitor.name] { return value }
    guard !monitor.name.hasPrefix("val_") else { return nil }
    throw TrainingError(
      .setting, "\(callback.name) monitors '\(monitor.name)', which no callback has added in this epoch",
      advice: "Callbacks that add it must come before.", epoch: epoch)
  }

  /// The means over this epoch's training batches so far, by name.
  /// - Returns: Loss and metrics.
  /// - Throws: `GraphError` for values that cannot be computed.
  public func runningQuantities() throws -> [String: Double] { try quantities() }
}
