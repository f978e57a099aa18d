import ApusGraph
import ApusTensor
import Testing

@Suite struct GradientTests {
  @Test func oneArgument() throws {
    let (value, slope) = valueAndGradient(at: [1, 2, 3]) { ($0 * $0).sum() }
    #expect(try value.item() == 14)
    #expect(try slope.scalars() == [2, 4, 6] as [Float])
  }

  @Test func twoArguments() throws {
    let (a, b) = gradient(at: Tensor(3), Tensor(5)) { $0 * $0 * $1 }
    #expect(try a.item() == 30)
    #expect(try b.item() == 9)
  }

  @Test func secondDerivatives() throws {
    let second = gradient(at: Tensor(2)) { x in
      gradient(at: x) { power($0, 3) }
    }
    #expect(try second.item() == 12)
  }

  @Test func onlyTheArgumentCounts() throws {
    let x = Tensor(3)
    let outside = x * 2
    #expect(try gradient(at: x) { $0 * outside }.item() == 6)
    #expect(try gradient(at: x) { _ in outside * 1.0 }.item() == 0)
  }

  @Test func readingInsideDoesNotCutTheGradientOff() throws {
    let triple = CompiledFunction { [$0[0] * 3] }
    var seen: [Double] = []
    let slope = try gradient(at: Tensor(2)) { x in
      let y = x * x
      seen.append(try y.item())
      let z = try triple([y])[0]
      try evaluate(z)
      seen.append(try z.item())
      return z
    }
    #expect(seen == [4, 12])
    #expect(try slope.item() == 12)
  }

  @Test func stoppedGradients() throws {
    #expect(try gradient(at: Tensor(3)) { $0 * stopGradient($0) }.item() == 3)
  }

  @Test func gradientsOfTheCallersOwn() throws {
    // Straight through: rounded forwards, the identity backwards.
    func straightThrough(_ x: Tensor) -> Tensor {
      withCustomGradient(at: [x], gradient: { _, _, gradients in gradients }) { [round($0[0])] }[0]
    }
    let (value, slope) = valueAndGradient(at: Tensor(2.7)) { straightThrough($0) * 5 }
    #expect(try value.item() == 15)
    #expect(try slope.item() == 5)
  }

  @Test func nonsenseIsAnError() throws {
    #expect(try failure(of: gradient(at: [1, 2]) { $0 * 2 }).problem.contains("2 numbers"))
    #expect(try failure(of: gradient(at: Tensor([1, 2], dtype: .int32)) { $0.sum() }).kind == .gradient)
    let bad = gradient(at: Tensor.zeros([2, 3])) { matmul($0, $0).sum() }
    #expect(try failure(of: bad).operation == "matmul")
  }
}
