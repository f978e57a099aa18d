import ApusIO
import Foundation

/// Saves the model while it trains: the best, the last, and the newest few epochs. Each file appears complete
/// or not at all. To resume training after a crash use `Checkpointing`, which saves the optimizer, too.
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
  private let isMonitorGiven: Bool

  /// - Parameters:
  ///   - directory: The folder that `best.safetensors`, `last.safetensors` and `epoch-N.safetensors` go to.
  ///   - monitor: What decides which model is the best; nil takes `val_loss` where there is a validation set, and saves
  ///     no best model where there is none.
  ///   - mode: Whether small or large values are better; by default told from the name.
  ///   - keeping: How many of the newest epochs keep a file of their own.
  public init(
    directory: String, monitor: String? = nil, mode: Monitor.Mode = .automatic, keeping: Int = 0
  ) {
    self.directory = directory
    self.monitor = Monitor(monitor ?? "val_loss", mode: mode)
    isMonitorGiven = monitor != nil
    self.keeping = max(0, keeping)
  }

  /// The path of the best model.
  public var bestPath: String { directory + "/best.safetensors" }
  /// The path of the latest model.
  public var lastPath: String { directory + "/last.safetensors" }

  /// The quantity to monitor, if one was given.
  public var monitoredQuantities: [String] { isMonitorGiven ? [monitor.name] : [] }

  /// Creates the folder, and checks that it can be written.
  /// - Throws: `FileError` for a folder that cannot be created or written.
  public func beforeFit(_ context: TrainingContext) throws { try OutputFiles.prepare(folder: directory) }

  /// Saves the model.
  /// - Throws: `FileError` for files that can no longer be written.
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

  /// Restores what `state` gave.
  public func restore(_ state: CallbackState) throws {
    best = state.values["best"]?.doubleValue
    kept = state.values["kept"]?.arrayValue?.compactMap(\.stringValue) ?? []
  }
}
