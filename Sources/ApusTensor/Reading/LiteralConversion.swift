import ApusGraph

extension Literal {
  /// The same numbers as another type. Fractions are cut off, numbers other than 0 become true, and what a
  /// type cannot hold becomes its nearest bound.
  public func converted(to dtype: DType) -> Literal {
    if dtype == self.dtype { return self }
    let count = shape.elementCount
    if let integers = wholeNumbers {
      // Not by way of Double, which holds whole numbers up to 2^53 only.
      switch dtype {
      case .int32: return Literal(integers.map { Int32(clamping: $0) }, shape: shape)
      case .int64: return Literal(integers, shape: shape)
      case .uint8: return Literal(integers.map { UInt8(clamping: $0) }, shape: shape)
      case .uint32: return Literal(integers.map { UInt32(clamping: $0) }, shape: shape)
      default: break
      }
    }
    let numbers = doubles
    return Literal(dtype: dtype, shape: shape) { bytes in
      func store<Element>(_ convert: (Double) -> Element) {
        for index in 0..<count {
          bytes.storeBytes(
            of: convert(numbers[index]), toByteOffset: index * MemoryLayout<Element>.stride, as: Element.self)
        }
      }
      switch dtype {
      case .float32: store { Float($0) }
      case .float64: store { $0 }
      case .int32: store { Int32(saturating: $0) }
      case .int64: store { Int64(saturating: $0) }
      case .uint8: store { UInt8(saturating: $0) }
      case .uint32: store { UInt32(saturating: $0) }
      case .bool: store { $0 == 0 ? UInt8(0) : 1 }
      case .bfloat16: store { BFloat16.bits(Float($0)) }
      }
    }
  }

  /// The elements of an integer type, nil for the others.
  private var wholeNumbers: [Int64]? {
    switch dtype {
    case .int32: scalars(as: Int32.self).map(Int64.init)
    case .int64: scalars(as: Int64.self)
    case .uint8: scalars(as: UInt8.self).map(Int64.init)
    case .uint32: scalars(as: UInt32.self).map(Int64.init)
    default: nil
    }
  }
}
