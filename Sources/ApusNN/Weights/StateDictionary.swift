import ApusGraph
import ApusIO
import ApusTensor

extension Module {
  /// All parameters that exist, by their dotted paths, on the host.
  /// - Throws: `DiscoveryError` when a stored property holds a layer out of reach, `GraphError` when a value cannot be
  ///   computed.
  public func namedLiterals() throws -> [String: Literal] {
    var result: [String: Literal] = [:]
    var names: [(String, Tensor)] = []
    for (name, parameter) in try parameters() {
      if let variable = parameter.variable { names.append((name, variable.tensor)) }
    }
    try evaluate(names.map(\.1))
    for (name, tensor) in names { result[name] = try tensor.literal() }
    return result
  }

  /// Gives parameters the values of the same names. Those of layers that were not built yet take the shapes
  /// given.
  /// - Parameters:
  ///   - tensors: Values by the dotted paths of parameters.
  ///   - strict: Whether every parameter must be given and every tensor be used. Otherwise what fits is taken and the
  ///     report tells the rest.
  /// - Returns: What was loaded and what was not.
  /// - Throws: `LoadError` when strict and something does not fit, and whenever nothing fits at all; the model is
  ///   unchanged then.
  @discardableResult
  public func load(named tensors: [String: Literal], strict: Bool = true) throws -> LoadReport {
    try load(WeightTranslation(tensors: tensors.mapValues { Tensor($0) }), strict: strict)
  }

  /// Gives parameters the values that a translation found for them.
  func load(_ translation: WeightTranslation, strict: Bool) throws -> LoadReport {
    var report = LoadReport(notes: translation.notes)
    var fitting: [(parameter: Parameter, tensor: Tensor)] = []
    let all = try parameters()
    for (name, parameter) in all {
      guard let tensor = translation.tensors[name] else {
        report.missing.append(name)
        continue
      }
      if let shape = parameter.shape, shape != tensor.shape {
        report.mismatched.append(.init(name: name, expected: shape, found: tensor.shape))
      } else {
        report.loaded.append(name)
        fitting.append((parameter, tensor))
      }
    }
    let known = Set(all.map(\.name))
    let unused = translation.tensors.keys.filter { !known.contains($0) }
    report.unexpected = (unused.map { translation.foreignNames[$0] ?? $0 } + translation.untranslated)
      .sorted()
    if let problem = translation.problem {
      throw LoadError(report: report, problem: problem.problem, advice: problem.advice)
    }
    if !report.isComplete, strict || report.loaded.isEmpty { throw LoadError(report: report) }
    let values = fitting.map { parameter, tensor in
      Tensor(tensor.value.cast(parameter.variable?.dtype ?? tensor.dtype))
    }
    // Whatever cannot be computed is found before anything is changed.
    try evaluate(values)
    for (fit, value) in zip(fitting, values) { fit.parameter.assign(value) }
    try evaluate(fitting.compactMap { $0.parameter.variable?.tensor })
    return report
  }

  /// Writes all parameters to a safetensors file; it appears complete or not at all.
  /// - Parameters:
  ///   - path: The file, which is replaced if it exists.
  ///   - metadata: Text to keep beside the tensors.
  /// - Throws: `FileError` when it cannot be written, `GraphError` when a value cannot be computed.
  public func saveWeights(to path: String, metadata: [String: String] = [:]) throws {
    try Safetensors.write(try namedLiterals(), metadata: metadata, to: path)
  }

  /// Reads parameters from a file: safetensors, Keras's `.weights.h5`, `.h5` and `.keras`, or what `torch.save`
  /// wrote. Its bytes tell which it is, and its names tell whose they are: in any container, names and axes of PyTorch
  /// and Keras are brought to those of the model, and prefixes such as `module.` are taken off. The report's notes say so.
  /// - Parameters:
  ///   - path: The file.
  ///   - strict: Whether every parameter must be given and every tensor be used. Otherwise what fits is taken and the
  ///     report tells the rest.
  /// - Returns: What was loaded and what was not.
  /// - Throws: `FileError` when the file cannot be read or is none of these, `LoadError` when it does not fit; the model
  ///   is unchanged then.
  @discardableResult
  public func loadWeights(from path: String, strict: Bool = true) throws -> LoadReport {
    let file = try FileReader(path: path)
    switch try WeightFormat(file) {
    case .safetensors: return try load(pyTorch: try Safetensors(file).literals(), strict: strict)
    case .pyTorch: return try load(pyTorch: try PyTorchFile(file).literals(), strict: strict)
    case .keras: return try load(keras: try KerasFile(file).variables, strict: strict)
    }
  }
}

/// Values for parameters, and where they come from.
struct WeightTranslation {
  /// Values by the dotted paths of parameters; others are unexpected.
  var tensors: [String: Tensor]
  /// The file's names of those that it calls otherwise.
  var foreignNames: [String: String] = [:]
  /// Tensors of the file, by its names, that have no place in `tensors`.
  var untranslated: [String] = []
  /// What a person should know.
  var notes: [String] = []
  /// Why the values must not be used although they would fit.
  var problem: (problem: String, advice: String)?

  /// How many parameters among `known` get a value.
  func hits(_ known: Set<String>) -> Int { tensors.keys.count { known.contains($0) } }
}
