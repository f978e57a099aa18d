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
    precondition(buffer.byteCount >= shape.elementCount * dtype.byteSize, "buffer shorter than its shape")
    self.dtype = dtype
    self.shape = shape
    self.buffer = buffer
  }

  /// A value whose bytes `fill` writes, every one of them.
  public init(dtype: DType, shape: Shape, fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
    let byteCount = shape.elementCount * dtype.byteSize
    let buffer = Buffer(byteCount: byteCount)
    try fill(UnsafeMutableRawBufferPointer(start: buffer.pointer, count: byteCount))
    self.init(dtype: dtype, shape: shape, buffer: buffer)
  }

  /// A value with the given elements, which must be as many as the shape holds.
  public init<Scalar: TensorScalar>(_ scalars: [Scalar], shape: Shape) {
    precondition(scalars.count == shape.elementCount, "\(scalars.count) elements for shape \(shape)")
    self.init(dtype: Scalar.dtype, shape: shape) { destination in
      scalars.withUnsafeBytes { if $0.count > 0 { destination.copyMemory(from: $0) } }
    }
  }

  /// Gives the literal new memory, uninitialised, if anybody else may look at what it has.
  package mutating func makeWritable() {
    if !isKnownUniquelyReferenced(&buffer) { buffer = Buffer(byteCount: byteCount) }
  }

  /// Number of bytes of the value itself.
  public var byteCount: Int { shape.elementCount * dtype.byteSize }

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
