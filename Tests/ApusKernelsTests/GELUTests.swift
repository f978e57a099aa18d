import ApusKernels
import Foundation
import Testing

/// GELU and its slope, whose errors are absolute ones near 0 and relative to the result elsewhere.
struct GELUTests {
  private static let inputs: [Float] = {
    var random = SplitMix(state: 5)
    let spread = (0..<60_000).map { _ in Float(Double.random(in: -12...12, using: &random)) }
    return spread + [0, -0.0, 6.5, -6.5, 5.5, 100, -100, 1e30, -1e30, 1e-30, -1e-30]
  }()
  private static let root = 2 / Double.pi.squareRoot() / 2.0.squareRoot()

  private static func cumulative(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
  private static func density(_ x: Double) -> Double { exp(-x * x / 2) / (2 * Double.pi).squareRoot() }
  private static func angle(_ x: Double) -> Double { 2 * root * (x + 0.044715 * x * x * x) }

  private func worstError(_ results: [Float], _ exact: (Double) -> Double) -> Double {
    zip(Self.inputs, results).map { x, y in
      let right = exact(Double(x))
      return y.isNaN ? .infinity : abs(Double(y) - right) / max(1, abs(right))
    }.max() ?? 0
  }

  @Test func exact() throws {
    let results = try apply(APUS_OP_GELU, Self.inputs, to: Float.self, zero: 0)
    #expect(worstError(results) { $0 * Self.cumulative($0) } < 1.3e-7)
    let ones = Self.inputs.map { _ in Float(1) }
    let slopes = try apply(APUS_OP_GELU_GRAD, ones, Self.inputs, to: Float.self, zero: 0)
    #expect(worstError(slopes) { Self.cumulative($0) + $0 * Self.density($0) } < 2e-7)
  }

  @Test func byTanh() throws {
    func logistic(_ x: Double) -> Double { 1 / (1 + exp(-Self.angle(x))) }
    let results = try apply(APUS_OP_GELU_TANH, Self.inputs, to: Float.self, zero: 0)
    #expect(worstError(results) { $0 * logistic($0) } < 3e-7)
    let ones = Self.inputs.map { _ in Float(1) }
    let slopes = try apply(APUS_OP_GELU_TANH_GRAD, ones, Self.inputs, to: Float.self, zero: 0)
    let error = worstError(slopes) { x in
      guard abs(x) < 100 else { return x > 0 ? 1 : 0 }
      let s = logistic(x)
      return s + x * s * (1 - s) * 2 * Self.root * (1 + 3 * 0.044715 * x * x)
    }
    #expect(error < 1e-6)
  }

  @Test func keepsNaNAndInfinity() throws {
    for opcode in [APUS_OP_GELU, APUS_OP_GELU_TANH] {
      let results = try apply(opcode, [.nan, .infinity] as [Float], to: Float.self, zero: 0)
      #expect(results[0].isNaN && results[1] == .infinity)
    }
    let slopes = try apply(APUS_OP_GELU_GRAD, [1, 1] as [Float], [.nan, .infinity], to: Float.self, zero: 0)
    #expect(slopes[0].isNaN && slopes[1] == 1)
  }
}
