import ApusKernels
import Foundation
import Testing

/// Every opcode on every type it has, on edge values, against Swift's own arithmetic.
struct LoopOperationTests {
  /// All pairs of the edge values, so that both operands meet every case; 17 repeats leave a tail of single lanes.
  static func pairs<T>(_ edges: [T]) -> (a: [T], b: [T]) {
    var a: [T] = [], b: [T] = []
    for x in edges {
      for y in edges {
        a.append(x)
        b.append(y)
      }
    }
    return (a, b)
  }

  /// Equal, or both NaN.
  static func same<T: BinaryFloatingPoint>(_ a: T, _ b: T) -> Bool { a == b || (a.isNaN && b.isNaN) }

  // MARK: Floating point

  static func floatChecks<T: BinaryFloatingPoint & LoopElement>(_ type: T.Type) throws {
    let edges: [T] = [
      0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3.25, -7, 1e6, -1e6, .infinity, -.infinity, .nan,
    ]
    func unary(_ name: String, _ opcode: Int, _ expected: (T) -> T) throws {
      for (x, y) in zip(edges, try apply(opcode, edges, to: T.self, zero: 0)) {
        #expect(same(y, expected(x)), "\(name)(\(x)) = \(y), not \(expected(x))")
      }
    }
    try unary("neg", APUS_OP_NEG) { -$0 }
    try unary("abs", APUS_OP_ABS) { abs($0) }
    try unary("sign", APUS_OP_SIGN) { $0.isNaN ? .nan : $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }
    try unary("floor", APUS_OP_FLOOR) { $0.rounded(.down) }
    try unary("ceil", APUS_OP_CEIL) { $0.rounded(.up) }
    try unary("round", APUS_OP_ROUND) { $0.rounded(.toNearestOrEven) }
    try unary("sqrt", APUS_OP_SQRT) { $0.squareRoot() }
    try unary("relu", APUS_OP_RELU) { $0 < 0 ? 0 : $0 }
    try unary("square", APUS_OP_SQUARE) { $0 * $0 }
    try unary("reciprocal", APUS_OP_RECIPROCAL) { 1 / $0 }
    #expect(
      try apply(APUS_OP_IS_FINITE, edges, to: Bool.self, zero: false) == edges.map { $0.isFinite })

    let (a, b) = pairs(edges)
    func binary(_ name: String, _ opcode: Int, _ expected: (T, T) -> T) throws {
      for (i, y) in try apply(opcode, a, b, to: T.self, zero: 0).enumerated() {
        let exact = expected(a[i], b[i])
        #expect(same(y, exact), "\(name)(\(a[i]), \(b[i])) = \(y), not \(exact)")
      }
    }
    try binary("add", APUS_OP_ADD) { $0 + $1 }
    try binary("sub", APUS_OP_SUB) { $0 - $1 }
    try binary("mul", APUS_OP_MUL) { $0 * $1 }
    try binary("div", APUS_OP_DIV) { $0 / $1 }
    try binary("max", APUS_OP_MAX) { $0.isNaN || $1.isNaN ? .nan : Swift.max($0, $1) }
    try binary("min", APUS_OP_MIN) { $0.isNaN || $1.isNaN ? .nan : Swift.min($0, $1) }
    try binary("relu grad", APUS_OP_RELU_GRAD) { $1 > 0 ? $0 : 0 }
    try binary("rem", APUS_OP_REM) { x, y in
      let r = x.truncatingRemainder(dividingBy: y)
      if r == 0 { return 0 }
      return (r < 0) != (y < 0) ? r + y : r
    }

    func comparison(_ opcode: Int, _ expected: (T, T) -> Bool) throws {
      #expect(try apply(opcode, a, b, to: Bool.self, zero: false) == zip(a, b).map { expected($0, $1) })
    }
    try comparison(APUS_OP_EQ) { $0 == $1 }
    try comparison(APUS_OP_NE) { $0 != $1 }
    try comparison(APUS_OP_LT) { $0 < $1 }
    try comparison(APUS_OP_LE) { $0 <= $1 }
    try comparison(APUS_OP_GT) { $0 > $1 }
    try comparison(APUS_OP_GE) { $0 >= $1 }

