import ApusGraph
import ApusIO
import ApusNN
import ApusTensor

/// Everything that the rest of a run depends on: weights, the optimizer's memory, every random stream,
/// totals of loss and metrics, callbacks' states, the history, and the position inside the epoch. What
/// order, augmentation and schedule give follows from seed, epoch and step.
struct TrainingState {
  private static let format = "apus.training", version = 1

  private let tensors: [String: Literal]
  private let values: JSON

  // MARK: - Saving

  init(capturing loop: FitLoop) throws {
    let learner = loop.learner
    var tensors: [String: Literal] = [:]
    for (name, literal) in try learner.modelState() { tensors["model/" + name] = literal }
    for (name, literal) in try learner.optimizer.namedLiterals() { tensors["optimizer/" + name] = literal }
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
      JSON.Member("run", Self.fingerprint(loop)),
      JSON.Member("callbacks", .object(states)),
      JSON.Member("history", loop.context.history.json),
    ])
  }

  func write(to path: String) throws {
    try Safetensors.write(
      tensors, metadata: ["format": Self.format, "version": String(Self.version), "state": values.text()],
      to: path)
  }

  // MARK: - Resuming

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
    do { values = try JSON(parsing: Array(text.utf8)) } catch {
      throw TrainingError(.checkpoint, "\(path): the state cannot be read: \(error)")
    }
    tensors = try file.literals()
  }

  /// Gives the loop and its learner this state. Refuses a state of another model, data or settings.
  func restore(to loop: FitLoop, path: String) throws {
    let learner = loop.learner
    func wrong(_ problem: String) -> TrainingError {
      TrainingError(
        .checkpoint, "\(path): \(problem)",
        advice: "Resume with the settings of the run that was stopped, or start afresh with another folder.")
    }
    let expected = Self.fingerprint(loop).members ?? []
    for member in expected where values["run"]?[member.key] != member.value {
      throw wrong(
        "it is of a run with \(member.key) \(values["run"]?[member.key]?.text() ?? "unknown"), this one has "
          + member.value.text())
    }
    guard let epoch = values["epoch"]?.integerValue, let batch = values["batch"]?.integerValue,
      let firstEpoch = values["first_epoch"]?.integerValue, let steps = values["steps"]?.integerValue,
      let history = values["history"].flatMap(History.init(json:)), epoch >= 0, firstEpoch >= 0, steps >= 0,
      batch >= 0, batch <= loop.context.batchCount
    else { throw wrong("its position cannot be read") }
    do {
      try learner.restoreModelState(part("model/"))
      try learner.optimizer.load(named: part("optimizer/"))
    } catch { throw wrong("\(error)") }
    for (name, cell) in Self.cells(learner) {
      guard let literal = tensors[name], TensorType(literal.dtype, literal.shape) == cell.type else {
        throw wrong("'\(name)' of type \(cell.type) was expected")
      }
      cell.assign(Tensor(literal))
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
    learner.stepCount = steps
    learner.epochCount = firstEpoch + epoch
  }

  private func part(_ prefix: String) -> [String: Literal] {
    var result: [String: Literal] = [:]
    for (name, literal) in tensors where name.hasPrefix(prefix) {
      result[String(name.dropFirst(prefix.count))] = literal
    }
    return result
  }

  // MARK: - What belongs to it

  /// Cells beside those of model and optimizer.
  private static func cells(_ learner: Learner) -> [(name: String, cell: Variable)] {
    let programs = learner.programs
    var cells = [
      ("random/key", learner.random.key), ("random/counter", learner.random.counter),
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

  /// What must be the same for the rest of a run to be the same.
  private static func fingerprint(_ loop: FitLoop) -> JSON {
    let weights = loop.options.classWeights.map { JSON.array($0.map { .number($0) }) } ?? .null
    let sizes = loop.training.resizing?.stages.map { "\($0.size) from epoch \($0.firstEpoch) on" }
      .joined(separator: ", ")
    return .object([
      JSON.Member("samples", .integer(loop.training.dataset.count)),
      JSON.Member("batch size", .integer(loop.training.batchSize)),
      JSON.Member("shuffling", .bool(loop.training.isShuffled)),
      JSON.Member("sampling", .string(loop.training.sampling.name)),
      JSON.Member("sizes of pictures", .string(sizes ?? "")),
      JSON.Member("augmentations", settings(of: loop.training.augmentations)),
      JSON.Member("augmentations of batches", settings(of: loop.training.batchAugmentations)),
      JSON.Member("dropped remainder", .bool(loop.training.dropsRemainder)),
      JSON.Member("seed of the data", .string(String(loop.training.seed))),
      JSON.Member("accumulated batches", .integer(loop.options.accumulating)),
      JSON.Member("class weights", weights),
      JSON.Member("loss", .string(loop.learner.loss.name)),
      JSON.Member("optimizer", .string(loop.learner.optimizer.rule.name)),
    ])
  }

  private static func settings(of parts: [Any]) -> JSON {
    .array(parts.map { .string(SettingsDescription($0).text) })
  }
}
