import ApusGraph
import ApusRuntime
import Synchronization

/// One contiguous block that holds many variables one after the other, so that an optimizer, gradient clipping
/// or an all-reduce is a single pass over memory. Each variable starts at a multiple of 16 elements; the gaps
/// stay zero.
public final class FlatStorage: @unchecked Sendable {
  /// The variables inside, in order.
  public let variables: [Variable]
  /// Where each variable starts, in elements.
  public let offsets: [Int]
  /// Number of elements in the block, gaps included.
  public let elementCount: Int
  /// The element type that all variables share.
  public let dtype: DType
  /// The block itself as a cell of rank 1. Assigning it changes every variable inside.
  public let block: Variable

  private let parts = Mutex<(block: Value?, values: [Int: Value])>((nil, [:]))

  /// Elements between neighboring variables are rounded up to this, one 64-byte line of float32.
  public static let alignment = 16

  /// Moves the variables' present values into one block. They must share one type and belong to no other block.
  /// - Throws: `GraphError` when the types differ, a value cannot be computed, or there is too little memory.
  public init(_ variables: [Variable]) throws {
    dtype = variables.first?.dtype ?? .float32
    var offset = 0
    var offsets: [Int] = []
    for variable in variables {
      guard variable.dtype == dtype else {
        throw GraphError(
          .dtype, "flat storage", "variables of \(dtype) and \(variable.dtype) cannot share one block")
      }
      offsets.append(offset)
      offset += (variable.shape.elementCount + Self.alignment - 1) / Self.alignment * Self.alignment
    }
    self.variables = variables
    self.offsets = offsets
    elementCount = offset
    try evaluate(variables.map { Tensor($0.current) })
    let dtype = dtype
    let literal = try Literal.zeros(TensorType(dtype, Shape([offset])))
    for (variable, offset) in zip(variables, offsets) {
      guard let value = variable.current.result else { continue }
      (literal.buffer.pointer + offset * dtype.byteSize).copyMemory(
        from: value.buffer.pointer, byteCount: value.byteCount)
    }
    block = Variable(Tensor(literal), name: "parameters")
    for (variable, offset) in zip(variables, offsets) {
      variable.move(to: self, offset: offset)
    }
  }

  /// A variable's part of a value of the whole block.
  func slice(_ block: Value, offset: Int, type: TensorType) -> Value {
    block.slice(starts: [offset], limits: [offset + type.shape.elementCount]).reshaped(type.shape)
  }

  /// A variable's present value: a view of the block once that is computed, so that nothing is copied.
  func part(offset: Int, type: TensorType) -> Value {
    let block = block.current
    return parts.withLock { parts in
      if parts.block != block { parts = (block, [:]) }
      if let known = parts.values[offset] { return known }
      let value: Value
      if let literal = block.result {
        let view = Buffer(
          viewOf: literal.buffer, byteOffset: offset * dtype.byteSize,
          byteCount: type.shape.elementCount * dtype.byteSize)
        value = .constant(Literal(dtype: dtype, shape: type.shape, buffer: view))
      } else {
        value = slice(block, offset: offset, type: type)
      }
      parts.values[offset] = value
      return value
    }
  }

  /// Gives one variable another value.
  func setPart(offset: Int, _ value: Value) {
    block.set(replacing(block.current, offset: offset, with: value))
  }

  /// The block with one part replaced.
  func replacing(_ block: Value, offset: Int, with value: Value) -> Value {
    let part = value.reshaped(Shape([value.shape.elementCount]))
    guard let start = Int32(exactly: offset) else {
      let before = block.slice(axis: 0, 0..<offset)
      let after = block.slice(axis: 0, (offset + part.shape.elementCount)..<block.shape.elementCount)
      return .concatenate([before, part, after], axis: 0)
    }
    return .apply(.dynamicUpdateSlice, [block, part, .constant(Literal([start], shape: [1]))])
  }
}
