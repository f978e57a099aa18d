/// Building blocks on values, shared by the gradient rules, the decompositions and `Tensor`.
/// None of them throws: an error becomes a failed value that the next evaluation throws.
extension Value {
  /// Applies an operation of one result.
  public static func apply(_ op: Op, _ inputs: [Value]) -> Value { Node.apply(op, inputs)[0] }

  /// Applies an elementwise operation of one operand.
  public func unary(_ op: UnaryOp) -> Value { .apply(.unary(op), [self]) }

  /// Applies an elementwise operation after broadcasting both operands to their common shape.
  public func binary(_ op: BinaryOp, _ other: Value) -> Value {
    Value.broadcasted(self, other, .binary(op)) { .apply(.binary(op), [$0, $1]) }
  }

  /// Compares elementwise after broadcasting; the result is `bool`.
  public func compare(_ direction: Comparison, _ other: Value) -> Value {
    Value.broadcasted(self, other, .compare(direction)) { .apply(.compare(direction), [$0, $1]) }
  }

  private static func broadcasted(
    _ left: Value, _ right: Value, _ op: Op, _ body: (Value, Value) -> Value
  ) -> Value {
    if let failure = left.failure ?? right.failure { return .failed(failure, type: left.type) }
    guard left.shape != right.shape else { return body(left, right) }
    guard let shape = Shape.broadcast(left.shape, right.shape) else {
      return .failed(
        GraphError(
          .shape, op.name, "shapes \(left.shape) and \(right.shape) cannot be broadcast together",
          advice: "axes are compared from the last one back; each pair must be equal or contain a 1"),
        type: left.type)
    }
    return body(left.broadcast(to: shape), right.broadcast(to: shape))
  }

  /// Sum, with broadcasting.
  public static func + (left: Value, right: Value) -> Value { left.binary(.add, right) }
  /// Difference, with broadcasting.
  public static func - (left: Value, right: Value) -> Value { left.binary(.subtract, right) }
  /// Product, with broadcasting.
  public static func * (left: Value, right: Value) -> Value { left.binary(.multiply, right) }
  /// Quotient, with broadcasting.
  public static func / (left: Value, right: Value) -> Value { left.binary(.divide, right) }
  /// Negation.
  public static prefix func - (value: Value) -> Value { value.unary(.negate) }
  /// Sum with a number of the value's own type.
  public static func + (left: Value, right: Double) -> Value { left + left.splat(right) }
  /// Difference with a number of the value's own type.
  public static func - (left: Value, right: Double) -> Value { left - left.splat(right) }
  /// Product with a number of the value's own type.
  public static func * (left: Value, right: Double) -> Value { left * left.splat(right) }
  /// Quotient with a number of the value's own type.
  public static func / (left: Value, right: Double) -> Value { left / left.splat(right) }
  /// Difference from a number of the value's own type.
  public static func - (left: Double, right: Value) -> Value { right.splat(left) - right }
  /// Quotient of a number of the value's own type.
  public static func / (left: Double, right: Value) -> Value { right.splat(left) / right }

  /// A scalar constant of this value's type.
  public func splat(_ number: Double) -> Value { .scalar(number, dtype) }

  /// A scalar constant.
  public static func scalar(_ number: Double, _ dtype: DType) -> Value {
    .constant(Literal(scalar: number, dtype: dtype))
  }

  /// A constant of this value's type and shape, every element the same.
  public func filled(_ number: Double) -> Value { splat(number).broadcast(to: shape) }

  /// Where `self` (bool) is true `yes`, elsewhere `no`; all three are broadcast together.
  public func select(_ yes: Value, _ no: Value) -> Value {
    if let failure = failure ?? yes.failure ?? no.failure { return .failed(failure, type: yes.type) }
    guard let first = Shape.broadcast(shape, yes.shape), let common = Shape.broadcast(first, no.shape) else {
      return .failed(
        GraphError(
          .shape, "select", "shapes \(shape), \(yes.shape) and \(no.shape) cannot be broadcast together"),
        type: yes.type)
    }
    return .apply(.select, [broadcast(to: common), yes.broadcast(to: common), no.broadcast(to: common)])
  }

  /// Limits elements to `low...high` (scalars or tensors of this shape).
  public func clamped(_ low: Value, _ high: Value) -> Value {
    .apply(.clamp, [low.broadcast(to: shape), self, high.broadcast(to: shape)])
  }

  /// Converts the elements; nothing is done where the type is already right.
  public func cast(_ dtype: DType) -> Value { dtype == self.dtype ? self : .apply(.cast(dtype), [self]) }

  /// e to the power of each element.
  public func exp() -> Value { unary(.exp) }
  /// Natural logarithm.
  public func log() -> Value { unary(.log) }
  /// Square root.
  public func sqrt() -> Value { unary(.sqrt) }
  /// 1 / square root.
  public func rsqrt() -> Value { unary(.rsqrt) }
  /// Hyperbolic tangent.
  public func tanh() -> Value { unary(.tanh) }
  /// 1 / (1 + e^−x)
  public func logistic() -> Value { unary(.logistic) }
  /// The larger of two, with broadcasting.
  public func maximum(_ other: Value) -> Value { binary(.maximum, other) }
  /// The smaller of two, with broadcasting.
  public func minimum(_ other: Value) -> Value { binary(.minimum, other) }
  /// Each element to the power of another's, with broadcasting.
  public func power(_ other: Value) -> Value { binary(.power, other) }
  /// The element times itself.
  public func squared() -> Value { self * self }
}

extension Literal {
  /// One number of the given type.
  public init(scalar number: Double, dtype: DType) {
    func scalar<Element>(_ element: Element) -> Literal {
      Literal(dtype: dtype, shape: .scalar, copying: [element])
    }
    switch dtype {
    case .float32: self = scalar(Float(number))
    case .float64: self = scalar(number)
    case .int32: self = scalar(Int32(saturating: number))
    case .int64: self = scalar(Int64(saturating: number))
    case .uint8: self = scalar(UInt8(saturating: number))
    case .uint32: self = scalar(UInt32(saturating: number))
    case .bool: self = scalar(number == 0 ? UInt8(0) : 1)
    case .bfloat16: self = scalar(BFloat16.bits(Float(number)))
    }
  }

  /// A value of zeros.
  /// - Throws: `GraphError` of kind `memory` when there is not so much.
  public static func zeros(_ type: TensorType) throws(GraphError) -> Literal {
    let literal = try Literal(uninitialized: type.dtype, type.shape)
    literal.buffer.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: literal.byteCount)
    return literal
  }
}

/// Conversions to and from the upper half of a float's bits.
public enum BFloat16 {
  /// Nearest, ties to even; NaN stays NaN.
  public static func bits(_ number: Float) -> UInt16 {
    guard !number.isNaN else { return 0x7fc0 }
    let bits = number.bitPattern
    return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ ((bits >> 16) & 1)) >> 16)
  }
  /// Exact.
  public static func float(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }
}

extension FixedWidthInteger {
  /// The nearest representable integer, truncating fractions; NaN becomes 0.
  public init(saturating number: Double) {
    if number.isNaN {
      self = 0
    } else if number >= Double(Self.max) {
      self = .max
    } else if number <= Double(Self.min) {
      self = .min
    } else {
      self = Self(number)
    }
  }
}
