import ApusGraph

// Operators have three overloads each and no generic result, so that long formulas type-check fast.
// Shapes are broadcast as in NumPy; types are combined as `DType.promoted` says; a Swift number takes on the
// tensor's type, and an error says so when it would lose its fraction.

extension Tensor {
  static func binary(_ op: BinaryOp, _ left: Tensor, _ right: Tensor) -> Tensor {
    if left.dtype == right.dtype { return Tensor(left.value.binary(op, right.value)) }
    let (a, b) = Value.promoted(left.value, right.value)
    return Tensor(a.binary(op, b))
  }

  static func binary(_ op: BinaryOp, _ left: Tensor, _ right: Number) -> Tensor {
    numbered(left, right, op.rawValue) { $0.binary(op, $1) }
  }

  static func binary(_ op: BinaryOp, _ left: Number, _ right: Tensor) -> Tensor {
    numbered(right, left, op.rawValue) { $1.binary(op, $0) }
  }

  /// Combines a tensor with a number that takes on its type.
  static func numbered(
    _ tensor: Tensor, _ number: Number, _ operation: String, _ body: (Value, Value) -> Value
  ) -> Tensor {
    if tensor.failure != nil { return tensor }
    do throws(GraphError) {
      let pair = try number.paired(with: tensor.value, operation)
      return Tensor(body(pair.tensor, pair.number))
    } catch {
      return Tensor(.failed(error, type: tensor.value.type))
    }
  }

  /// Sum, with broadcasting.
  public static func + (left: Tensor, right: Tensor) -> Tensor { binary(.add, left, right) }
  /// Sum with a number.
  public static func + (left: Tensor, right: some TensorNumber) -> Tensor {
    binary(.add, left, right.tensorNumber)
  }
  /// Sum with a number.
  public static func + (left: some TensorNumber, right: Tensor) -> Tensor {
    binary(.add, left.tensorNumber, right)
  }

  /// Difference, with broadcasting.
  public static func - (left: Tensor, right: Tensor) -> Tensor { binary(.subtract, left, right) }
  /// Difference with a number.
  public static func - (left: Tensor, right: some TensorNumber) -> Tensor {
    binary(.subtract, left, right.tensorNumber)
  }
  /// Difference from a number.
  public static func - (left: some TensorNumber, right: Tensor) -> Tensor {
    binary(.subtract, left.tensorNumber, right)
  }

  /// Product element by element, with broadcasting.
  public static func * (left: Tensor, right: Tensor) -> Tensor { binary(.multiply, left, right) }
  /// Product with a number.
  public static func * (left: Tensor, right: some TensorNumber) -> Tensor {
    binary(.multiply, left, right.tensorNumber)
  }
  /// Product with a number.
  public static func * (left: some TensorNumber, right: Tensor) -> Tensor {
    binary(.multiply, left.tensorNumber, right)
  }

  /// Quotient, with broadcasting. Whole numbers are divided as `float32`; see `floorDivide(_:_:)`.
  public static func / (left: Tensor, right: Tensor) -> Tensor {
    if left.dtype.isFloating || right.dtype.isFloating { return binary(.divide, left, right) }
    return Tensor(left.value.floating.binary(.divide, right.value.floating))
  }
  /// Quotient by a number. Whole numbers are divided as `float32`.
  public static func / (left: Tensor, right: some TensorNumber) -> Tensor {
    binary(.divide, Tensor(left.value.floating), right.tensorNumber)
  }
  /// Quotient of a number. Whole numbers are divided as `float32`.
  public static func / (left: some TensorNumber, right: Tensor) -> Tensor {
    binary(.divide, left.tensorNumber, Tensor(right.value.floating))
  }

  /// Remainder of the division rounded down: it has the divisor's sign, as in Python.
  ///
  /// A divisor of 0 gives NaN for real numbers; for whole ones it stops the evaluation with an error.
  public static func % (left: Tensor, right: Tensor) -> Tensor {
    let (a, b) = Value.promoted(left.value, right.value)
    return Tensor(a.binary(.remainder, b.divisor))
  }
  /// Remainder of the division by a number, rounded down.
  public static func % (left: Tensor, right: some TensorNumber) -> Tensor {
    numbered(left, right.tensorNumber, "remainder") { $0.binary(.remainder, $1.divisor) }
  }
  /// Remainder of the division of a number, rounded down.
  public static func % (left: some TensorNumber, right: Tensor) -> Tensor {
    numbered(right, left.tensorNumber, "remainder") { $1.binary(.remainder, $0.divisor) }
  }

  /// The negative of each element.
  public static prefix func - (tensor: Tensor) -> Tensor { Tensor(tensor.value.unary(.negate)) }

