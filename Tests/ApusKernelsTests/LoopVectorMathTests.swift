import ApusKernels
import Foundation
import Testing

/// The distance between a float32 result and the exact value, in units in the last place of the exact value's float.
func ulps(_ value: Float, from exact: Double) -> Double {
  let nearest = Float(exact)
  if value.isNaN || exact.isNaN { return value.isNaN && exact.isNaN ? 0 : .infinity }
  if nearest.isInfinite || value.isInfinite { return value == nearest ? 0 : .infinity }
  // Results below the normal range may be flushed.
  if abs(exact) < Double(Float.leastNormalMagnitude) {
    return abs(value) <= Float.leastNormalMagnitude ? 0 : .infinity
  }
  return abs(Double(value) - exact) / Double(nearest.ulp)
}

struct MathCase: Sendable, CustomTestStringConvertible {
  let name: String
  let opcode: Int
  let domain: ClosedRange<Double>
  let limit: Double
  let exact: @Sendable (Double) -> Double
  var testDescription: String { name }
}

/// float32 functions against libm in double.
struct LoopVectorMathTests {
  static let cases = [
    MathCase(name: "exp", opcode: APUS_OP_EXP, domain: -104...90, limit: 1, exact: { exp($0) }),
    MathCase(name: "expm1", opcode: APUS_OP_EXPM1, domain: -30...90, limit: 2, exact: { expm1($0) }),
    MathCase(name: "log", opcode: APUS_OP_LOG, domain: 0...1e4, limit: 1, exact: { log($0) }),
    MathCase(name: "log1p", opcode: APUS_OP_LOG1P, domain: -1...100, limit: 2, exact: { log1p($0) }),
    MathCase(name: "tanh", opcode: APUS_OP_TANH, domain: -12...12, limit: 3, exact: { tanh($0) }),
    MathCase(
      name: "logistic", opcode: APUS_OP_LOGISTIC, domain: -87...87, limit: 2.5, exact: { 1 / (1 + exp(-$0)) }),
    MathCase(name: "erf", opcode: APUS_OP_ERF, domain: -5...5, limit: 2, exact: { erf($0) }),
    MathCase(name: "sin", opcode: APUS_OP_SIN, domain: -1e6...1e6, limit: 2, exact: { sin($0) }),
    MathCase(name: "cos", opcode: APUS_OP_COS, domain: -1e6...1e6, limit: 2, exact: { cos($0) }),
    MathCase(name: "rsqrt", opcode: APUS_OP_RSQRT, domain: 0...1e6, limit: 1.5, exact: { 1 / sqrt($0) }),
  ]

  @Test(arguments: cases)
  func staysWithinItsError(_ function: MathCase) throws {
    var random = SplitMix(state: 7)
    var inputs: [Float] = []
    for i in 0..<20_000 {
      // Over the whole domain, near its origin, and at every magnitude.
      inputs.append(Float(Double.random(in: function.domain, using: &random)))
      inputs.append(Float(Double.random(in: -2...2, using: &random).clamped(to: function.domain)))
      let tiny = pow(2, Double.random(in: -120...0, using: &random))
      inputs.append(Float((i % 2 == 0 ? tiny : -tiny).clamped(to: function.domain)))
    }
    let results = try apply(function.opcode, inputs, to: Float.self, zero: 0)
    var worst = (ulps: 0.0, input: Float(0))
    for (x, y) in zip(inputs, results) {
      let error = ulps(y, from: function.exact(Double(x)))
      if error > worst.ulps { worst = (error, x) }
    }
    #expect(worst.ulps <= function.limit, "at \(worst.input)")
  }

  @Test(arguments: cases)
  func keepsTheEdges(_ function: MathCase) throws {
    let inputs: [Float] = [
      0, -0.0, 1, -1, .infinity, -.infinity, .nan, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e7,
      -3e9,
      1e-36,
    ]
    let results = try apply(function.opcode, inputs, to: Float.self, zero: 0)
    for (x, y) in zip(inputs, results) {
      let exact = function.exact(Double(x))
      #expect(ulps(y, from: exact) <= function.limit, "\(function.name)(\(x)) = \(y), not \(exact)")
      if exact == 0 { #expect(y.sign == exact.sign, "\(function.name)(\(x))") }
    }
  }

  @Test func sineIsExactBesideMultiplesOfHalfPi() throws {
    let inputs: [Float] = (1...60_000).map { Float(Double($0) * Double.pi / 2) }
    let sines = try apply(APUS_OP_SIN, inputs, to: Float.self, zero: 0)
    let worst = zip(inputs, sines).map { ulps($1, from: sin(Double($0))) }.max()
    #expect(try #require(worst) <= 2)
  }

  @Test func powerFollowsC() throws {
    let special: [Float] = [
      0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1.5, -1.5, .infinity, -.infinity, .nan, 1e30, -1e30, 1e-30,
      16_777_216,
      33_554_432,
    ]
    var bases: [Float] = [], exponents: [Float] = []
    for a in special {
      for b in special {
        bases.append(a)
        exponents.append(b)
      }
    }
    var random = SplitMix(state: 3)
    for _ in 0..<40_000 {
      bases.append(Float(pow(10, Double.random(in: -10...10, using: &random))))
      exponents.append(Float.random(in: -10...10, using: &random))
    }
    let results = try apply(APUS_OP_POW, bases, exponents, to: Float.self, zero: 0)
    for i in bases.indices {
      let exact = pow(Double(bases[i]), Double(exponents[i]))
      #expect(
        ulps(results[i], from: exact) <= 1, "\(bases[i]) ^ \(exponents[i]) = \(results[i]), not \(exact)")
    }
  }
}

extension Double {
  func clamped(to range: ClosedRange<Double>) -> Double { min(max(self, range.lowerBound), range.upperBound) }
}