    let low = [T](repeating: -1, count: edges.count), high = [T](repeating: 2, count: edges.count)
    for (x, y) in zip(edges, try apply(APUS_OP_CLAMP, low, edges, high, to: T.self, zero: 0)) {
      #expect(same(y, x.isNaN ? .nan : Swift.min(Swift.max(x, -1), 2)), "clamp(\(x)) = \(y)")
    }
    func ternary(_ name: String, _ opcode: Int, _ expected: (T, T, T) -> T) throws {
      let c = Array(b.reversed())
      for (i, y) in try apply(opcode, a, b, c, to: T.self, zero: 0).enumerated() {
        let exact = expected(a[i], b[i], c[i])
        #expect(same(y, exact), "\(name)(\(a[i]), \(b[i]), \(c[i])) = \(y), not \(exact)")
      }
    }
    try ternary("lerp", APUS_OP_LERP) { $0 + ($1 - $0) * $2 }
    try ternary("lerp square", APUS_OP_LERP_SQUARE) { $0 + ($1 * $1 - $0) * $2 }
    try ternary("div root", APUS_OP_DIV_ROOT) { $0 / ($1.squareRoot() + $2) }
    let predicate = a.map { $0 > 0 }
    for (i, y) in try apply(APUS_OP_SELECT, predicate, a, b, to: T.self, zero: 0).enumerated() {
      #expect(same(y, predicate[i] ? a[i] : b[i]))
    }
    for (i, y) in try apply(APUS_OP_FMA, a, b, a, to: T.self, zero: 0).enumerated() {
      #expect(same(y, a[i].addingProduct(a[i], b[i])) || abs(y - (a[i] * b[i] + a[i])) <= abs(y) * 1e-6)
    }
  }

  @Test func float32() throws { try Self.floatChecks(Float.self) }
  @Test func float64() throws { try Self.floatChecks(Double.self) }

  @Test func float64UsesTheMathLibrary() throws {
    let x: [Double] = [-2.5, -1, -0.5, 0, 0.25, 1, 3, 40, .infinity, .nan]
    let functions: [(Int, (Double) -> Double)] = [
      (APUS_OP_EXP, { exp($0) }), (APUS_OP_EXPM1, { expm1($0) }), (APUS_OP_LOG, { log($0) }),
      (APUS_OP_LOG1P, { log1p($0) }), (APUS_OP_SIN, { sin($0) }), (APUS_OP_COS, { cos($0) }),
      (APUS_OP_TANH, { tanh($0) }), (APUS_OP_LOGISTIC, { 1 / (1 + exp(-$0)) }), (APUS_OP_ERF, { erf($0) }),
      (APUS_OP_RSQRT, { 1 / $0.squareRoot() }),
    ]
    for (opcode, exact) in functions {
      for (x, y) in zip(x, try apply(opcode, x, to: Double.self, zero: 0)) { #expect(Self.same(y, exact(x))) }
    }
    let (a, b) = Self.pairs(x)
    let powers = try apply(APUS_OP_POW, a, b, to: Double.self, zero: 0)
    let angles = try apply(APUS_OP_ATAN2, a, b, to: Double.self, zero: 0)
    for i in a.indices {
      #expect(Self.same(powers[i], pow(a[i], b[i])))
      #expect(Self.same(angles[i], atan2(a[i], b[i])))
    }
  }

  @Test func remainderHasTheSignOfItsDivisor() throws {
    let a: [Float] = [5, -5, 5, -5, 6, -6, 0, 4.5], b: [Float] = [3, 3, -3, -3, 3, 3, -3, 0.5]
    let result = try apply(APUS_OP_REM, a, b, to: Float.self, zero: 0)
    #expect(result == [2, 1, -1, -2, 0, 0, 0, 0])
    #expect(result[6].sign == .minus)
  }

  // MARK: Integers

  static func integerChecks<T: FixedWidthInteger & LoopElement>(_ type: T.Type) throws {
    let edges = [
      T.min, T.min + 1, T.max, T.max - 1, 0, 1, 2, 3, 7, 8, 31, 32, 63, 64, T(truncatingIfNeeded: -1),
    ]
    func unary(_ name: String, _ opcode: Int, _ expected: (T) -> T) throws {
      let result = try apply(opcode, edges, to: T.self, zero: 0)
      #expect(result == edges.map(expected), "\(name)")
    }
    try unary("neg", APUS_OP_NEG) { 0 &- $0 }
    try unary("abs", APUS_OP_ABS) { $0 < 0 ? 0 &- $0 : $0 }
    try unary("sign", APUS_OP_SIGN) { $0.signum() }
    try unary("not", APUS_OP_NOT) { ~$0 }
    try unary("square", APUS_OP_SQUARE) { $0 &* $0 }

    let (a, b) = pairs(edges)
    func binary(_ name: String, _ opcode: Int, _ expected: (T, T) -> T) throws {
      for (i, y) in try apply(opcode, a, b, to: T.self, zero: 0).enumerated() {
        #expect(y == expected(a[i], b[i]), "\(T.self) \(name)(\(a[i]), \(b[i])) = \(y)")
      }
    }
    try binary("add", APUS_OP_ADD) { $0 &+ $1 }
    try binary("sub", APUS_OP_SUB) { $0 &- $1 }
    try binary("mul", APUS_OP_MUL) { $0 &* $1 }
    try binary("div", APUS_OP_DIV) { $1 == 0 ? 0 : $0.dividedReportingOverflow(by: $1).partialValue }
    try binary("rem", APUS_OP_REM) { x, y in
      if y == 0 { return 0 }
      let r = x.remainderReportingOverflow(dividingBy: y).partialValue
      return r != 0 && (r < 0) != (y < 0) ? r + y : r
    }
    try binary("max", APUS_OP_MAX) { Swift.max($0, $1) }
    try binary("min", APUS_OP_MIN) { Swift.min($0, $1) }
    try binary("and", APUS_OP_AND) { $0 & $1 }
    try binary("or", APUS_OP_OR) { $0 | $1 }
    try binary("xor", APUS_OP_XOR) { $0 ^ $1 }
    let width = T(T.bitWidth)
    try binary("shl", APUS_OP_SHL) { $1 < 0 || $1 >= width ? 0 : $0 << $1 }
    try binary("shr", APUS_OP_SHR) {
      $1 < 0 || $1 >= width ? ($0 < 0 ? T(truncatingIfNeeded: -1) : 0) : $0 >> $1
    }
    try binary("pow", APUS_OP_POW) { base, exponent in
      if exponent < 0 {
        return base == 1 ? 1 : base == T(truncatingIfNeeded: -1) ? (exponent & 1 == 0 ? 1 : base) : 0
      }
      var result: T = 1, square = base, rest = exponent
      while rest != 0 {
        if rest & 1 == 1 { result = result &* square }
        square = square &* square
        rest >>= 1
      }
      return result
    }
    func comparison(_ opcode: Int, _ expected: (T, T) -> Bool) throws {
      #expect(try apply(opcode, a, b, to: Bool.self, zero: false) == zip(a, b).map { expected($0, $1) })
    }
    try comparison(APUS_OP_EQ) { $0 == $1 }
    try comparison(APUS_OP_NE) { $0 != $1 }
    try comparison(APUS_OP_LT) { $0 < $1 }
    try comparison(APUS_OP_LE) { $0 <= $1 }
    try comparison(APUS_OP_GT) { $0 > $1 }
    try comparison(APUS_OP_GE) { $0 >= $1 }
    let low = a.map { _ in T(3) }, high = a.map { _ in T(40) }
    #expect(
      try apply(APUS_OP_CLAMP, low, a, high, to: T.self, zero: 0) == a.map { Swift.min(Swift.max($0, 3), 40) }
    )
    let predicate = a.map { $0 > 7 }
    #expect(
      try apply(APUS_OP_SELECT, predicate, a, b, to: T.self, zero: 0)
        == a.indices.map { predicate[$0] ? a[$0] : b[$0] })
  }

  @Test func int32() throws { try Self.integerChecks(Int32.self) }
  @Test func int64() throws { try Self.integerChecks(Int64.self) }
  @Test func uint32() throws { try Self.integerChecks(UInt32.self) }
  @Test func uint8() throws { try Self.integerChecks(UInt8.self) }

  @Test func booleans() throws {
    let a = (0..<70).map { $0 % 2 == 0 }, b = (0..<70).map { $0 % 3 == 0 }
    #expect(try apply(APUS_OP_NOT, a, to: Bool.self, zero: false) == a.map { !$0 })
    func check(_ opcode: Int, _ expected: (Bool, Bool) -> Bool) throws {
      #expect(try apply(opcode, a, b, to: Bool.self, zero: false) == zip(a, b).map { expected($0, $1) })
    }
    try check(APUS_OP_AND) { $0 && $1 }
    try check(APUS_OP_OR) { $0 || $1 }
    try check(APUS_OP_XOR) { $0 != $1 }
    try check(APUS_OP_MAX) { $0 || $1 }
    try check(APUS_OP_MIN) { $0 && $1 }
    try check(APUS_OP_EQ) { $0 == $1 }
    try check(APUS_OP_NE) { $0 != $1 }
    try check(APUS_OP_LT) { !$0 && $1 }
  }
}
