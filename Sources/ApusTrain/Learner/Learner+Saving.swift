import ApusGraph
import ApusIO
import ApusNN
import ApusTensor

extension Learner {
  /// The version of the files that `save` writes.
  static let modelFormat = (name: "apus.model", version: 1)
  /// What the names of tensors begin with that are no parameters of the model: no path of a parameter has a slash.
  static let trainingPrefix = "apus.training/"

  /// Writes the model's parameters and what is needed to use them (names of the classes, shapes of the inputs,
  /// preprocessing) as a safetensors file. It appears complete or not at all, and holds no code.
  ///
  /// Without the optimizer the file is as small as the model, and training that continues from it begins with a fresh
  /// optimizer, of which `fit` warns. With it, as in Keras's `model.save`, three epochs, `save`, `load` and three more
  /// epochs end with the same weights, bit for bit, as six epochs.
  ///
  /// - Parameters:
  ///   - path: The file, which is replaced.
  ///   - includingOptimizer: Whether the file also holds the optimizer's state, the random streams and the numbers of
  ///     steps and epochs. With Adam it is about three times as large.
  /// - Throws: `FileError` for a file that cannot be written, `GraphError` for parameters that cannot be computed.
  public func save(to path: String, includingOptimizer: Bool = false) throws {
    var tensors = try modelState()
    var metadata = modelMetadata()
    if includingOptimizer {
      for (name, literal) in try trainingTensors() { tensors[Self.trainingPrefix + name] = literal }
      metadata["optimizer"] = optimizer.rule.name
      metadata["steps"] = String(stepCount)
      metadata["epochs"] = String(epochCount)
    }
    try Safetensors.write(tensors, metadata: metadata, to: path)
  }

  /// Reads what `save` wrote into this learner, whose model must be of the same layers; it need not be built. Nothing
  /// is changed if names or shapes do not fit.
  ///
  /// The optimizer's state, with its learning rate, is restored if the file has one and this learner's optimizer has
  /// the same rule; otherwise the next `fit` warns that it begins with a fresh optimizer. Order and augmentation go on
  /// as they would have for a learner of the same seed.
  ///
  /// - Parameter path: The file.
  /// - Throws: `FileError` for a file that cannot be read, `TrainingError` for one that `save` did not write,
  ///   `LoadError` for a model of other layers, `TrainingError` while the learner is busy.
  public func load(from path: String) throws {
    try claim()
    defer { release() }
    let file = try Safetensors(path: path)
    let description = try ModelDescription(file.metadata, path: path)
    if let types = description.inputTypes { try build(types) }
    var parameters: [String: Literal] = [:], training: [String: Literal] = [:]
    for (name, literal) in try file.literals() {
      if name.hasPrefix(Self.trainingPrefix) {
        training[String(name.dropFirst(Self.trainingPrefix.count))] = literal
      } else {
        parameters[name] = literal
      }
    }
    try restoreModelState(parameters)
    let notice = try restoreTraining(from: training, file.metadata, path: path)
    state.withLock { state in
      state.optimizerNotice = notice
      if let names = description.classNames { state.classNames = names }
      state.preprocessing.merge(description.preprocessing) { $1 }
    }
  }

  /// Restores the state of training.
  /// - Returns: The warning for training that continues without it; nil if it was restored.
  private func restoreTraining(
    from training: [String: Literal], _ metadata: [String: String], path: String
  ) throws -> String? {
    let consequence =
      "\(optimizer.rule.name) begins anew, and training does not continue as if it had never stopped"
    guard !training.isEmpty, let steps = metadata["steps"].flatMap({ Int($0) }),
      let epochs = metadata["epochs"].flatMap({ Int($0) }), steps >= 0, epochs >= 0
    else {
      return "\(path) holds the model without the optimizer's state: \(consequence). "
        + "`save(to:includingOptimizer: true)` keeps it."
    }
    try optimizer.prepare(model)
    let other = metadata["optimizer"].flatMap { $0 == optimizer.rule.name ? nil : $0 }
    if let difference = other ?? trainingMismatch(training) {
      return "\(path) holds the state of another optimizer (\(difference)): \(consequence)."
    }
    try restoreTraining(training)
    state.withLock {
      $0.stepCount = steps
      $0.epochCount = epochs
    }
    return nil
  }

  /// All parameters and states of the model, by their dotted paths.
  /// - Returns: Their values.
  /// - Throws: `GraphError` for parameters that cannot be computed.
  public func modelState() throws -> [String: Literal] { try model.namedLiterals() }

  /// Gives the model what `modelState` gave. Nothing is changed if names or shapes do not fit.
  /// - Parameter state: The values of all parameters and states, by their dotted paths.
  /// - Throws: `LoadError` for names or shapes that do not fit.
  public func restoreModelState(_ state: [String: Literal]) throws { try model.load(named: state) }

  private func modelMetadata() -> [String: String] {
    var metadata = [
      "format": Self.modelFormat.name, "version": String(Self.modelFormat.version), "loss": loss.name,
      "output_activation": loss.activation.rawValue,
    ]
    if let inputTypes {
      metadata["inputs"] =
        JSON.array(
          inputTypes.map { type in
            .object([
              JSON.Member("dtype", .string(type.dtype.rawName)),
              JSON.Member("shape", .array(type.shape.dimensions.map { .integer($0) })),
            ])
          }
        ).text()
    }
    if let classNames { metadata["class_names"] = JSON.array(classNames.map { .string($0) }).text() }
    let preprocessing = preprocessing
    if !preprocessing.isEmpty {
      metadata["preprocessing"] =
        JSON.object(preprocessing.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) })
        .text()
    }
    return metadata
  }
}

// MARK: - What training goes on with, beside the model

extension Learner {
  private var randomCells: [(name: String, cell: Variable)] {
    [("random/key", random.key), ("random/counter", random.counter)]
  }

  /// The optimizer's state and the random streams, by name.
  func trainingTensors() throws -> [String: Literal] {
    var tensors: [String: Literal] = [:]
    for (name, literal) in try optimizer.namedLiterals() { tensors["optimizer/" + name] = literal }
    for (name, cell) in randomCells { tensors[name] = try cell.tensor.literal() }
    return tensors
  }

  /// The first of the tensors that `restoreTraining` needs and does not find or cannot use; nil where there is none. The
  /// optimizer must have been prepared.
  func trainingMismatch(_ tensors: [String: Literal]) -> String? {
    let cells = optimizer.namedVariables.map { ("optimizer/" + $0.name, $0.variable) } + randomCells
    for (name, cell) in cells {
      guard let literal = tensors[name] else { return "'\(name)' is missing" }
      guard TensorType(literal.dtype, literal.shape) == cell.type else {
        return "'\(name)' is \(literal.dtype)\(literal.shape), expected \(cell.type)"
      }
    }
    return nil
  }

  /// Gives optimizer and random streams what `trainingTensors` gave; `trainingMismatch` must have found nothing.
  func restoreTraining(_ tensors: [String: Literal]) throws {
    let prefix = "optimizer/"
    try optimizer.load(
      named: Dictionary(
        tensors.filter { $0.key.hasPrefix(prefix) }.map {
          (String($0.key.dropFirst(prefix.count)), $0.value)
        },
        uniquingKeysWith: { $1 }))
    for (name, cell) in randomCells {
      if let literal = tensors[name] { cell.assign(Tensor(literal)) }
    }
  }
}
