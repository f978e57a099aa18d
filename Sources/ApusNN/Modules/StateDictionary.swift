import ApusGraph
import ApusIO
import ApusTensor

/// What became of each tensor when a model was loaded.
public struct LoadReport: Sendable, Hashable {
  /// Parameters that were given values.
  public var loaded: [String] = []
  /// Parameters of the model that the file lacks; they keep their values.
  public var missing: [String] = []
  /// Tensors of the file that the model has no parameter for.
  public var unexpected: [String] = []
  /// Parameters whose shape differs from the file's: name, expected, got.
  public var mismatched: [Mismatch] = []

  /// A shape that does not fit.
  public struct Mismatch: Sendable, Hashable {
    /// The parameter's dotted path.
    public let name: String
    /// The model's shape.
    public let expected: Shape
    /// The file's shape.
    public let found: Shape
  }

  /// A report of the given lists.
  public init(
    loaded: [String] = [], missing: [String] = [], unexpected: [String] = [], mismatched: [Mismatch] = []
  ) {
    self.loaded = loaded
    self.missing = missing
    self.unexpected = unexpected
    self.mismatched = mismatched
  }

  /// Whether every tensor found its parameter and every parameter its tensor.
  public var isComplete: Bool { missing.isEmpty && unexpected.isEmpty && mismatched.isEmpty }
}

extension LoadReport: CustomStringConvertible {
  /// Counts and the first names of each list.
  public var description: String {
    func list(_ title: String, _ names: [String]) -> [String] {
      guard !names.isEmpty else { return [] }
      let shown = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
      return ["\(names.count) \(title): \(shown)"]
    }
    let wrong = mismatched.map { "\($0.name) (expects \($0.expected), got \($0.found))" }
    return
      (["\(loaded.count) loaded"] + list("missing", missing) + list("unexpected", unexpected)
      + list("of another shape", wrong)).joined(separator: "; ")
  }
}

/// A set of weights that does not fit the model; nothing was changed.
public struct LoadError: ApusError {
  /// What fits and what does not.
  public let report: LoadReport

  /// An error that tells what fits and what does not.
  public init(report: LoadReport) { self.report = report }

  /// The file or dictionary holds what the model cannot use.
  public var category: ErrorCategory { .data }
  /// What fits and what does not.
  public var problem: String { "weights do not fit the model: \(report)" }
  /// What to do next.
  public var advice: String? { "load with strict: false to take what fits" }
  /// Not known here.
  public var place: String? { nil }
  /// The report and what to do.
  public var description: String { "\(problem)\n  hint: \(advice ?? "")" }
}

extension Module {
  /// All parameters that exist, by their dotted paths, on the host.
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
  /// - Parameter strict: Whether every parameter must be given and every tensor be used. Otherwise what fits
  ///   is taken and the report tells the rest.
  /// - Throws: `LoadError` when strict and something does not fit; the model is unchanged then.
  @discardableResult
  public func load(named tensors: [String: Literal], strict: Bool = true) throws -> LoadReport {
    var report = LoadReport()
    var fitting: [(Parameter, Literal)] = []
    let all = try parameters()
    for (name, parameter) in all {
      guard let literal = tensors[name] else {
        report.missing.append(name)
        continue
      }
      if let shape = parameter.shape, shape != literal.shape {
        report.mismatched.append(.init(name: name, expected: shape, found: literal.shape))
      } else {
        report.loaded.append(name)
        fitting.append((parameter, literal))
      }
    }
    let known = Set(all.map(\.name))
    report.unexpected = tensors.keys.filter { !known.contains($0) }.sorted()
    if strict, !report.isComplete { throw LoadError(report: report) }
    for (parameter, literal) in fitting {
      let dtype = parameter.variable?.dtype ?? literal.dtype
      parameter.assign(Tensor(Value.constant(literal).cast(dtype)))
    }
    try evaluate(fitting.compactMap { $0.0.variable?.tensor })
    return report
  }

  /// Writes all parameters to a safetensors file; it appears complete or not at all.
  public func saveWeights(to path: String, metadata: [String: String] = [:]) throws {
    try Safetensors.write(try namedLiterals(), metadata: metadata, to: path)
  }

  /// Reads parameters from a file: safetensors, Keras's `.weights.h5`, `.h5` and `.keras`, or what `torch.save`
  /// wrote. Which it is, its bytes tell. Names and axes of other frameworks are brought to those here.
  /// - Parameter strict: Whether names and shapes must fit exactly.
  @discardableResult
  public func loadWeights(from path: String, strict: Bool = true) throws -> LoadReport {
    let file = try FileReader(path: path)
    switch try WeightFormat(file) {
    case .safetensors: return try load(named: try Safetensors(file).literals(), strict: strict)
    case .pyTorch: return try load(pyTorch: try PyTorchFile(file).literals(), strict: strict)
    case .keras: return try load(keras: try KerasFile(file).variables, strict: strict)
    }
  }
}
