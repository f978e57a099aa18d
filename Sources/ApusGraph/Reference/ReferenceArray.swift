/// A value under interpretation. Real types are held as `Double` and rounded to the type after every
/// operation; whole numbers and `bool` are held as `Int64` and wrapped to the type's width.
struct ReferenceArray {
  enum Elements {
    case real([Double])
    case whole([Int64])
  }

  let type: TensorType
  let elements: Elements

  var dtype: DType { type.dtype }
  var shape: Shape { type.shape }
  var count: Int { type.shape.elementCount }

  /// Rounds each element to the type.
  init(_ dtype: DType, _ shape: Shape, reals: [Double]) {
    type = TensorType(dtype, shape)
    switch dtype {
    case .float32: elements = .real(reals.map { Double(Float($0)) })
    case .bfloat16: elements = .real(reals.map { Double(BFloat16.float(BFloat16.bits(Float($0)))) })
    default: elements = .real(reals)
    }
  }

  /// Wraps each element to the type's width.
  init(_ dtype: DType, _ shape: Shape, wholes: [Int64]) {
    type = TensorType(dtype, shape)
    switch dtype {
    case .int32: elements = .whole(wholes.map { Int64(Int32(truncatingIfNeeded: $0)) })
    case .uint8: elements = .whole(wholes.map { Int64(UInt8(truncatingIfNeeded: $0)) })
    case .uint32: elements = .whole(wholes.map { Int64(UInt32(truncatingIfNeeded: $0)) })
    default: elements = .whole(wholes)
    }
  }

  /// Elements that are in the type's range already.
  init(_ dtype: DType, _ shape: Shape, _ elements: Elements) {
    type = TensorType(dtype, shape)
    self.elements = elements
  }

  /// One number everywhere.
  init(_ dtype: DType, _ shape: Shape, filled number: Double) {
    let count = shape.elementCount
    if dtype.isFloating {
      self.init(dtype, shape, reals: Array(repeating: number, count: count))
    } else {
      self.init(dtype, shape, wholes: Array(repeating: Int64(saturating: number), count: count))
    }
  }

  /// A host value.
  init(_ literal: Literal) {
    type = TensorType(literal.dtype, literal.shape)
    guard !literal.dtype.isFloating else {
      elements = .real(literal.doubles)
      return
    }
    let count = literal.shape.elementCount
    elements = .whole(
      literal.withUnsafeBytes { bytes in
        func load<Element: FixedWidthInteger>(_: Element.Type) -> [Int64] {
          (0..<count).map {
            Int64(bytes.load(fromByteOffset: $0 * MemoryLayout<Element>.size, as: Element.self))
          }
        }
        switch literal.dtype {
        case .int32: return load(Int32.self)
        case .int64: return load(Int64.self)
        case .uint32: return load(UInt32.self)
        case .bool: return load(UInt8.self).map { $0 == 0 ? 0 : 1 }
        default: return load(UInt8.self)
        }
      })
  }

  /// The value for the host.
  func literal() throws -> Literal {
    try Literal(dtype: dtype, shape: shape) { bytes in
      func store<Number, Element>(_ numbers: [Number], _ convert: (Number) -> Element) {
        for (index, number) in numbers.enumerated() {
          bytes.storeBytes(
            of: convert(number), toByteOffset: index * MemoryLayout<Element>.size, as: Element.self)
        }
      }
      switch (elements, dtype) {
      case (.real(let numbers), .float32): store(numbers) { Float($0) }
      case (.real(let numbers), .bfloat16): store(numbers) { BFloat16.bits(Float($0)) }
      case (.real(let numbers), _): store(numbers) { $0 }
      case (.whole(let numbers), .int64): store(numbers) { $0 }
      case (.whole(let numbers), .int32): store(numbers) { Int32(truncatingIfNeeded: $0) }
      case (.whole(let numbers), .uint32): store(numbers) { UInt32(truncatingIfNeeded: $0) }
      case (.whole(let numbers), _): store(numbers) { UInt8(truncatingIfNeeded: $0) }
      }
    }
  }

  /// The elements at flat positions; `fill`, which must be one number of the same type, where a position is -1.
  func picking(_ positions: [Int], shape: Shape, fill: ReferenceArray? = nil) -> ReferenceArray {
    switch elements {
    case .real(let numbers):
      let filler = fill?.reals[0] ?? 0
      return ReferenceArray(dtype, shape, .real(positions.map { $0 < 0 ? filler : numbers[$0] }))
    case .whole(let numbers):
      let filler = fill?.wholes[0] ?? 0
      return ReferenceArray(dtype, shape, .whole(positions.map { $0 < 0 ? filler : numbers[$0] }))
    }
  }

  /// Some elements in place of others: element i of `updates` goes to flat position `positions[i]`.
  func replacing(_ positions: [Int], with updates: ReferenceArray) -> ReferenceArray {
    var origins = Array(0..<count)
    for (index, position) in positions.enumerated() { origins[position] = count + index }
    return ReferenceArray.joined([self, updates], dtype, Shape([count + updates.count]))
      .picking(origins, shape: shape)
  }

  /// The elements of all parts one after the other.
  static func joined(_ parts: [ReferenceArray], _ dtype: DType, _ shape: Shape) -> ReferenceArray {
    if dtype.isFloating { return ReferenceArray(dtype, shape, .real(parts.flatMap(\.reals))) }
    return ReferenceArray(dtype, shape, .whole(parts.flatMap(\.wholes)))
  }

  /// The same elements under another shape.
  func reshaped(_ shape: Shape) -> ReferenceArray { ReferenceArray(dtype, shape, elements) }

  /// The elements of a real type; whole numbers are converted.
  var reals: [Double] {
    switch elements {
    case .real(let numbers): numbers
    case .whole(let numbers): numbers.map { Double($0) }
    }
  }

  /// The elements of a whole type; fractions of real ones are cut off.
  var wholes: [Int64] {
    switch elements {
    case .real(let numbers): numbers.map { Int64(saturating: $0) }
    case .whole(let numbers): numbers
    }
  }

  /// The sizes in front of an axis, of the axis, and behind it, multiplied together.
  func extents(axis: Int) -> (outer: Int, axis: Int, inner: Int) {
    let dimensions = shape.dimensions
    return (
      dimensions[..<axis].reduce(1, *), dimensions[axis], dimensions[(axis + 1)...].reduce(1, *)
    )
  }
}

/// Flat positions of a box of elements in row-major order: along each axis the places listed, a stride apart.
/// -1 where any of an element's places is -1.
func flatPositions(_ axes: [(places: [Int], stride: Int)]) -> [Int] {
  var result = [0]
  for (places, stride) in axes {
    var next: [Int] = []
    next.reserveCapacity(result.count * places.count)
    for base in result {
      for place in places { next.append(base < 0 || place < 0 ? -1 : base + place * stride) }
    }
    result = next
  }
  return result
}
