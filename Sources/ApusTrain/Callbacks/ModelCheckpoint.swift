import ApusIO
import Foundation

/// Saves the model while it trains: the best, the last, and the newest few epochs. Each file appears complete
/// or not at all. To go on with training after a crash use `Checkpointing`, which saves the optimizer too.
public final class ModelCheckpoint: Callback {
  /// The folder that the files go to; it is created.
  public let directory: String
  /// What decides which model is the best.
  public let monitor: Monitor
  /// How many of the newest epochs keep their own file.
  public let keeping: Int
  /// The best value so far.
  public private(set) var best: Double?
  private var kept: [String] = []

  /// - Parameters:
  ///   - directory: The folder that `best.safetensors`, `last.safetensors` and `epoch-N.safetensors` go to.
  ///   - monitor: What decides which model is the best; without such a quantity no best one is saved.
  ///   - mode: Whether small or large values are good; by default told from the name.
  ///   - keeping: How many of the newest epochs keep a file of their own.
  public init(
    directory: String, monitor: String = "val_loss", mode: Monitor.Mode = .automatic, keeping: Int = 0
  ) {
    self.directory = directory
    self.monitor = Monitor(monitor, mode: mode)
    self.keeping = max(0, keeping)
  }

  /// The path of the best model.
  public var bestPath: String { directory + "/best.safetensors" }
  /// The path of the latest model.
  public var lastPath: String { directory + "/last.safetensors" }

  /// Creates the folder: better to fail now than after the first epoch.
  public func beforeFit(_ context: TrainingContext) throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  /// Saves the model.
  public func afterEpoch(_ context: TrainingContext) throws {
    try context.learner.save(to: lastPath)
    if let value = context.logs[monitor.name], monitor.isBetter(value, than: best) {
      best = value
      try context.learner.save(to: bestPath)
    }
    guard keeping > 0 else { return }
    let path = "\(directory)/epoch-\(context.epoch + 1).safetensors"
    try context.learner.save(to: path)
    kept.removeAll { $0 == path }
    kept.append(path)
    while kept.count > keeping { try? FileManager.default.removeItem(atPath: kept.removeFirst()) }
  }

  /// The best value and the files kept.
  public func state() throws -> CallbackState {
    var values: [String: JSON] = ["kept": .array(kept.map { .string($0) })]
    if let best { values["best"] = .number(best) }
    return CallbackState(values: values)
  }

  /// Takes up what `state` gave.
  public func restore(_ state: CallbackState) throws {
    best = state.values["best"]?.doubleValue
    kept = state.values["kept"]?.arrayValue?.compactMap(\.stringValue) ?? []
  }
}
