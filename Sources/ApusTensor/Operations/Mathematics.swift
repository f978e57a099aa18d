import ApusGraph

// Elementwise functions. Whole numbers and truth values are taken as `float32` where the result is real.

extension Tensor {
  func unary(_ op: UnaryOp) -> Tensor { Tensor(value.unary(op)) }
  func real(_ op: UnaryOp) -> Tensor { Tensor(value.floating.unary(op)) }
}

/// Absolute value. Any shape, kept.
public func abs(_ x: Tensor) -> Tensor { x.unary(.absolute) }
/// −1, 0 or 1. Any shape, kept.
public func sign(_ x: Tensor) -> Tensor { x.unary(.sign) }
/// The largest whole number not above. Any shape, kept.
public func floor(_ x: Tensor) -> Tensor { x.unary(.floor) }
/// The smallest whole number not below. Any shape, kept.
public func ceil(_ x: Tensor) -> Tensor { x.unary(.ceil) }
/// The nearest whole number, halves to the even one. Any shape, kept.
public func round(_ x: Tensor) -> Tensor { x.unary(.round) }
/// The whole number next towards 0. Any shape, kept.
public func trunc(_ x: Tensor) -> Tensor {
  let size = x.value.unary(.absolute).unary(.floor)
  return Tensor(size * x.value.unary(.sign))
}
/// e to the power of each element. Any shape, kept.
public func exp(_ x: Tensor) -> Tensor { x.real(.exp) }
/// e to the power of each element, less 1; exact near 0. Any shape, kept.
public func expm1(_ x: Tensor) -> Tensor { x.real(.expm1) }
/// Natural logarithm. Any shape, kept.
public func log(_ x: Tensor) -> Tensor { x.real(.log) }
/// Natural logarithm of 1 + x; exact near 0. Any shape, kept.
public func log1p(_ x: Tensor) -> Tensor { x.real(.log1p) }
/// Logarithm to base 2. Any shape, kept.
public func log2(_ x: Tensor) -> Tensor { Tensor(x.value.floating.log() * 1.4426950408889634) }
/// Logarithm to base 10. Any shape, kept.
public func log10(_ x: Tensor) -> Tensor { Tensor(x.value.floating.log() * 0.4342944819032518) }
/// Square root. Any shape, kept.
public func sqrt(_ x: Tensor) -> Tensor { x.real(.sqrt) }
/// 1 / square root. Any shape, kept.
public func rsqrt(_ x: Tensor) -> Tensor { x.real(.rsqrt) }
/// The element times itself. Any shape, kept.
public func square(_ x: Tensor) -> Tensor { Tensor(x.value.squared()) }
/// 1 / x. Any shape, kept.
public func reciprocal(_ x: Tensor) -> Tensor { Tensor(1 / x.value.floating) }
/// Sine. Any shape, kept.
public func sin(_ x: Tensor) -> Tensor { x.real(.sin) }
/// Cosine. Any shape, kept.
public func cos(_ x: Tensor) -> Tensor { x.real(.cos) }
/// Tangent. Any shape, kept.
public func tan(_ x: Tensor) -> Tensor {
  let x = x.value.floating
  return Tensor(x.unary(.sin) / x.unary(.cos))
}
/// Inverse sine, in −π/2…π/2. Any shape, kept.
public func asin(_ x: Tensor) -> Tensor {
  let x = x.value.floating
  return Tensor(x.binary(.atan2, ((1 - x) * (x + 1)).sqrt()))
}
/// Inverse cosine, in 0…π. Any shape, kept.
public func acos(_ x: Tensor) -> Tensor {
  let x = x.value.floating
  return Tensor(((1 - x) * (x + 1)).sqrt().binary(.atan2, x))
}
/// Inverse tangent, in −π/2…π/2. Any shape, kept.
public func atan(_ x: Tensor) -> Tensor {
  let x = x.value.floating
  return Tensor(x.binary(.atan2, x.splat(1)))
}
/// Hyperbolic sine. Any shape, kept.
public func sinh(_ x: Tensor) -> Tensor {
  // With u = e^x − 1 the difference e^x − e^−x is u + u / (u + 1), which loses nothing near 0.
  let x = x.value.floating
  let u = x.unary(.absolute).unary(.expm1)
  return Tensor((u + u / (u + 1)) * 0.5 * x.unary(.sign))
}
/// Hyperbolic cosine. Any shape, kept.
public func cosh(_ x: Tensor) -> Tensor {
  let x = x.value.floating
  return Tensor((x.exp() + (-x).exp()) * 0.5)
}
/// Inverse hyperbolic sine. Any shape, kept.
public func asinh(_ x: Tensor) -> Tensor {
  let x = x.value.floating
  let size = x.unary(.absolute)
  let root = (size.squared() + 1).sqrt()
  return Tensor((size + size.squared() / (root + 1)).unary(.log1p) * x.unary(.sign))
}
/// Inverse hyperbolic cosine, of numbers from 1 up. Any shape, kept.
public func acosh(_ x: Tensor) -> Tensor {
  let x = x.value.floating
  return Tensor((x + (x - 1).sqrt() * (x + 1).sqrt()).log())
}
/// Inverse hyperbolic tangent, of numbers between −1 and 1. Any shape, kept.
public func atanh(_ x: Tensor) -> Tensor {
  let x = x.value.floating
  return Tensor((x.unary(.log1p) - (-x).unary(.log1p)) * 0.5)
}
/// log(e^x + e^y), with broadcasting; nothing overflows on the way.
public func logAddExp(_ x: Tensor, _ y: Tensor) -> Tensor {
  let (a, b) = Value.promoted(x.value.floating, y.value.floating)
  let distance = (a - b).unary(.absolute)
  return Tensor(a.maximum(b) + (-distance).exp().unary(.log1p))
}
/// The error function: 2/√π times the integral of e^−t² from 0 to x. Any shape, kept.
public func erf(_ x: Tensor) -> Tensor { x.real(.erf) }

