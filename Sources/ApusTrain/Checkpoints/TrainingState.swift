import ApusData
import ApusGraph
import ApusIO
import ApusNN
import ApusTensor

/// Everything that the rest of a run depends on: weights, the optimizer's state, every random stream,
/// totals of loss and metrics, callbacks' states, the history, and the position inside the epoch. What
/// order, augmentation and schedule give follows from seed, epoch and step.
struct TrainingState {
  /// Version 2 has a hash of the contents, without which a flipped bit would go unnoticed.
  private static let format = "apus.training", version = 2

  private let tensors: [String: Literal]
  private let values: JSON

  // MARK: - Saving

  init(capturing loop: FitLoop) throws {
    let learner = loop.learner
    var tensors = try learner.trainingTensors()
    for (name, literal) in try learner.modelState() { tensors["model/" + name] = literal }
    for (name, cell) in Self.cells(learner) { tensors[name] = try cell.tensor.literal() }
    var states: [JSON.Member] = []
    for (key, callback) in Self.keyed(loop.callbacks) {
      let state = try callback.state()
      for (name, literal) in state.tensors { tensors["callback/\(key)/\(name)"] = literal }
      states.append(
        JSON.Member(
          key, .object(state.values.sorted { $0.key < $1.key }.map { JSON.Member($0.key, $0.value) })))
    }
    self.tensors = tensors
    values = .object([
      JSON.Member("epoch", .integer(loop.context.epoch)),
      JSON.Member("batch", .integer(loop.context.batchIndex)),
      JSON.Member("first_epoch", .integer(loop.firstEpoch)),
      JSON.Member("steps", .integer(learner.stepCount)),
      JSON.Member("run", try loop.fingerprint().json),
      JSON.Member("callbacks", .object(states)),
      JSON.Member("history", loop.context.history.json),
    ])
  }

  /// Replaces the file at `path` as a whole.
  func write(to path: String) throws {
    let text = values.text()
    try Safetensors.write(
      tensors,
      metadata: [
        "format": Self.format, "version": String(Self.version), "state": text,
        "hash": Self.hash(tensors, text, version: Self.version),
      ], to: path)
  }

  /// The hash of everything in a file, as 16 hexadecimal digits.
  private static func hash(_ tensors: [String: Literal], _ state: String, version: Int) -> String {
    var hash = ContentHash(seed: UInt64(version))
    hash.update(state)
    for (name, literal) in tensors.sorted(by: { $0.key < $1.key }) {
      hash.update(name)
      hash.update(literal)
    }
    return hash.value.hexadecimal
  }

  // MARK: - Resuming

  /// Reads a checkpoint.
  /// - Throws: `FileError` for a damaged file, `TrainingError` for one that is no checkpoint or of a newer version.
  init(path: String) throws {
    let file = try Safetensors(path: path)
    guard file.metadata["format"] == Self.format, let version = file.metadata["version"].flatMap({ Int($0) }),
      let text = file.metadata["state"]
    else { throw TrainingError(.checkpoint, "\(path) is not a checkpoint of training") }
    guard version <= Self.version else {
      throw TrainingError(
        .checkpoint, "\(path) has format version \(version), this program reads up to \(Self.version)",
        advice: "Use a newer version of Apus.")
    }
    tensors = try file.literals()
    guard version == 1 || file.metadata["hash"] == Self.hash(tensors, text, version: version) else {
      throw FileError(
        path: path, reason: .corrupt,
        problem: "the checkpoint is damaged: its contents are not those that were written",
        advice: "Resume from another checkpoint, or remove it and start over.")
    }
    do { values = try JSON(parsing: Array(text.utf8)) } catch {
      throw TrainingError(.checkpoint, "\(path): the state cannot be read: \(error)")
    }
  }

  /// Gives the loop and its learner this state. A state of another model, data or settings is refused before anything
  /// is changed.
  /// - Throws: `TrainingError` that says what differs.
  func restore(to loop: FitLoop, path: String) throws {
    let learner = loop.learner
    func wrong(_ problem: String) -> TrainingError {
      TrainingError(
        .checkpoint, "\(path): \(problem)",
        advice:
          "Resume with the data and settings of the run that was stopped, or start over with another folder.")
    }
    if let difference = try loop.fingerprint().difference(from: values["run"]) { throw wrong(difference) }
    guard let epoch = values["epoch"]?.integerValue, let batch = values["batch"]?.integerValue,
      let firstEpoch = values["first_epoch"]?.integerValue, let steps = values["steps"]?.integerValue,
      let history = values["history"].flatMap(History.init(json:)), epoch >= 0, firstEpoch >= 0, steps >= 0,
      batch >= 0, batch <= loop.context.batchCount
    else { throw wrong("its position cannot be read") }
    if let mismatch = learner.trainingMismatch(tensors) { throw wrong(mismatch) }
    for (name, cell) in Self.cells(learner) {
      guard let literal = tensors[name], TensorType(literal.dtype, literal.shape) == cell.type else {
        throw wrong("'\(name)' of type \(cell.type) was expected")
      }
    }
    // From here on nothing fails but a model that does not fit, which changes nothing.
    do { try learner.restoreModelState(part("model/")) } catch { throw wrong("\(error)") }
    try learner.restoreTraining(tensors)
    for (name, cell) in Self.cells(learner) {
      if let literal = tensors[name] { cell.assign(Tensor(literal)) }
    }
    for (key, callback) in Self.keyed(loop.callbacks) {
      // A callback that is new, such as a logger, starts afresh.
      guard let members = values["callbacks"]?[key]?.members else { continue }
      try callback.restore(
        CallbackState(
          values: Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }),
          tensors: part("callback/\(key)/")))
    }
    loop.context.epoch = epoch
    loop.context.batchIndex = batch
    loop.context.history = history
    loop.firstEpoch = firstEpoch
    learner.state.withLock {
      $0.stepCount = steps
      $0.epochCount = firstEpoch + epoch
    }
  }

  private func part(_ prefix: String) -> [String: Literal] {
    var result: [String: Literal] = [:]
    for (name, literal) in tensors where name.hasPrefix(prefix) {
      result[String(name.dropFirst(prefix.count))] = literal
    }
    return result
  }

  // MARK: - What belongs to it

  /// Totals of loss and metrics, which an epoch that is resumed in its middle goes on with.
  private static func cells(_ learner: Learner) -> [(name: String, cell: Variable)] {
    let programs = learner.programs
    var cells = [
      ("totals/sum", programs.trainingTotals.sum), ("totals/count", programs.trainingTotals.count),
    ]
    for (index, metric) in programs.trainingMetrics.enumerated() {
      for (place, cell) in metric.variables.enumerated() { cells.append(("metrics/\(index)/\(place)", cell)) }
    }
    return cells
  }

  private static func keyed(_ callbacks: [any Callback]) -> [(key: String, callback: any Callback)] {
    var seen: [String: Int] = [:]
    return callbacks.map { callback in
      let number = seen[callback.name, default: 0]
      seen[callback.name] = number + 1
      return ("\(callback.name).\(number)", callback)
    }
  }
}
