import ApusGraph

extension Value {
  /// Numbers of a type at the places 0, 1, … of one axis.
  fileprivate static func spaced(
    _ count: Int, _ dtype: DType, _ operation: String, _ number: (Double) -> Double
  ) throws(GraphError) -> Value {
    let shape = Shape([count])
    try shape.requireSizes(operation)
    guard let literal = try? Literal(uninitialized: .float64, shape) else {
      throw .outOfMemory(operation, wanted: TensorType(.float64, shape).byteCount, for: "\(count) numbers")
    }
    let numbers = literal.buffer.pointer.assumingMemoryBound(to: Double.self)
    for place in 0..<count {
      numbers[place] = number(Double(place))
      if dtype.isInteger { _ = try Number.floating(numbers[place]).literal(dtype, operation) }
    }
    return .constant(literal.converted(to: dtype))
  }
}

extension Tensor {
  /// A single number: `float32` for real numbers and `int32` for whole ones unless another type is asked for.
  @_disfavoredOverload
  public init(
    _ number: some TensorNumber, dtype: DType? = nil, file: StaticString = #fileID, line: Int = #line
  ) {
    let number = number.tensorNumber
    var type = dtype ?? .float32
    if dtype == nil, case .integer = number { type = .int32 }
    self = building([], file, line) { () throws(GraphError) in .constant(try number.literal(type, "Tensor")) }
  }

  /// A single truth value.
  @_disfavoredOverload
  public init(_ truth: Bool) { self.init(Literal([truth], shape: .scalar)) }

  /// A vector of an array's elements; the type is the array's own (`[Double]` gives `float64`) unless another
  /// is asked for.
  @_disfavoredOverload
  public init<Scalar: TensorScalar>(_ scalars: [Scalar], dtype: DType? = nil) {
    self.init(scalars, shape: Shape([scalars.count]), dtype: dtype)
  }

  /// A matrix of rows, which must be equally long.
  @_disfavoredOverload
  public init<Scalar: TensorScalar>(
    _ rows: [[Scalar]], dtype: DType? = nil, file: StaticString = #fileID, line: Int = #line
  ) {
    let width = rows.first?.count ?? 0
    if let index = rows.firstIndex(where: { $0.count != width }) {
      self = building([], file, line) { () throws(GraphError) in
        throw GraphError(
          .shape, "Tensor", "row 0 has \(width) elements, row \(index) has \(rows[index].count)",
          advice: "all rows must be equally long")
      }
    } else {
      self.init(
        Array(rows.joined()), shape: Shape([rows.count, width]), dtype: dtype, file: file, line: line)
    }
  }

  /// A tensor of the given shape from its elements in row-major order.
  public init<Scalar: TensorScalar>(
    _ scalars: [Scalar], shape: Shape, dtype: DType? = nil, file: StaticString = #fileID, line: Int = #line
  ) {
    self = building([], file, line) { () throws(GraphError) in
      guard shape.dimensions.allSatisfy({ $0 >= 0 }), shape.elementCount == scalars.count else {
        throw GraphError(
          .shape, "Tensor", "\(scalars.count) elements do not fill shape \(shape)",
          advice: "the product of the sizes must be the number of elements")
      }
      let literal = Literal(scalars, shape: shape)
      guard let dtype, dtype != Scalar.dtype else { return .constant(literal) }
      try literal.requireRange(of: dtype, "Tensor")
      return .constant(literal.converted(to: dtype))
    }
  }

  /// Zeros.
  public static func zeros(
    _ shape: Shape, dtype: DType = .float32, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { full(shape, 0, dtype: dtype, file: file, line: line) }

  /// Ones.
  public static func ones(
    _ shape: Shape, dtype: DType = .float32, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { full(shape, 1, dtype: dtype, file: file, line: line) }

  /// One number everywhere.
  public static func full(
    _ shape: Shape, _ number: some TensorNumber, dtype: DType = .float32, file: StaticString = #fileID,
    line: Int = #line
  ) -> Tensor {
    building([], file, line) { () throws(GraphError) in
      try shape.requireSizes("full")
      return Value.constant(try number.tensorNumber.literal(dtype, "full")).broadcast(to: shape)
    }
  }

  /// Zeros of another tensor's shape and type.
  public static func zeros(like other: Tensor) -> Tensor { other.filled(with: 0) }
  /// Ones of another tensor's shape and type.
  public static func ones(like other: Tensor) -> Tensor { other.filled(with: 1) }

  /// A tensor of this one's shape and type with one number everywhere.
  public func filled(with number: some TensorNumber) -> Tensor {
    Tensor.numbered(Tensor(value), number.tensorNumber, "filled") {
      $1.cast(dtype).broadcast(to: $0.shape)
    }
  }

  /// A matrix with ones on a diagonal: the main one, or `offset` columns to the right of it.
  public static func eye(
    _ rows: Int, columns: Int? = nil, offset: Int = 0, dtype: DType = .float32,
    file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([], file, line) { () throws(GraphError) in
      let shape = Shape([rows, columns ?? rows])
      try shape.requireSizes("eye")
      return Value.diagonals(shape, offset: offset, .equal).cast(dtype)
    }
  }

  /// The whole numbers 0, 1, … `count` − 1.
  public static func arange(
    _ count: Int, dtype: DType = .int32, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([], file, line) { () throws(GraphError) in
      try Shape([count]).requireSizes("arange")
      return .iota(Shape([count]), dtype: dtype)
    }
  }

  /// The numbers `start`, `start + step`, … below `end` (above it when the step is negative).
  public static func arange(
    _ start: Double, _ end: Double, step: Double = 1, dtype: DType = .float32,
    file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([], file, line) { () throws(GraphError) in
      guard step != 0, let places = Int(exactly: ((end - start) / step).rounded(.up)) else {
        throw GraphError(.argument, "arange", "step \(step) does not lead from \(start) to \(end)")
      }
      let count = Swift.max(0, places)
      return try Value.spaced(count, dtype, "arange") { $0 * step + start }
    }
  }

  /// `count` numbers in equal steps from `start` to `end`, both included.
  public static func linspace(
    _ start: Double, _ end: Double, count: Int, dtype: DType = .float32,
    file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([], file, line) { () throws(GraphError) in
      try Shape([count]).requireSizes("linspace")
      let gaps = Double(Swift.max(1, count - 1))
      return try Value.spaced(count, dtype, "linspace") { place in
        // The end itself, whatever rounding does on the way.
        place == gaps && count > 1 ? end : start + (end - start) * place / gaps
      }
    }
  }
}
