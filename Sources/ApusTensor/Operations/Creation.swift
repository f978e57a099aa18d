import ApusGraph

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
      return .constant(Literal(scalars, shape: shape).converted(to: dtype ?? Scalar.dtype))
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
      try requireSizes(shape, "full")
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
      try requireSizes(shape, "eye")
      let row = Value.iota(shape, axis: 0), column = Value.iota(shape, axis: 1)
      return (row + Double(offset)).compare(.equal, column).cast(dtype)
    }
  }

  /// The whole numbers 0, 1, … `count` − 1.
  public static func arange(
    _ count: Int, dtype: DType = .int32, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([], file, line) { () throws(GraphError) in
      try requireSizes(Shape([count]), "arange")
      return .iota(Shape([count]), dtype: dtype)
    }
  }

  /// The numbers `start`, `start + step`, … below `end` (above it when the step is negative).
  public static func arange(
    _ start: Double, _ end: Double, step: Double = 1, dtype: DType = .float32,
    file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([], file, line) { () throws(GraphError) in
      guard step != 0, let count = Int(exactly: ((end - start) / step).rounded(.up)) else {
        throw GraphError(.argument, "arange", "step \(step) does not lead from \(start) to \(end)")
      }
      let numbers = (0..<Swift.max(0, count)).map { Number.floating(start + Double($0) * step) }
      return .constant(try Literal(numbers, shape: Shape([numbers.count]), dtype: dtype, operation: "arange"))
    }
  }

  /// `count` numbers in equal steps from `start` to `end`, both included.
  public static func linspace(
    _ start: Double, _ end: Double, count: Int, dtype: DType = .float32,
    file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([], file, line) { () throws(GraphError) in
      try requireSizes(Shape([count]), "linspace")
      let numbers = (0..<count).map { index in
        Number.floating(
          index == count - 1 && count > 1
            ? end : start + (end - start) * Double(index) / Double(Swift.max(1, count - 1)))
      }
      return .constant(try Literal(numbers, shape: Shape([count]), dtype: dtype, operation: "linspace"))
    }
  }
}

/// Checks the sizes of a new tensor's axes.
func requireSizes(_ shape: Shape, _ operation: String) throws(GraphError) {
  var count = 1
  for size in shape.dimensions {
    let (product, overflow) = count.multipliedReportingOverflow(by: Swift.max(size, 1))
    guard size >= 0, !overflow else {
      throw GraphError(
        .shape, operation, "shape \(shape) has \(size < 0 ? "a negative size" : "too many elements")")
    }
    count = product
  }
}
