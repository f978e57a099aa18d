import ApusGraph
import ApusRuntime
import Synchronization

/// A cell of state: weights, optimizer moments, running statistics, random counters, the step number, the
/// learning rate. Never baked into a compiled program, so changing it never compiles anything again.
///
/// Inside `CompiledFunction` reading gives a placeholder and assigning becomes an update in place.
public final class Variable: @unchecked Sendable {
  /// Element type and shape; fixed.
  public let type: TensorType
  /// A name for messages; not necessarily unique.
  public let name: String

  enum Backing {
    /// A value of its own: a tensor, so that one still to be computed is computed with the rest of its task and
    /// assignments do not pile up. While it is shared somebody else may hold its memory, which must not be
    /// written then.
    case own(Tensor, isShared: Bool)
    /// A part of a flat block, at an offset in elements.
    case part(FlatStorage, offset: Int)
  }
  let backing: Mutex<Backing>
  private let version = Atomic<Int>(0)
  private let writes = Atomic<Int>(0)

  /// A cell that starts with a tensor's value.
  public init(_ initial: Tensor, name: String = "") {
    type = initial.value.type
    self.name = name
    backing = Mutex(.own(initial, isShared: true))
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

  /// Makes compiled functions that use the cell trace again: something that their traces depend on has changed,
  /// such as whether the cell is trained.
  public func invalidateTraces() {
    version.add(1, ordering: .sequentiallyConsistent)
    Self.invalidations.add(1, ordering: .sequentiallyConsistent)
  }

  /// Counts up whenever traces that use any cell become stale.
  static var invalidationCount: Int { invalidations.load(ordering: .sequentiallyConsistent) }
  private static let invalidations = Atomic<Int>(0)

  /// Changes whenever traces that use the cell become stale.
  var traceVersion: Int { version.load(ordering: .sequentiallyConsistent) }

  /// Counts up after every change of the value and whenever its memory comes to be shared, and before a program
  /// writes to it in place. Parts of a block change with the block.
  var writeVersion: Int { writes.load(ordering: .acquiring) }

  /// Counts up; returns the new count.
  @discardableResult
  func noteWriting() -> Int { writes.add(1, ordering: .acquiringAndReleasing).newValue }

  func read() -> Value {
    if let context = TraceContext.current { return context.read(self) }
    return current
  }

  /// The value outside any trace. Whoever gets it may keep its memory.
  var current: Value {
    let part: (FlatStorage, Int)
    switch backing.withLock({ backing -> Backing in
      if case .own(let tensor, false) = backing {
        backing = .own(tensor, isShared: true)
        noteWriting()
      }
      return backing
    }) {
    case .own(let tensor, _): return tensor.value
    case .part(let storage, let offset): part = (storage, offset)
    }
    return part.0.part(offset: part.1, type: type)
  }

  private func write(_ value: Value) {
    if let context = TraceContext.current { return context.assign(self, value) }
    set(value)
  }

  /// Changes the value outside any trace.
  func set(_ value: Value) {
    let tensor = Tensor(value)
    let storage: (FlatStorage, Int)? = backing.withLock { backing in
      if case .part(let storage, let offset) = backing { return (storage, offset) }
      backing = .own(tensor, isShared: true)
      return nil
    }
    noteWriting()
    if let (storage, offset) = storage { storage.setPart(offset: offset, value) }
  }

  /// Makes the cell a part of a block.
  func move(to storage: FlatStorage, offset: Int) {
    backing.withLock { $0 = .part(storage, offset: offset) }
    invalidateTraces()
  }

  // MARK: - Access for programs, on the engine's thread

  /// The value if it is still to be computed.
  var pendingValue: Value? {
    backing.withLock { backing in
      if case .own(let tensor, _) = backing, tensor.value.result == nil { return tensor.value }
      return nil
    }
  }

  /// The address of the computed value. For writing, memory that somebody else may hold is exchanged for a copy.
  func address(forWriting: Bool) throws -> UnsafeMutableRawPointer? {
    try backing.withLock { backing in
      guard case .own(let tensor, let isShared) = backing, let literal = tensor.value.result else {
        return nil
      }
      guard forWriting, isShared else { return literal.buffer.pointer }
      let copy = try Literal(dtype: literal.dtype, shape: literal.shape) { destination in
        literal.withUnsafeBytes { if $0.count > 0 { destination.copyMemory(from: $0) } }
      }
      backing = .own(Tensor(copy), isShared: false)
      return copy.buffer.pointer
    }
  }
}
