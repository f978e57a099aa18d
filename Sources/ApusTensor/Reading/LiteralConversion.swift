import ApusGraph

extension Literal {
  /// The same numbers as another type. Fractions are cut off, numbers other than 0 become true, and what a
  /// type cannot hold becomes its nearest bound.
  public func converted(to dtype: DType) -> Literal {
    if dtype == self.dtype { return self }
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
    switch dtype {
    case .float32: return Literal(numbers.map { Float($0) }, shape: shape)
    case .float64: return Literal(numbers, shape: shape)
    case .int32: return Literal(numbers.map { Int32(saturating: $0) }, shape: shape)
    case .int64: return Literal(numbers.map { Int64(saturating: $0) }, shape: shape)
    case .uint8: return Literal(numbers.map { UInt8(saturating: $0) }, shape: shape)
    case .uint32: return Literal(numbers.map { UInt32(saturating: $0) }, shape: shape)
    case .bool: return Literal(numbers.map { $0 != 0 }, shape: shape)
    case .bfloat16:
      return Literal(dtype: .bfloat16, shape: shape, copying: numbers.map { BFloat16.bits(Float($0)) })
    }
  }

  /// Checks that a type of whole numbers holds every element, fractions cut off.
  func requireRange(of dtype: DType, _ operation: String) throws(GraphError) {
    guard let range = dtype.integerRange else { return }
    func refuse(_ element: String, _ place: Int) -> GraphError {
      GraphError(
        .dtype, operation, "\(element) at position \(place) does not fit into \(dtype), which holds \(range)")
    }
    if let integers = wholeNumbers {
      if let place = integers.firstIndex(where: { !range.contains($0) }) {
        throw refuse("\(integers[place])", place)
      }
      return
    }
    // The bounds as doubles; those of int64 are whole themselves, the upper one being 2^63.
    let lower = dtype == .int64 ? Double(range.lowerBound) : (Double(range.lowerBound) - 1).nextUp
    let bounds = lower..<(Double(range.upperBound) + (dtype == .int64 ? 0 : 1))
    for (place, number) in doubles.enumerated() where !bounds.contains(number) {
      throw refuse("\(number)", place)
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
