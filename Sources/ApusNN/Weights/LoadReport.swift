import ApusGraph

/// What became of each tensor when a model was loaded.
public struct LoadReport: Sendable, Hashable {
  /// Parameters that were given values.
  public var loaded: [String] = []
  /// Parameters of the model that the file lacks; they keep their values.
  public var missing: [String] = []
  /// Tensors of the file that the model has no parameter for, by the file's names.
  public var unexpected: [String] = []
  /// Parameters whose shape differs from the file's: name, expected, got.
  public var mismatched: [Mismatch] = []
  /// How the file's names were brought to the model's, and what else is worth knowing: a prefix that was taken off,
  /// layers that were matched by their order.
  public var notes: [String] = []

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
    loaded: [String] = [], missing: [String] = [], unexpected: [String] = [], mismatched: [Mismatch] = [],
    notes: [String] = []
  ) {
    self.loaded = loaded
    self.missing = missing
    self.unexpected = unexpected
    self.mismatched = mismatched
    self.notes = notes
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
      + list("of another shape", wrong) + notes).joined(separator: "; ")
  }
}

/// Weights that do not fit the model; nothing was changed.
public struct LoadError: ApusError {
  /// What fits and what does not.
  public let report: LoadReport
  /// What was expected and what came.
  public let problem: String
  /// What to do next.
  public let advice: String?

  /// An error that tells what fits and what does not.
  /// - Parameters:
  ///   - report: What fits and what does not.
  ///   - problem: What is wrong; found from the report when nil.
  ///   - advice: What to do next; found from the report when nil.
  public init(report: LoadReport, problem: String? = nil, advice: String? = nil) {
    self.report = report
    self.problem = "\(problem ?? "weights do not fit the model"): \(report)"
    self.advice = advice ?? Self.advice(report)
  }

  /// The file or dictionary holds what the model cannot use.
  public var category: ErrorCategory { .data }
  /// Not known here.
  public var place: String? { nil }
  /// The report and what to do.
  public var description: String { "\(problem)" + (advice.map { "\n  hint: \($0)" } ?? "") }

  private static func advice(_ report: LoadReport) -> String {
    let own = report.missing.prefix(2).joined(separator: ", ")
    let theirs = report.unexpected.prefix(2).joined(separator: ", ")
    guard report.loaded.isEmpty else {
      var kept: [String] = []
      if !report.missing.isEmpty || !report.mismatched.isEmpty {
        kept.append(
          "leave \((report.missing + report.mismatched.map(\.name)).prefix(3).joined(separator: ", ")) as is")
      }
      if !report.unexpected.isEmpty { kept.append("pass over \(theirs)") }
      return "load with strict: false to take the \(report.loaded.count) that fit and "
        + kept.joined(separator: " and ")
    }
    if !report.mismatched.isEmpty {
      return "the names fit and the shapes do not: the model was built with other sizes than the file's"
    }
    if report.unexpected.isEmpty { return "the file holds no tensors: is it the right one?" }
    if report.missing.isEmpty { return "the model has no parameters" }
    switch ForeignNames(report.unexpected) {
    case .pyTorch:
      return
        "the file's names are PyTorch's (\(theirs)); give the model's layers (\(own)) the same names, as properties of a struct, or in a Sequential the same order"
    case .keras:
      return
        "the file's names are Keras's (\(theirs)); name the layers of a FunctionalModel alike, or put the same layers in the same order into a Sequential"
    case nil:
      return
        "no name of the file (\(theirs)) is one of the model's (\(own)): rename the tensors and call load(named:)"
    }
  }
}

/// Whose names those of a file are.
enum ForeignNames {
  case pyTorch
  case keras

  /// Looks at the last parts of names.
  init?(_ names: [String]) {
    let isKeras = names.contains { $0.contains("/") }
    let torch: Set<String> = [
      "weight", "bias", "running_mean", "running_var", "in_proj_weight", "in_proj_bias",
    ]
    let isTorch = names.contains { name in
      let last = name.split(separator: ".").last.map(String.init) ?? ""
      return torch.contains(last) || RecurrentName(name) != nil
    }
    if isKeras { self = .keras } else if isTorch { self = .pyTorch } else { return nil }
  }
}