/// The inverse of the error function, of numbers between −1 and 1.
///
/// M. Giles, "Approximating the erfinv function", GPU Computing Gems, 2011; `float64` adds two Newton steps.
public func erfinv(_ y: Tensor) -> Tensor {
  let y = y.value.floating
  let w = -(((1 - y) * (y + 1)).log())
  func polynomial(_ x: Value, _ coefficients: [Double]) -> Value {
    coefficients.dropFirst().reduce(x.filled(coefficients[0])) { $0 * x + $1 }
  }
  let central = polynomial(
    w - 2.5,
    [
      2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503,
      -0.00417768164, 0.246640727, 1.50140941,
    ])
  let tail = polynomial(
    w.sqrt() - 3,
    [
      -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
      0.00943887047, 1.00167406, 2.83297682,
    ])
  var x = w.compare(.less, w.splat(5)).select(central, tail) * y
  if y.dtype == .float64 {
    for _ in 0..<2 {
      x = x - (x.unary(.erf) - y) * (x.squared().exp() * 0.886226925452758)
    }
  }
  return Tensor(x)
}

/// Limits elements to `low`…`high`.
public func clip(_ x: Tensor, _ low: some TensorNumber, _ high: some TensorNumber) -> Tensor {
  if x.failure != nil { return x }
  do throws(GraphError) {
    if low.tensorNumber.double.isNaN || high.tensorNumber.double.isNaN {
      throw GraphError(.argument, "clip", "the bounds must be numbers, one is NaN")
    }
    let low = try low.tensorNumber.paired(with: x.value, "clip")
    let high = try high.tensorNumber.paired(with: low.tensor, "clip")
    return Tensor(high.tensor.clamped(low.number, high.number))
  } catch {
    return Tensor(.failed(error, type: x.value.type))
  }
}

extension Tensor {
  /// This tensor with its elements limited to a range.
  public func clipped(to range: ClosedRange<Double>) -> Tensor {
    ApusTensor.clip(self, range.lowerBound, range.upperBound)
  }

  /// The elements converted to another type. Fractions are cut off, numbers other than 0 become true.
  public func cast(to dtype: DType) -> Tensor { Tensor(value.cast(dtype)) }

  /// The same bytes as another type of the same size.
  public func bitcast(to dtype: DType) -> Tensor { Tensor(.apply(.bitcast(dtype), [value])) }
}
