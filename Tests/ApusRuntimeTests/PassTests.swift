import ApusGraph
import Testing

@testable import ApusRuntime

@Suite struct PassTests {
  private func input(_ shape: Shape) -> Value { .input(.float32, shape) }

  @Test func equalExpressionsAreMerged() {
    let x = input([4])
    let graph = Graph(inputs: [x], outputs: [x.tanh() + x.tanh()])
    #expect(
      CommonSubexpressions.apply(graph).description == """
        %0 = input 0 : float32[4]
        %1 = tanh(%0) : float32[4]
        %2 = add(%1, %1) : float32[4]
        return %2
        """)
  }

  @Test func barriersAndHostCallsAreNotMerged() {
    let x = input([4])
    let barrier = { Value.apply(.barrier, [x]) }
    let graph = Graph(inputs: [x], outputs: [barrier(), barrier()])
    #expect(CommonSubexpressions.apply(graph).vertices.count == 3)
  }

  @Test func neutralElementsAndNumbersAreFolded() {
    let x = input([4])
    let graph = Graph(inputs: [x], outputs: [(x * 1.0 - 0.0) / (x.splat(2) * 0.5)])
    #expect(
      Simplification.apply(Simplification.apply(graph)).description == """
        %0 = input 0 : float32[4]
        return %0
        """)
  }

  @Test func shapeChainsCollapse() {
    let x = input([2, 6])
    let graph = Graph(
      inputs: [x], outputs: [x.reshaped([3, 4]).reshaped([12]), x.transposed([1, 0]).transposed([1, 0])])
    #expect(
      Simplification.apply(graph).description == """
        %0 = input 0 : float32[2, 6]
        %1 = reshape{[12]}(%0) : float32[12]
        return %1, %0
        """)
  }

  @Test func aBiasOfAUsedProductStaysOutside() throws {
    let x = input([4, 8]), w = input([8, 16]), b = input([16])
    let product = x.matmul(w)
    let graph = Graph(inputs: [x, w, b], outputs: [product + b, product])
    #expect(EpilogueFusion.apply(graph) === graph)
  }

  @Test func everyPassKeepsTheMeaning() throws {
    let x = input([4, 8]), w = input([8, 16]), b = input([16])
    let hidden = Value.apply(.activation(.gelu, alpha: 0), [x.matmul(w) + b])
    let y = Value.apply(.softmax, [hidden * 1.0 + hidden.tanh() * 2.0])
    let graph = Graph(inputs: [x, w, b], outputs: [y, y.sum(axes: [0])])
    let arguments = [
      OperationTests.literal(.float32, x.shape, seed: 1), OperationTests.literal(.float32, w.shape, seed: 2),
      OperationTests.literal(.float32, b.shape, seed: 3),
    ]
    let expected = try Reference.evaluate(graph, inputs: arguments)
    for disabled in [[], ["simplify"], ["cse"], ["epilogue"], ["simplify", "cse", "epilogue"]]
      as [Set<String>]
    {
      let optimized = try Passes.optimized(graph, disabled: disabled)
      for (result, wanted) in zip(try Reference.evaluate(optimized, inputs: arguments), expected) {
        for (a, b) in zip(result.doubles, wanted.doubles) { #expect(abs(a - b) <= 1e-5 * max(1, abs(b))) }
      }
    }
  }
}
