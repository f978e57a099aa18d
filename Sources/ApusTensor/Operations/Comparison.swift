import ApusGraph

// Elementwise comparison uses SIMD's operators: `x .< y` is a tensor of `bool`.

extension Tensor {
  static func compare(_ direction: Comparison, _ left: Tensor, _ right: Tensor) -> Tensor {
    if left.dtype == right.dtype { return Tensor(left.value.compare(direction, right.value)) }
    let (a, b) = Value.promoted(left.value, right.value)
    return Tensor(a.compare(direction, b))
  }

  static func compare(_ direction: Comparison, _ left: Tensor, _ right: Number) -> Tensor {
    // A whole number is compared with a fraction as real numbers: nothing is lost that way.
    if case .floating(let number) = right, left.dtype.isInteger, Int64(exactly: number) == nil {
      return numbered(Tensor(left.value.floating), right, direction.rawValue) { $0.compare(direction, $1) }
    }
    return numbered(left, right, direction.rawValue) { $0.compare(direction, $1) }
  }

  /// Whether elements are equal, with broadcasting.
  public static func .== (left: Tensor, right: Tensor) -> Tensor { compare(.equal, left, right) }
  /// Whether elements are equal.
  public static func .== (left: Tensor, right: some TensorNumber) -> Tensor {
    compare(.equal, left, right.tensorNumber)
  }
  /// Whether elements are equal.
  public static func .== (left: some TensorNumber, right: Tensor) -> Tensor {
    compare(.equal, right, left.tensorNumber)
  }

  /// Whether elements differ, with broadcasting.
  public static func .!= (left: Tensor, right: Tensor) -> Tensor { compare(.notEqual, left, right) }
  /// Whether elements differ.
  public static func .!= (left: Tensor, right: some TensorNumber) -> Tensor {
    compare(.notEqual, left, right.tensorNumber)
  }
  /// Whether elements differ.
  public static func .!= (left: some TensorNumber, right: Tensor) -> Tensor {
    compare(.notEqual, right, left.tensorNumber)
  }

  /// Whether the left element is below the right, with broadcasting.
  public static func .< (left: Tensor, right: Tensor) -> Tensor { compare(.less, left, right) }
  /// Whether the left element is below the right.
  public static func .< (left: Tensor, right: some TensorNumber) -> Tensor {
    compare(.less, left, right.tensorNumber)
  }
  /// Whether the left element is below the right.
  public static func .< (left: some TensorNumber, right: Tensor) -> Tensor {
    compare(.greater, right, left.tensorNumber)
  }

  /// Whether the left element is at most the right, with broadcasting.
  public static func .<= (left: Tensor, right: Tensor) -> Tensor { compare(.lessOrEqual, left, right) }
  /// Whether the left element is at most the right.
  public static func .<= (left: Tensor, right: some TensorNumber) -> Tensor {
    compare(.lessOrEqual, left, right.tensorNumber)
  }
  /// Whether the left element is at most the right.
  public static func .<= (left: some TensorNumber, right: Tensor) -> Tensor {
    compare(.greaterOrEqual, right, left.tensorNumber)
  }

  /// Whether the left element is above the right, with broadcasting.
  public static func .> (left: Tensor, right: Tensor) -> Tensor { compare(.greater, left, right) }
  /// Whether the left element is above the right.
  public static func .> (left: Tensor, right: some TensorNumber) -> Tensor {
    compare(.greater, left, right.tensorNumber)
  }
  /// Whether the left element is above the right.
  public static func .> (left: some TensorNumber, right: Tensor) -> Tensor {
    compare(.less, right, left.tensorNumber)
  }

  /// Whether the left element is at least the right, with broadcasting.
  public static func .>= (left: Tensor, right: Tensor) -> Tensor { compare(.greaterOrEqual, left, right) }
  /// Whether the left element is at least the right.
  public static func .>= (left: Tensor, right: some TensorNumber) -> Tensor {
    compare(.greaterOrEqual, left, right.tensorNumber)
  }
  /// Whether the left element is at least the right.
  public static func .>= (left: some TensorNumber, right: Tensor) -> Tensor {
    compare(.lessOrEqual, right, left.tensorNumber)
  }
}

