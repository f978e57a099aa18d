import ApusGraph
import ApusIO

/// Stops training when a quantity has not improved for some epochs.
///
/// With `restoreBest` the weights of the best epoch are put back however training ends: by stopping, by its
/// last epoch, by an error, or by cancelling the task.
public final class EarlyStopping: Callback {
  /// The quantity to monitor.
  public let monitor: Monitor
  /// Epochs without improvement after which training stops.
  public let patience: Int
  /// The least change that counts as an improvement.
  public let minDelta: Double
  /// Whether the best epoch's weights are put back at the end.
  public let restoreBest: Bool

  /// The best value so far.
  public private(set) var best: Double?
  /// The epoch of the best value, counted from 0.
  public private(set) var bestEpoch: Int?
  /// The epoch after which training was stopped; nil if it was not.
  public private(set) var stoppedEpoch: Int?
  private var waited = 0
  private var bestState: [String: Literal] = [:]
  private var latestEpoch: Int?

  /// - Parameters:
  ///   - monitor: The quantity to monitor.
  ///   - mode: Whether small or large values are better; by default told from the name.
  ///   - patience: Epochs without improvement after which training stops, at least 1.
  ///   - minDelta: The least change that counts as an improvement, at least 0.
  ///   - restoreBest: Whether the best epoch's weights are put back at the end.
  public init(
    monitor: String = "val_loss", mode: Monitor.Mode = .automatic, patience: Int = 3, minDelta: Double = 0,
    restoreBest: Bool = true
  ) {
    self.monitor = Monitor(monitor, mode: mode)
    self.patience = max(1, patience)
    self.minDelta = max(0, minDelta)
    self.restoreBest = restoreBest
  }

  /// The quantity to monitor.
  public var monitoredQuantities: [String] { [monitor.name] }

  /// Forgets what an earlier fit left behind, unless this one goes on from a checkpoint.
  public func beforeFit(_ context: TrainingContext) throws {
    stoppedEpoch = nil
    guard latestEpoch.map({ $0 >= context.epoch }) ?? false else { return }
    best = nil
    bestEpoch = nil
    latestEpoch = nil
    waited = 0
    bestState = [:]
  }

  /// Compares with the best epoch so far.
  /// - Throws: `Cancellation.fit` after `patience` epochs without improvement.
  public func afterEpoch(_ context: TrainingContext) throws {
    guard let value = try context.value(of: monitor, for: self) else { return }
    latestEpoch = context.epoch
    if monitor.isBetter(value, than: best, minDelta: minDelta) {
      best = value
      bestEpoch = context.epoch
      waited = 0
      if restoreBest { bestState = try context.learner.modelState() }
      return
    }
    waited += 1
    guard waited >= patience else { return }
    stoppedEpoch = context.epoch
    throw Cancellation.fit
  }

  /// Puts the best weights back.
  public func afterFit(_ context: TrainingContext) throws {
    guard restoreBest, !bestState.isEmpty else { return }
    try context.learner.restoreModelState(bestState)
    bestState = [:]
  }

  /// The best value, its epoch and its weights.
  public func state() throws -> CallbackState {
    var values: [String: JSON] = ["waited": .integer(waited)]
    if let best { values["best"] = .number(best) }
    if let bestEpoch { values["best_epoch"] = .integer(bestEpoch) }
    if let latestEpoch { values["latest_epoch"] = .integer(latestEpoch) }
    return CallbackState(values: values, tensors: bestState)
  }

  /// Restores what `state` gave.
  public func restore(_ state: CallbackState) throws {
    waited = state.values["waited"]?.integerValue ?? 0
    best = state.values["best"]?.doubleValue
    bestEpoch = state.values["best_epoch"]?.integerValue
    latestEpoch = state.values["latest_epoch"]?.integerValue
    bestState = state.tensors
  }
}
