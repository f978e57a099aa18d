import ApusIO

/// Lowers the learning rate when a quantity has not improved for some epochs.
public final class ReduceLROnPlateau: Callback {
  /// The quantity to monitor.
  public let monitor: Monitor
  /// The factor on the learning rate, between 0 and 1.
  public let factor: Double
  /// Epochs without improvement after which the rate is lowered.
  public let patience: Int
  /// The least change that counts as an improvement.
  public let minDelta: Double
  /// Epochs after a reduction in which nothing is counted.
  public let cooldown: Int
  /// The rate is not lowered below this.
  public let minimum: Double
  private var best: Double?
  private var waited = 0
  private var coolingLeft = 0

  /// Keras's defaults.
  /// - Parameters:
  ///   - monitor: The quantity to monitor.
  ///   - mode: Whether small or large values are better; by default told from the name.
  ///   - factor: The factor on the learning rate, between 0 and 1.
  ///   - patience: Epochs without improvement after which the rate is lowered.
  ///   - minDelta: The least change that counts as an improvement.
  ///   - cooldown: Epochs after a reduction in which nothing is counted.
  ///   - minimum: The rate is not lowered below this.
  public init(
    monitor: String = "val_loss", mode: Monitor.Mode = .automatic, factor: Double = 0.1, patience: Int = 10,
    minDelta: Double = 1e-4, cooldown: Int = 0, minimum: Double = 0
  ) {
    self.monitor = Monitor(monitor, mode: mode)
    self.factor = factor
    self.patience = max(1, patience)
    self.minDelta = minDelta
    self.cooldown = cooldown
    self.minimum = minimum
  }

  /// The quantity to monitor.
  public var monitoredQuantities: [String] { [monitor.name] }

  /// Refuses a factor that lowers nothing.
  /// - Throws: `TrainingError` for a factor that is not between 0 and 1.
  public func beforeFit(_ context: TrainingContext) throws {
    guard factor > 0, factor < 1 else {
      throw TrainingError(.setting, "a factor between 0 and 1 was expected, \(factor) came")
    }
  }

  /// Compares with the best epoch so far.
  public func afterEpoch(_ context: TrainingContext) throws {
    guard let value = try context.value(of: monitor, for: self) else { return }
    if coolingLeft > 0 {
      coolingLeft -= 1
      waited = 0
    }
    if monitor.isBetter(value, than: best, minDelta: minDelta) {
      best = value
      waited = 0
    } else if coolingLeft == 0 {
      waited += 1
      guard waited >= patience else { return }
      let present = context.learningRate
      // A factor, so that a schedule stays in force.
      let lowered = max(minimum, present * factor)
      if lowered < present { context.learner.optimizer.scaleLearningRate(by: lowered / present) }
      coolingLeft = cooldown
      waited = 0
    }
  }

  /// The best value and the counters.
  public func state() throws -> CallbackState {
    var values: [String: JSON] = ["waited": .integer(waited), "cooling_left": .integer(coolingLeft)]
    if let best { values["best"] = .number(best) }
    return CallbackState(values: values)
  }

  /// Restores what `state` gave.
  public func restore(_ state: CallbackState) throws {
    waited = state.values["waited"]?.integerValue ?? 0
    coolingLeft = state.values["cooling_left"]?.integerValue ?? 0
    best = state.values["best"]?.doubleValue
  }
}