extension Tensor {
  /// Whether both are true, with broadcasting. Both sides are always computed.
  public static func && (left: Tensor, right: Tensor) -> Tensor { logical(.and, left, right) }
  /// Whether at least one is true, with broadcasting. Both sides are always computed.
  public static func || (left: Tensor, right: Tensor) -> Tensor { logical(.or, left, right) }
  /// Whether the element is false.
  public static prefix func ! (tensor: Tensor) -> Tensor { Tensor(tensor.truth.unary(.not)) }
  /// Bits that both have (for `bool`: both are true), with broadcasting.
  public static func & (left: Tensor, right: Tensor) -> Tensor { binary(.and, left, right) }
  /// Bits that at least one has, with broadcasting.
  public static func | (left: Tensor, right: Tensor) -> Tensor { binary(.or, left, right) }
  /// Bits that exactly one has, with broadcasting.
  public static func ^ (left: Tensor, right: Tensor) -> Tensor { binary(.xor, left, right) }
  /// Bits turned over.
  public static prefix func ~ (tensor: Tensor) -> Tensor { Tensor(tensor.value.unary(.not)) }
  /// Bits moved towards the high end, zeros following.
  public static func << (left: Tensor, right: some TensorNumber) -> Tensor {
    shifted(.shiftLeft, left, right.tensorNumber)
  }
  /// Bits moved towards the low end; the sign stays.
  public static func >> (left: Tensor, right: some TensorNumber) -> Tensor {
    shifted(.shiftRight, left, right.tensorNumber)
  }

  private static func shifted(_ op: BinaryOp, _ left: Tensor, _ count: Number) -> Tensor {
    guard count.double >= 0 || left.failure != nil else {
      return Tensor(
        .failed(
          GraphError(.argument, op.rawValue, "bits moved by \(count.double) places, which must be 0 or more"),
          type: left.value.type))
    }
    return binary(op, left, count)
  }

  private static func logical(_ op: BinaryOp, _ left: Tensor, _ right: Tensor) -> Tensor {
    Tensor(left.truth.binary(op, right.truth))
  }

  /// The elements as truth values: numbers other than 0 are true.
  var truth: Value { dtype == .bool ? value : value.compare(.notEqual, value.splat(0)) }

  /// Whether each element is neither infinite nor NaN.
  public var isFinite: Tensor {
    dtype.isFloating
      ? Tensor(value.unary(.isFinite)) : Tensor(Value.scalar(1, .bool).broadcast(to: shape))
  }
  /// Whether each element is not a number.
  public var isNaN: Tensor { Tensor(value.compare(.notEqual, value)) }
  /// Whether each element is infinite.
  public var isInfinite: Tensor { !(isFinite || isNaN) }
}

/// Elements of `yes` where the condition holds and of `no` elsewhere; all three are broadcast together.
public func select(_ condition: Tensor, _ yes: Tensor, _ no: Tensor) -> Tensor {
  let (a, b) = Value.promoted(yes.value, no.value)
  return Tensor(condition.value.select(a, b))
}
/// Elements of `yes` where the condition holds and a number elsewhere.
public func select(_ condition: Tensor, _ yes: Tensor, _ no: some TensorNumber) -> Tensor {
  Tensor.numbered(yes, no.tensorNumber, "select") { condition.value.select($0, $1) }
}
/// A number where the condition holds and elements of `no` elsewhere.
public func select(_ condition: Tensor, _ yes: some TensorNumber, _ no: Tensor) -> Tensor {
  Tensor.numbered(no, yes.tensorNumber, "select") { condition.value.select($1, $0) }
}

extension Tensor {
  /// This tensor with other elements where the mask is true. All three are broadcast together.
  public func replacing(with other: Tensor, where mask: Tensor) -> Tensor { select(mask, other, self) }
  /// This tensor with a number where the mask is true.
  public func replacing(with number: some TensorNumber, where mask: Tensor) -> Tensor {
    select(mask, number, self)
  }
}
