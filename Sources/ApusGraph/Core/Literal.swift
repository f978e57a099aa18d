/// A tensor's value on the host: element type, shape and row-major bytes.
///
/// What files are read into, what constants hold, and what an evaluation returns.
public struct Literal: Sendable {
  /// The element type.
  public let dtype: DType
  /// The axis sizes.
  public let shape: Shape
  /// `shape.elementCount * dtype.byteSize` bytes in row-major order. Not to be written once shared.
  public private(set) var buffer: Buffer

  /// A value over existing memory.
  public init(dtype: DType, shape: Shape, buffer: Buffer) {
    precondition(buffer.byteCount >= TensorType(dtype, shape).byteCount, "buffer shorter than its shape")
    self.dtype = dtype
    self.shape = shape
    self.buffer = buffer
  }

  /// A value in memory that is not written yet. Not to be shared before it is.
  /// - Throws: `GraphError` of kind `memory` when there is not so much.
  public init(uninitialized dtype: DType, _ shape: Shape) throws(GraphError) {
    let type = TensorType(dtype, shape)
    guard let buffer = try? Buffer(byteCount: type.byteCount) else {
      throw .outOfMemory("memory", wanted: type.byteCount, for: "\(type)")
    }
    self.init(dtype: dtype, shape: shape, buffer: buffer)
  }

  /// A value whose bytes `fill` writes, every one of them.
  /// - Throws: `GraphError` of kind `memory` when there is not so much; whatever `fill` throws.
  public init(dtype: DType, shape: Shape, fill: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
    try self.init(uninitialized: dtype, shape)
    try fill(UnsafeMutableRawBufferPointer(start: buffer.pointer, count: byteCount))
  }

  /// A value with the given elements, which must be as many as the shape holds.
  public init<Scalar: TensorScalar>(_ scalars: [Scalar], shape: Shape) {
    precondition(scalars.count == shape.elementCount, "\(scalars.count) elements for shape \(shape)")
    self.init(dtype: Scalar.dtype, shape: shape, copying: scalars)
  }

  /// A value with the bytes of an array, which must be as many as it has.
  package init<Element>(dtype: DType, shape: Shape, copying elements: [Element]) {
    buffer = elements.withUnsafeBytes { bytes in
      let buffer = Buffer(copyOf: bytes.count)
      if let source = bytes.baseAddress { buffer.pointer.copyMemory(from: source, byteCount: bytes.count) }
      return buffer
    }
    self.dtype = dtype
    self.shape = shape
  }

  /// Gives the literal new memory, uninitialized, if anybody else may look at what it has.
  /// - Throws: `GraphError` of kind `memory` when there is not so much.
  package mutating func makeWritable() throws(GraphError) {
    if !isKnownUniquelyReferenced(&buffer) { self = try Literal(uninitialized: dtype, shape) }
  }

  /// Number of bytes of the value itself.
  public var byteCount: Int { TensorType(dtype, shape).byteCount }

  /// The bytes, for reading.
  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(buffer) {
      try body(UnsafeRawBufferPointer(start: buffer.pointer, count: byteCount))
    }
  }

  /// The same bytes under another shape of as many elements.
  public func reshaped(_ shape: Shape) -> Literal {
    precondition(shape.elementCount == self.shape.elementCount, "\(self.shape) cannot become \(shape)")
    return Literal(dtype: dtype, shape: shape, buffer: buffer)
  }

  /// The elements as doubles, whatever the type (64-bit integers beyond 2^53 are rounded).
  public var doubles: [Double] {
    withUnsafeBytes { bytes in
      let count = shape.elementCount
      func load<Element, Number>(_: Element.Type, _ convert: (Element) -> Number) -> [Number] {
        (0..<count).map {
          convert(bytes.load(fromByteOffset: $0 * MemoryLayout<Element>.size, as: Element.self))
        }
      }
      switch dtype {
      case .float32: return load(Float.self) { Double($0) }
      case .float64: return load(Double.self) { $0 }
      case .int32: return load(Int32.self) { Double($0) }
      case .int64: return load(Int64.self) { Double($0) }
      case .uint8: return load(UInt8.self) { Double($0) }
      case .bool: return load(UInt8.self) { $0 == 0 ? 0 : 1 }
      case .uint32: return load(UInt32.self) { Double($0) }
      case .bfloat16: return load(UInt16.self) { Double(Float(bitPattern: UInt32($0) << 16)) }
      }
    }
  }

  /// The elements in the given Swift type, which must be the one that `dtype` stands for.
  public func scalars<Scalar: TensorScalar>(as type: Scalar.Type) -> [Scalar] {
    precondition(Scalar.dtype == dtype, "a \(dtype) value read as \(Scalar.dtype)")
    return withUnsafeBytes { Array($0.bindMemory(to: Scalar.self)) }
  }
}

extension Literal: Equatable {
  /// Whether type, shape and every bit are the same. So a NaN equals itself if its bits do, and 0 does not equal −0: two
  /// equal literals cannot be told apart by anything that is computed from them.
  public static func == (left: Literal, right: Literal) -> Bool {
    guard left.dtype == right.dtype, left.shape == right.shape else { return false }
    return left.buffer === right.buffer
      || left.withUnsafeBytes { left in right.withUnsafeBytes { left.elementsEqual($0) } }
  }
}
