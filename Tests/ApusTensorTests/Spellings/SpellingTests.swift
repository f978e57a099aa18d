import ApusGraph
import ApusTensor
import Testing

/// Methods and free functions are the same operations.
struct SpellingTests {
  private let x: Tensor = [[0.1, 0.5, 0.9], [0.2, 0.4, 0.8]]

  @Test func methodsAreTheFreeFunctions() throws {
    let pairs: [(Tensor, Tensor)] = [
      (x.abs(), abs(x)), (x.sign(), sign(x)), (x.floor(), floor(x)), (x.ceil(), ceil(x)),
      (x.round(), round(x)),
      (x.trunc(), trunc(x)), (x.exp(), exp(x)), (x.expm1(), expm1(x)), (x.log(), log(x)),
      (x.log1p(), log1p(x)),
      (x.log2(), log2(x)), (x.log10(), log10(x)), (x.sqrt(), sqrt(x)), (x.rsqrt(), rsqrt(x)),
      (x.square(), square(x)), (x.reciprocal(), reciprocal(x)), (x.sin(), sin(x)), (x.cos(), cos(x)),
      (x.tan(), tan(x)), (x.tanh(), tanh(x)), (x.erf(), erf(x)), (x.relu(), relu(x)), (x.silu(), silu(x)),
      (x.sigmoid(), sigmoid(x)), (x.softplus(), softplus(x)), (x.gelu(), gelu(x)),
      (x.leakyRelu(negativeSlope: 0.1), leakyRelu(x, negativeSlope: 0.1)),
      (x.softmax(axis: 0), softmax(x, axis: 0)),
      (x.logSoftmax(), logSoftmax(x)), (x.power(3), power(x, 3)), (x.power(x), power(x, x)),
      (x.clip(0.3, 0.6), clip(x, 0.3, 0.6)), (x.matmul(x.T), matmul(x, x.T)), (x.dot(x.T), dot(x, x.T)),
      (x.stopGradient(), stopGradient(x)),
    ]
    for (index, (method, function)) in pairs.enumerated() {
      #expect(try method.literal() == function.literal(), "pair \(index)")
    }
  }

  @Test func freeFunctionsAreTheMethods() throws {
    let pairs: [(Tensor, Tensor)] = [
      (sum(x), x.sum()), (sum(x, axis: 0), x.sum(axis: 0)), (mean(x), x.mean()),
      (mean(x, axes: [0, 1], keepDimensions: true), x.mean(axes: [0, 1], keepDimensions: true)),
      (product(x), x.product()), (max(x), x.max()), (max(x, axis: 1), x.max(axis: 1)), (min(x), x.min()),
      (variance(x, correction: 1), x.variance(correction: 1)), (standardDeviation(x), x.standardDeviation()),
      (argmax(x, axis: 1), x.argmax(axis: 1)), (argmin(x), x.argmin()),
      (reshaped(x, [3, -1]), x.reshaped([3, -1])),
      (transposed(x), x.transposed()),
    ]
    for (index, (function, method)) in pairs.enumerated() {
      #expect(try function.literal() == method.literal(), "pair \(index)")
    }
    // Swift's own are not hidden.
    #expect(max(1, 2) == 2 && min(3.0, 2.0) == 2)
  }

  @Test func literalsAreEqualBitForBit() {
    let one = Literal([1, 2] as [Float], shape: [2])
    #expect(one == Literal([1, 2] as [Float], shape: [2]))
    #expect(one != Literal([1, 2] as [Float], shape: [2, 1]))
    #expect(one != Literal([1, 3] as [Float], shape: [2]))
    #expect(one != Literal([1, 2] as [Int32], shape: [2]))
    let notANumber = Literal([Float.nan], shape: .scalar)
    #expect(notANumber == Literal([Float.nan], shape: .scalar))
    #expect(Literal([Float(0)], shape: .scalar) != Literal([-Float(0)], shape: .scalar))
    #expect(Literal([] as [Float], shape: [0]) == Literal([] as [Float], shape: [0]))
  }
}
