import ApusGraph
import ApusRuntime

/// An array of numbers with any number of axes, computed when it is looked at.
///
/// A tensor is a value: `let b = a; a += 1` leaves `b` as it was. Operations record what is to be
/// done and return at once with the shape and type known; reading (`scalars`, `item`, printing) compiles and
/// runs everything that the current task has pending, in one program. An operation whose operands do not fit
/// yields a tensor that carries the error, and the next reading throws it.
public struct Tensor: Sendable {
  private let handle: TensorHandle

  /// The graph value behind the tensor: the way down to single graph operations.
  public var value: Value { handle.value }

  /// A tensor over a graph value.
  public init(_ value: Value) { handle = TensorHandle(value) }

  /// A tensor over a value on the host.
  public init(_ literal: Literal) { self.init(.constant(literal)) }

  /// The sizes of the axes.
  public var shape: Shape { value.shape }
  /// The element type.
  public var dtype: DType { value.dtype }
  /// Number of axes.
  public var rank: Int { value.shape.rank }
  /// Number of elements.
  public var count: Int { value.shape.elementCount }

  /// Why the tensor cannot be computed, when an operation on the way was given operands that do not fit.
  public var failure: GraphError? { value.failure }

  /// The computed value on the host. Runs what is pending.
  /// - Throws: `GraphError` when an operation on the way was given bad operands or met bad data.
  public func literal() throws -> Literal {
    if let result = value.result { return result }
    if let failure = value.failure { throw failure }
    if TraceContext.current != nil {
      throw GraphError(
        .argument, "read",
        "a tensor's numbers were asked for while a function is being traced for compilation",
        advice: "return the tensor and read it outside, or use select(_:_:_:) instead of an if on its value")
    }
    if GradientRecording.isActive { return try GradientRecording.read(value) }
    try PendingTensors.evaluate(including: [value])
    guard let result = value.result else {
      throw GraphError(.argument, "read", "the value depends on a placeholder that nobody bound")
    }
    return result
  }
}

/// Computes tensors now, in one program together with whatever else the current task has pending.
/// - Throws: `GraphError` when an operation was given bad operands or met bad data.
public func evaluate(_ tensors: [Tensor]) throws {
  for tensor in tensors { if let failure = tensor.failure { throw failure } }
  if GradientRecording.isActive { return }
  try PendingTensors.evaluate(including: tensors.map(\.value))
}

/// Computes tensors now, in one program together with whatever else the current task has pending.
/// - Throws: `GraphError` when an operation was given bad operands or met bad data.
public func evaluate(_ tensors: Tensor...) throws { try evaluate(tensors) }
