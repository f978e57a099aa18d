import ApusGraph

extension DType {
  /// The type in which values of two types are combined.
  ///
  /// * equal types stay as they are;
  /// * `bool` with numbers gives the numbers' type;
  /// * whole numbers with real numbers give the real type (`int64` with `float32` is `float32`);
  /// * real numbers give the wider type (`bfloat16` with `float32` is `float32`);
  /// * whole numbers give a type that holds both (`int32` with `uint32` is `int64`).
  public static func promoted(_ left: DType, _ right: DType) -> DType {
    if left == right { return left }
    if (left == .int32 && right == .uint32) || (left == .uint32 && right == .int32) { return .int64 }
    return left.promotionRank >= right.promotionRank ? left : right
  }

  private var promotionRank: Int {
    switch self {
    case .bool: 0
    case .uint8: 1
    case .uint32: 2
    case .int32: 3
    case .int64: 4
    case .bfloat16: 5
    case .float32: 6
    case .float64: 7
    }
  }

  /// The whole numbers that an integer type holds, nil for the others.
  var integerRange: ClosedRange<Int64>? {
    switch self {
    case .int32: Int64(Int32.min)...Int64(Int32.max)
    case .int64: Int64.min...Int64.max
    case .uint8: 0...255
    case .uint32: 0...Int64(UInt32.max)
    default: nil
    }
  }
}

/// A number as it stands in a program, before it takes on a tensor's type.
public enum Number: Sendable, Hashable {
  /// A whole number.
  case integer(Int64)
  /// A real number.
  case floating(Double)

  /// The number as a double.
  var double: Double {
    switch self {
    case .integer(let integer): Double(integer)
    case .floating(let floating): floating
    }
  }
}

/// A Swift number that can stand beside a tensor in an expression. It takes on the tensor's type.
public protocol TensorNumber: TensorScalar {
  /// The number itself.
  var tensorNumber: Number { get }
}

extension Float: TensorNumber {
  /// The number itself.
  public var tensorNumber: Number { .floating(Double(self)) }
}
extension Double: TensorNumber {
  /// The number itself.
  public var tensorNumber: Number { .floating(self) }
}
extension Int: TensorNumber {
  /// The number itself.
  public var tensorNumber: Number { .integer(Int64(self)) }
}
extension Int32: TensorNumber {
  /// The number itself.
  public var tensorNumber: Number { .integer(Int64(self)) }
}
extension Int64: TensorNumber {
  /// The number itself.
  public var tensorNumber: Number { .integer(self) }
}
extension UInt8: TensorNumber {
  /// The number itself.
  public var tensorNumber: Number { .integer(Int64(self)) }
}
extension UInt32: TensorNumber {
  /// The number itself.
  public var tensorNumber: Number { .integer(Int64(self)) }
}

extension Number {
  /// The number as a scalar of a type, which must be able to hold it.
  func literal(_ dtype: DType, _ operation: String) throws(GraphError) -> Literal {
    guard let range = dtype.integerRange else { return Literal(scalar: double, dtype: dtype) }
    let whole: Int64
    switch self {
    case .integer(let integer): whole = integer
    case .floating(let floating):
      guard let exact = Int64(exactly: floating) else {
        throw GraphError(
          .dtype, operation, "\(floating) is not a whole number and the tensor holds \(dtype)",
          advice: "convert the tensor first with .cast(to: .float32)")
      }
      whole = exact
    }
    guard range.contains(whole) else {
      throw GraphError(
        .dtype, operation, "\(whole) does not fit into \(dtype), which holds \(range)",
        advice: "convert the tensor first with .cast(to:)")
    }
    switch dtype {
    case .int64: return Literal([whole], shape: .scalar)
    default: return Literal(scalar: Double(whole), dtype: dtype)
    }
  }

  /// The number beside a tensor: both in the type in which they are combined.
  func paired(with value: Value, _ operation: String) throws(GraphError) -> (tensor: Value, number: Value) {
    var tensor = value
    if value.dtype == .bool {
      switch self {
      case .integer: tensor = value.cast(.int32)
      case .floating: tensor = value.cast(.float32)
      }
    }
    return (tensor, .constant(try literal(tensor.dtype, operation)))
  }
}

extension Value {
  /// Both values in the type in which they are combined.
  static func promoted(_ left: Value, _ right: Value) -> (Value, Value) {
    let dtype = DType.promoted(left.dtype, right.dtype)
    return (left.cast(dtype), right.cast(dtype))
  }

  /// This value as what is put into a tensor of a type. Real numbers do not go into whole ones unless they are
  /// written out and have no fraction.
  func put(into dtype: DType, _ operation: String) throws(GraphError) -> Value {
    guard self.dtype.isFloating, dtype.isInteger else { return cast(dtype) }
    guard let known = result, known.shape.elementCount <= GraphKey.smallLimit else {
      throw GraphError(
        .dtype, operation, "\(self.dtype) numbers are put into a tensor of \(dtype)",
        advice: "convert them first with .cast(to: .\(dtype))")
    }
    return .constant(
      try Literal(known.doubles.map { .floating($0) }, shape: shape, dtype: dtype, operation: operation))
  }
}
