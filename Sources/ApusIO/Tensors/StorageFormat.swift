import ApusGraph

/// How a file stores one element: what is read into a `DType`, directly or by widening.
enum StorageFormat: Sendable, Equatable {
  /// The bytes of a `DType` as they are in memory.
  case direct(DType)
  /// IEEE half precision, read as `float32`.
  case float16
  /// Read as `int32`.
  case int8
  /// Read as `int32`.
  case int16
  /// Read as `int32`.
  case uint16
  /// Read as `int64`; what does not fit is an error.
  case uint64

  /// Bytes that one element takes in the file.
  var byteSize: Int {
    switch self {
    case .direct(let dtype): dtype.byteSize
    case .int8: 1
    case .float16, .int16, .uint16: 2
    case .uint64: 8
    }
  }

  /// The type that the elements have once read.
  var dtype: DType {
    switch self {
    case .direct(let dtype): dtype
    case .float16: .float32
    case .int8, .int16, .uint16: .int32
    case .uint64: .int64
    }
  }

  /// What keeps bytes from being elements of the format.
  struct Failure: Error {
    let problem: String
  }

  /// A value with the elements that `fill` writes in this format.
  ///
  /// - Parameters:
  ///   - shape: The axis sizes.
  ///   - isSwapped: Whether each element's bytes come in the order that this machine does not use.
  ///   - fill: Writes the bytes as they are stored.
  /// - Returns: The value in the nearest `DType`.
  /// - Throws: What `fill` throws.
  func literal(
    shape: Shape, isSwapped: Bool = false, fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> Literal {
    let count = shape.elementCount
    if case .direct(let dtype) = self {
      return try Literal(dtype: dtype, shape: shape) { bytes in
        try fill(bytes)
        if isSwapped { Self.swapBytes(bytes, elementSize: dtype.byteSize) }
        if dtype == .bool { try Self.checkTruth(bytes) }
      }
    }
    let stored = try Buffer(byteCount: count * byteSize)
    let bytes = UnsafeMutableRawBufferPointer(start: stored.pointer, count: count * byteSize)
    try fill(bytes)
    if isSwapped { Self.swapBytes(bytes, elementSize: byteSize) }
    return try withExtendedLifetime(stored) {
      try Literal(dtype: dtype, shape: shape) { try widen(UnsafeRawBufferPointer(bytes), into: $0) }
    }
  }

  private func widen(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) throws {
    switch self {
    case .direct: target.copyMemory(from: source)
    case .float16:
      Self.convert(source, target, UInt16.self) { Float(halfPrecisionBits: $0) }
    case .int8: Self.convert(source, target, Int8.self) { Int32($0) }
    case .int16: Self.convert(source, target, Int16.self) { Int32($0) }
    case .uint16: Self.convert(source, target, UInt16.self) { Int32($0) }
    case .uint64:
      let values = source.bindMemory(to: UInt64.self)
      if let index = values.firstIndex(where: { $0 > UInt64(Int64.max) }) {
        throw Failure(problem: "element \(index) is \(values[index]), which int64 cannot hold")
      }
      target.copyMemory(from: source)
    }
  }

  private static func convert<Stored, Element>(
    _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, _: Stored.Type,
    _ body: (Stored) -> Element
  ) {
    let values = source.bindMemory(to: Stored.self)
    let results = target.bindMemory(to: Element.self)
    for index in values.indices { results[index] = body(values[index]) }
  }

  private static func checkTruth(_ bytes: UnsafeMutableRawBufferPointer) throws {
    if let index = bytes.firstIndex(where: { $0 > 1 }) {
      throw Failure(problem: "element \(index) is \(bytes[index]), a truth value is 0 or 1")
    }
  }

  private static func swapBytes(_ bytes: UnsafeMutableRawBufferPointer, elementSize: Int) {
    guard elementSize > 1 else { return }
    for start in stride(from: 0, to: bytes.count, by: elementSize) {
      for index in 0..<elementSize / 2 { bytes.swapAt(start + index, start + elementSize - 1 - index) }
    }
  }
}

extension Float {
  /// The number that sixteen bits stand for in IEEE half precision. Every one is exact in `Float`.
  init(halfPrecisionBits bits: UInt16) {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10 & 0x1f)
    let fraction = UInt32(bits & 0x3ff)
    switch exponent {
    case 0:
      let magnitude = Float(fraction) * 0x1p-24
      self = Float(bitPattern: magnitude.bitPattern | sign)
    case 31: self = Float(bitPattern: sign | 0x7f80_0000 | fraction << 13)
    default: self = Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}

extension Shape {
  /// Sizes read from a file, whose product with `elementSize` must fit the machine; nil otherwise.
  init?(checked dimensions: [Int], elementSize: Int) {
    guard dimensions.allSatisfy({ $0 >= 0 }) else { return nil }
    // A zero makes the product small whatever the rest is, so the rest is checked apart.
    var product = elementSize
    for size in dimensions where size > 0 {
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      guard !overflow else { return nil }
      product = next
    }
    self.init(dimensions)
  }
}
