import ApusGraph
import Testing

@testable import ApusRuntime

@Suite struct FusionTests {
  private func input(_ shape: Shape) -> Value { .input(.float32, shape) }

  private func steps(_ inputs: [Value], _ outputs: [Value]) throws -> [String] {
    // Whatever APUS_DISABLE names: these tests are about what fusion does.
    try Program(Graph(inputs: inputs, outputs: outputs), optimizations: Optimizations()).stepNames
  }

  @Test func aChainIsOneLoop() throws {
    let x = input([8, 8]), b = input([8])
    #expect(try steps([x, b], [((x + b).tanh() * 2.0).exp()]).count == 1)
  }

  @Test(
    "Layer normalization applies its activation",
    arguments: [ActivationKind.relu, .gelu, .geluTanh, .silu, .tanh, .sigmoid])
  func normalizationTakesItsActivation(_ kind: ActivationKind) throws {
    let x = input([5, 37]), gamma = input([37]), beta = input([37])
    let normal = Value.apply(.layerNorm(epsilon: 1e-3), [x, gamma, beta])
    let graph = Graph(inputs: [x, gamma, beta], outputs: [.apply(.activation(kind, alpha: 0), [normal])])
    let program = try Program(graph, optimizations: Optimizations())
    #expect(program.stepNames == ["layerNorm"])
    let inputs = graph.inputs.enumerated().map { OperationTests.literal(.float32, $1.shape, seed: $0) }
    let found = try Literal.zeros(graph.outputs[0].type)
    try Engine.shared.run {
      try program.run(inputs: inputs.map(\.buffer.pointer), outputs: [found.buffer.pointer])
    }
    let wanted = try Reference.evaluate(graph, inputs: inputs)[0]
    #expect(zip(found.doubles, wanted.doubles).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func anActivationReachesItsProductThroughAReshape() throws {
    let x = input([6, 4]), w = input([4, 5]), b = input([5])
    let y = Value.apply(.activation(.gelu, alpha: 0), [(x.matmul(w) + b).reshaped([2, 3, 5])])
    #expect(try steps([x, w, b], [y]) == ["matmul"])
    // Not where somebody reads the matrix as well.
    let product = x.matmul(w)
    let shared = Value.apply(.activation(.gelu, alpha: 0), [product.reshaped([2, 3, 5])])
    #expect(try steps([x, w], [shared, product]) == ["matmul", "gelu"])
  }

  @Test func aReductionEndsTheLoopOfItsOperand() throws {
    let x = input([8, 8])
    #expect(try steps([x], [(x * x).sum(axes: [0]), x * x + 1.0]).count == 1)
  }

  @Test func aReaderOfAReductionComesAfterIt() throws {
    let x = input([8, 8])
    let centered = x - x.mean(axes: [1], keepAxes: true)
    #expect(try steps([x], [centered]).count == 3)
  }

  @Test func siblingsWithACommonReaderShareALoop() throws {
    // Adam's shape: two moments from one gradient, and a parameter from both.
    let p = input([100]), g = input([100]), m = input([100]), v = input([100])
    let nextM = m * 0.9 + g * 0.1, nextV = v * 0.99 + g * g * 0.01
    let nextP = p - nextM / (nextV.sqrt() + 1e-7)
    #expect(try steps([p, g, m, v], [nextP, nextM, nextV]).count == 1)
  }

  @Test func aPathThroughAnotherKernelKeepsLoopsApart() throws {
    let x = input([8, 8])
    let a = x.tanh()
    let y = a * a.matmul(a)
    #expect(try steps([x], [y]) == ["tanh", "matmul", "multiply"])
  }

  @Test func aTransposedOperandIsReadFromMemory() throws {
    let x = input([8, 8])
    let a = x.tanh()
    #expect(try steps([x], [a + a.transposed([1, 0])]).count == 2)
  }

  @Test func aBiasAndAnActivationBecomeAnEpilogue() throws {
    let x = input([4, 8]), w = input([8, 16]), b = input([16])
    let y = Value.apply(.activation(.relu, alpha: 0), [x.matmul(w) + b])
    #expect(try steps([x, w, b], [y]) == ["matmul"])
  }

  @Test func aGradientIsComputedIntoItsPlaceInTheFlatBlock() throws {
    let x = input([4, 8]), y = input([4, 16])
    let dw = x.transposed([1, 0]).matmul(y).reshaped([128]), db = y.sum(axes: [0])
    let flat = Value.concatenate([dw, db], axis: 0)
    #expect(try steps([x, y], [flat * 2.0]).contains("copy") == false)
  }

  @Test func gradientsThatAreGivenAreReadWhereTheyAre() throws {
    let state = input([24]), first = input([3, 5]), second = input([8])
    let zeros = Value.scalar(0, .float32).broadcast(to: [1])
    let flat = Value.concatenate([first.reshaped([15]), zeros, second], axis: 0)
    let graph = Graph(inputs: [state, first, second], outputs: [state - flat * 0.5, flat.squared().sum()])
    let program = try Program(graph, optimizations: Optimizations())
    #expect(program.stepNames.contains("copy") == false)
    #expect(program.stepNames.contains("concatenate") == false)
    let inputs = graph.inputs.enumerated().map { OperationTests.literal(.float32, $1.shape, seed: $0) }
    let found = try graph.outputs.map { try Literal.zeros($0.type) }
    try Engine.shared.run {
      try program.run(inputs: inputs.map(\.buffer.pointer), outputs: found.map(\.buffer.pointer))
    }
    for (found, wanted) in zip(found, try Reference.evaluate(graph, inputs: inputs)) {
      #expect(zip(found.doubles, wanted.doubles).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }

  @Test func stateThatIsItsOwnGradientIsReadBeforeItIsOverwritten() throws {
    // The halves are exchanged, so that an update in place would read what it has written.
    let state = input([4096])
    let turned = Value.concatenate(
      [state.slice(axis: 0, 2048..<4096), state.slice(axis: 0, 0..<2048)], axis: 0)
    let program = try Program(
      Graph(inputs: [state], outputs: [state + turned * 2.0]), updates: [0: 0], optimizations: Optimizations()
    )
    let memory = Literal((0..<4096).map { Float($0) }, shape: [4096])
    try Engine.shared.run {
      try program.run(inputs: [memory.buffer.pointer], outputs: [memory.buffer.pointer])
    }
    let wanted: [Double] = (0..<4096).map { place in
      let other = (place + 2048) % 4096
      return Double(place + 2 * other)
    }
    #expect(memory.doubles == wanted)
  }

  @Test func aLoopWithTooManyResultsIsSplit() throws {
    let x = input([16])
    let results = (0..<60).map { x * Double($0 + 2) }
    let total = results.reduce(x) { $0 + $1 }
    let count = try steps([x], results + [total]).count
    #expect(count > 1)
    #expect(count < 12)
  }

  @Test func stateIsUpdatedInPlaceOnlyWhenNobodyReadsItLater() throws {
    let state = input([64, 64])
    let safe = try Program(
      Graph(inputs: [state], outputs: [state * 2.0]), updates: [0: 0],
      optimizations: Optimizations())
    #expect(safe.stepNames.count == 1)
    let hazard = try Program(
      Graph(inputs: [state], outputs: [state.matmul(state), state.matmul(state).matmul(state)]),
      updates: [0: 0], optimizations: Optimizations())
    #expect(hazard.stepNames.last == "copy")
  }
}
