import ApusGraph
import ApusRuntime
import Synchronization

/// A cell of state: weights, optimizer moments, running statistics, random counters, the step number, the
/// learning rate. Never baked into a compiled program, so changing it never compiles anything again.
///
/// Inside `compile { }` reading gives a placeholder and assigning becomes an update in place.
public final class Variable: @unchecked Sendable {
  /// Element type and shape; fixed.
  public let type: TensorType
  /// A name for messages; not necessarily unique.
  public let name: String

  enum Backing {
    /// A value of its own.
    case own(Value)
    /// A part of a flat block, at an offset in elements.
    case part(FlatStorage, offset: Int)
  }
  let backing: Mutex<Backing>

  /// A cell that starts with a tensor's value.
  public init(_ initial: Tensor, name: String = "") {
    type = initial.value.type
    self.name = name
    backing = Mutex(.own(initial.value))
  }

  /// A cell that starts with a number.
  public convenience init(_ number: Double, dtype: DType = .float32, name: String = "") {
    self.init(Tensor(Literal(scalar: number, dtype: dtype)), name: name)
  }

  /// The sizes of the axes.
  public var shape: Shape { type.shape }
  /// The element type.
  public var dtype: DType { type.dtype }

  /// The present value, or during a trace the value that the cell will have at this point.
  public var tensor: Tensor { Tensor(read()) }

  /// Gives the cell another value of the same type and shape.
  ///
  /// A tensor of another type or shape makes the cell fail: the next evaluation throws an error that says so.
  public func assign(_ tensor: Tensor) {
    guard tensor.failure == nil, tensor.value.type != type else { return write(tensor.value) }
    write(
      .failed(
        GraphError(
          .shape, "assign",
          "variable\(name.isEmpty ? "" : " '\(name)'") holds \(type) and was given \(tensor.value.type)"),
        type: type))
  }

  func read() -> Value {
    if let context = TraceContext.current { return context.read(self) }
    return current
  }

  /// The value outside any trace.
  var current: Value {
    switch backing.withLock({ $0 }) {
    case .own(let value): return value
    case .part(let storage, let offset): return storage.part(offset: offset, type: type)
    }
  }

  private func write(_ value: Value) {
    if let context = TraceContext.current { return context.assign(self, value) }
    set(value)
  }

  /// Changes the value outside any trace.
  func set(_ value: Value) {
    let storage: (FlatStorage, Int)? = backing.withLock { backing in
      if case .part(let storage, let offset) = backing { return (storage, offset) }
      backing = .own(value)
      return nil
    }
    if let (storage, offset) = storage { storage.setPart(offset: offset, value) }
  }
}
