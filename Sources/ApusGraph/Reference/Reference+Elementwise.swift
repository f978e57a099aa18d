#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension Reference {
  static func iota(axis: Int, shape: Shape, dtype: DType) -> ReferenceArray {
    let inner = shape.dimensions[(axis + 1)...].reduce(1, *), size = shape[axis]
    let numbers = (0..<shape.elementCount).map { Int64($0 / max(inner, 1) % max(size, 1)) }
    return cast(ReferenceArray(.int64, shape, wholes: numbers), dtype)
  }

  // MARK: - One operand

  static func evaluate(_ op: UnaryOp, _ x: ReferenceArray) -> ReferenceArray {
    if op == .isFinite {
      return ReferenceArray(.bool, x.shape, .whole(x.reals.map { $0.isFinite ? 1 : 0 }))
    }
    switch x.elements {
    case .real(let numbers):
      return ReferenceArray(x.dtype, x.shape, reals: numbers.map { real(op, $0) })
    case .whole(let numbers):
      return ReferenceArray(x.dtype, x.shape, wholes: numbers.map { whole(op, $0, x.dtype) })
    }
  }

  private static func real(_ op: UnaryOp, _ x: Double) -> Double {
    switch op {
    case .negate: -x
    case .absolute: abs(x)
    case .sign: x > 0 ? 1 : x < 0 ? -1 : x
    case .floor: x.rounded(.down)
    case .ceil: x.rounded(.up)
    case .round: x.rounded(.toNearestOrEven)
    case .exp: exp(x)
    case .expm1: expm1(x)
    case .log: log(x)
    case .log1p: log1p(x)
    case .sqrt: x.squareRoot()
    case .rsqrt: 1 / x.squareRoot()
    case .sin: sin(x)
    case .cos: cos(x)
    case .tanh: tanh(x)
    case .logistic: x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x))
    case .erf: erf(x)
    case .isFinite, .not: x
    }
  }

  private static func whole(_ op: UnaryOp, _ x: Int64, _ dtype: DType) -> Int64 {
    switch op {
    case .negate: 0 &- x
    case .absolute: x < 0 ? 0 &- x : x
    case .sign: x.signum()
    case .not: dtype == .bool ? 1 - x : ~x
    default: x
    }
  }

  // MARK: - Two operands

  static func evaluate(_ op: BinaryOp, _ left: ReferenceArray, _ right: ReferenceArray) -> ReferenceArray {
    if case .real(let a) = left.elements, case .real(let b) = right.elements {
      return ReferenceArray(left.dtype, left.shape, reals: zip(a, b).map { real(op, $0, $1) })
    }
    let width = left.dtype.byteSize * 8
    return ReferenceArray(
      left.dtype, left.shape, wholes: zip(left.wholes, right.wholes).map { whole(op, $0, $1, width) })
  }

  private static func real(_ op: BinaryOp, _ a: Double, _ b: Double) -> Double {
    switch op {
    case .add: return a + b
    case .subtract: return a - b
    case .multiply: return a * b
    case .divide: return a / b
    case .power: return pow(a, b)
    case .maximum: return maximum(a, b)
    case .minimum: return minimum(a, b)
    case .remainder:
      let remainder = fmod(a, b)
      return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
    case .atan2: return atan2(a, b)
    case .and, .or, .xor, .shiftLeft, .shiftRight: return a
    }
  }

  private static func whole(_ op: BinaryOp, _ a: Int64, _ b: Int64, _ width: Int) -> Int64 {
    switch op {
    case .add: return a &+ b
    case .subtract: return a &- b
    case .multiply: return a &* b
    case .divide: return b == 0 ? 0 : b == -1 ? 0 &- a : a / b
    case .power: return power(a, b)
    case .maximum: return max(a, b)
    case .minimum: return min(a, b)
    case .remainder:
      guard b != 0, b != -1 else { return 0 }
      let remainder = a % b
      return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
    case .and: return a & b
    case .or: return a | b
    case .xor: return a ^ b
    case .shiftLeft: return b < 0 || b >= width ? 0 : a << b
    case .shiftRight: return b < 0 || b >= width ? (a < 0 ? -1 : 0) : a >> b
    case .atan2: return a
    }
  }

  /// By repeated multiplication; a negative exponent gives 1 / a^-b, cut off toward zero.
  private static func power(_ base: Int64, _ exponent: Int64) -> Int64 {
    if exponent < 0 { return base == 1 ? 1 : base == -1 ? (exponent & 1 == 0 ? 1 : -1) : 0 }
    var result: Int64 = 1, square = base, left = exponent
    while left > 0 {
      if left & 1 == 1 { result = result &* square }
      square = square &* square
      left >>= 1
    }
    return result
  }

  /// NaN if either is.
  static func maximum(_ a: Double, _ b: Double) -> Double { a.isNaN || b.isNaN ? .nan : max(a, b) }
  /// NaN if either is.
  static func minimum(_ a: Double, _ b: Double) -> Double { a.isNaN || b.isNaN ? .nan : min(a, b) }

  // MARK: - Comparisons and bounds

  static func evaluate(_ op: Comparison, _ left: ReferenceArray, _ right: ReferenceArray) -> ReferenceArray {
    let results: [Bool]
    if case .real(let a) = left.elements, case .real(let b) = right.elements {
      results = zip(a, b).map { holds(op, $0, $1) }
    } else {
      results = zip(left.wholes, right.wholes).map { holds(op, $0, $1) }
    }
    return ReferenceArray(.bool, left.shape, .whole(results.map { $0 ? 1 : 0 }))
  }

  private static func holds<Number: Comparable>(_ op: Comparison, _ a: Number, _ b: Number) -> Bool {
    switch op {
    case .equal: a == b
    case .notEqual: a != b
    case .less: a < b
    case .lessOrEqual: a <= b
    case .greater: a > b
    case .greaterOrEqual: a >= b
    }
  }

  /// A NaN stays.
  static func clamp(_ low: ReferenceArray, _ x: ReferenceArray, _ high: ReferenceArray) -> ReferenceArray {
    if case .real(let numbers) = x.elements {
      let lows = low.reals, highs = high.reals
      return ReferenceArray(
        x.dtype, x.shape,
        .real(numbers.indices.map { minimum(maximum(numbers[$0], lows[$0]), highs[$0]) }))
    }
    let numbers = x.wholes, lows = low.wholes, highs = high.wholes
    return ReferenceArray(
      x.dtype, x.shape, .whole(numbers.indices.map { min(max(numbers[$0], lows[$0]), highs[$0]) }))
  }

  // MARK: - Conversion

  /// Real to whole numbers saturates, with 0 for NaN; whole to whole wraps; to `bool`: whether not 0.
  static func cast(_ x: ReferenceArray, _ dtype: DType) -> ReferenceArray {
    switch x.elements {
    case .real(let numbers):
      switch dtype {
      case .float32, .float64, .bfloat16: return ReferenceArray(dtype, x.shape, reals: numbers)
      case .bool: return ReferenceArray(dtype, x.shape, .whole(numbers.map { $0 != 0 ? 1 : 0 }))
      case .int32:
        return ReferenceArray(dtype, x.shape, .whole(numbers.map { Int64(Int32(saturating: $0)) }))
      case .int64: return ReferenceArray(dtype, x.shape, .whole(numbers.map { Int64(saturating: $0) }))
      case .uint8:
        return ReferenceArray(dtype, x.shape, .whole(numbers.map { Int64(UInt8(saturating: $0)) }))
      case .uint32:
        return ReferenceArray(dtype, x.shape, .whole(numbers.map { Int64(UInt32(saturating: $0)) }))
      }
    case .whole(let numbers):
      switch dtype {
      // Straight from the integer: by way of a double it would be rounded twice.
      case .float32, .bfloat16:
        return ReferenceArray(dtype, x.shape, reals: numbers.map { Double(Float($0)) })
      case .float64: return ReferenceArray(dtype, x.shape, reals: numbers.map { Double($0) })
      case .bool: return ReferenceArray(dtype, x.shape, .whole(numbers.map { $0 != 0 ? 1 : 0 }))
      default: return ReferenceArray(dtype, x.shape, wholes: numbers)
      }
    }
  }
}
