/// Where in a program an operation was asked for.
public struct Origin: Sendable, Hashable {
  /// Names of the enclosing layers joined by dots (`encoder.block1.dense`), empty outside any layer.
  public var layerPath: String
  /// The caller's file, as `Module/File.swift`, empty when unknown.
  public var file: String
  /// The caller's line, 0 when unknown.
  public var line: Int

  /// An origin; every part may be left unknown.
  public init(layerPath: String = "", file: String = "", line: Int = 0) {
    self.layerPath = layerPath
    self.file = file
    self.line = line
  }

  /// The origin that newly made nodes carry in the current task.
  @TaskLocal public static var current = Origin()
}

extension Origin: CustomStringConvertible {
  /// `layer 'block.dense' at Model.swift:12`, with only the known parts.
  public var description: String {
    var parts: [String] = []
    if !layerPath.isEmpty { parts.append("layer '\(layerPath)'") }
    if !file.isEmpty { parts.append("at \(file):\(line)") }
    return parts.joined(separator: " ")
  }
}

/// What went wrong with an operation: found while tracing (shapes, types) or while running (indices, values).
public struct GraphError: ApusError, Hashable {
  /// The family of the mistake.
  public enum Kind: String, Sendable, Hashable {
    /// Sizes of axes do not fit together.
    case shape
    /// Element types do not fit together.
    case dtype
    /// An axis that the tensor does not have.
    case axis
    /// An index, label or slice bound out of range.
    case index
    /// An argument with a meaningless value, such as a stride of 0.
    case argument
    /// A gradient was asked of something that has none.
    case gradient
    /// A NaN or an infinity where finite numbers are needed.
    case notFinite
    /// More memory or larger sizes than there can be.
    case memory
  }

  /// The family of the mistake.
  public var kind: Kind
  /// The operation in the field's words: `matmul`, `convolution`.
  public var operation: String
  /// What was expected and what came.
  public var problem: String
  /// What to do next; nil when there is no single likely fix.
  public var advice: String?
  /// The layer and source line that asked for the operation.
  public var origin: Origin

  /// An error of an operation in the current origin.
  public init(
    _ kind: Kind, _ operation: String, _ problem: String, advice: String? = nil, origin: Origin = .current
  ) {
    self.kind = kind
    self.operation = operation
    self.problem = problem
    self.advice = advice
    self.origin = origin
  }
}

extension GraphError {
  /// Wrong indices and labels come from the data, memory from the machine, all else from the model.
  public var category: ErrorCategory {
    switch kind {
    case .index: .data
    case .memory: .resources
    case .shape, .dtype, .axis, .argument, .gradient, .notFinite: .failed
    }
  }

  /// The layer and the caller's source line, with only the known parts.
  public var place: String? {
    let text = origin.description
    return text.isEmpty ? nil : text
  }

  /// One or two sentences for a person.
  public var description: String {
    "\(operation)\(place.map { " (\($0))" } ?? ""): \(problem)" + (advice.map { "\n  hint: \($0)" } ?? "")
  }
}