  /// Rebinds to the sum. Copies made before keep their value.
  public static func += (left: inout Tensor, right: Tensor) { left = left + right }
  /// Rebinds to the sum.
  public static func += (left: inout Tensor, right: some TensorNumber) { left = left + right }
  /// Rebinds to the difference.
  public static func -= (left: inout Tensor, right: Tensor) { left = left - right }
  /// Rebinds to the difference.
  public static func -= (left: inout Tensor, right: some TensorNumber) { left = left - right }
  /// Rebinds to the product.
  public static func *= (left: inout Tensor, right: Tensor) { left = left * right }
  /// Rebinds to the product.
  public static func *= (left: inout Tensor, right: some TensorNumber) { left = left * right }
  /// Rebinds to the quotient.
  public static func /= (left: inout Tensor, right: Tensor) { left = left / right }
  /// Rebinds to the quotient.
  public static func /= (left: inout Tensor, right: some TensorNumber) { left = left / right }
}

/// The largest whole number not above the quotient, with broadcasting.
///
/// A divisor of 0 gives infinities or NaN for real numbers; for whole ones it stops the evaluation with an error.
public func floorDivide(_ left: Tensor, _ right: Tensor) -> Tensor {
  let (a, b) = Value.promoted(left.value, right.value)
  return Tensor(floorQuotient(a, b))
}
/// The largest whole number not above the quotient by a number.
public func floorDivide(_ left: Tensor, _ right: some TensorNumber) -> Tensor {
  Tensor.numbered(left, right.tensorNumber, "floorDivide", floorQuotient)
}

private func floorQuotient(_ left: Value, _ right: Value) -> Value {
  // Taking the remainder off first makes the integer division exact, whichever way it rounds.
  if left.dtype.isFloating { return (left / right).unary(.floor) }
  let right = right.divisor
  return (left - left.binary(.remainder, right)) / right
}

extension Value {
  /// This value as a divisor: whole numbers must not be 0. One that is known is looked at now, the others in the run.
  var divisor: Value {
    guard !dtype.isFloating, failure == nil else { return self }
    if rank == 0, let known = result {
      guard known.doubles[0] == 0 else { return self }
      return .failed(
        GraphError(.argument, "division", "whole numbers cannot be divided by 0"), type: type)
    }
    return required(.divisor, where: compare(.notEqual, splat(0)))
  }
}

/// Each element to the power of another, with broadcasting.
public func power(_ base: Tensor, _ exponent: Tensor) -> Tensor { Tensor.binary(.power, base, exponent) }
/// Each element to the power of a number. Squares and square roots are computed as such. Whole numbers to a negative
/// whole power are an error, as in NumPy and PyTorch.
public func power(_ base: Tensor, _ exponent: some TensorNumber) -> Tensor {
  let number = exponent.tensorNumber
  if number.double == 2 { return square(base) }
  if number.double == 0.5 { return sqrt(base) }
  if case .floating = number, base.dtype.isInteger {
    return Tensor.binary(.power, Tensor(base.value.floating), number)
  }
  if case .integer(let exponent) = number, exponent < 0, base.dtype.isInteger, base.failure == nil {
    return Tensor(
      .failed(
        GraphError(
          .argument, "power", "whole numbers cannot be raised to the negative power \(exponent)",
          advice: "use a real exponent, such as \(exponent).0"), type: base.value.type))
  }
  return Tensor.binary(.power, base, number)
}
/// A number to the power of each element.
public func power(_ base: some TensorNumber, _ exponent: Tensor) -> Tensor {
  Tensor.binary(.power, base.tensorNumber, exponent)
}

/// The larger of two elements, with broadcasting: shapes as NumPy combines them. NaN where either is NaN.
public func maximum(_ left: Tensor, _ right: Tensor) -> Tensor { Tensor.binary(.maximum, left, right) }
/// The larger of each element and a number.
public func maximum(_ left: Tensor, _ right: some TensorNumber) -> Tensor {
  Tensor.binary(.maximum, left, right.tensorNumber)
}
/// The larger of a number and each element.
public func maximum(_ left: some TensorNumber, _ right: Tensor) -> Tensor {
  Tensor.binary(.maximum, left.tensorNumber, right)
}

/// The smaller of two elements, with broadcasting: shapes as NumPy combines them. NaN where either is NaN.
public func minimum(_ left: Tensor, _ right: Tensor) -> Tensor { Tensor.binary(.minimum, left, right) }
/// The smaller of each element and a number.
public func minimum(_ left: Tensor, _ right: some TensorNumber) -> Tensor {
  Tensor.binary(.minimum, left, right.tensorNumber)
}
/// The smaller of a number and each element.
public func minimum(_ left: some TensorNumber, _ right: Tensor) -> Tensor {
  Tensor.binary(.minimum, left.tensorNumber, right)
}

/// The angle of the point `(x, y)`, in −π…π, with broadcasting.
public func atan2(_ y: Tensor, _ x: Tensor) -> Tensor {
  Tensor.binary(.atan2, Tensor(y.value.floating), Tensor(x.value.floating))
}
