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
public struct GraphError: Error, Sendable, Hashable {
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
  }

  /// The family of the mistake.
  public var kind: Kind
  /// The operation in the field's words: `matmul`, `convolution`.
  public var operation: String
  /// What was expected and what came.
  public var message: String
  /// What to do next; empty when there is no single likely fix.
  public var hint: String
  /// The layer and source line that asked for the operation.
  public var origin: Origin

  /// An error of an operation in the current origin.
  public init(
    _ kind: Kind, _ operation: String, _ message: String, hint: String = "", origin: Origin = .current
  ) {
    self.kind = kind
    self.operation = operation
    self.message = message
    self.hint = hint
    self.origin = origin
  }
}

extension GraphError: CustomStringConvertible {
  /// One or two sentences for a person.
  public var description: String {
    let place = origin.description
    return "\(operation)\(place.isEmpty ? "" : " (\(place))"): \(message)"
      + (hint.isEmpty ? "" : "\n  hint: \(hint)")
  }
}
