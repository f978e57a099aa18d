import ApusGraph
import ApusModelSamples
import ApusNN
import ApusRuntime
import ApusTensor
import Testing

@Suite struct RecomputationTests {
  private func bits(_ literal: Literal) -> [UInt8] { literal.withUnsafeBytes { Array($0) } }

  /// A deep network in blocks, with everything that has state inside: dropout's stream, running statistics.
  private func network(blocks: Int, width: Int, checkpointed: Bool) -> Sequential {
    func block(_ number: Int) -> Sequential {
      Sequential {
        Dense(width, activation: .gelu)
        BatchNorm()
        Dropout(0.3, source: RandomSource(seed: UInt64(number)))
        Dense(width, activation: .tanh)
      }
    }
    return Sequential {
      for number in 0..<blocks {
        if checkpointed { Checkpointed(block(number)) } else { block(number) }
      }
      Dense(3)
    }
  }

  private func trainingStep(blocks: Int, width: Int, batch: Int, checkpointed: Bool) throws -> TracedSample {
    try ModelSample.training(
      "", x: { try normal([batch, width]) }, y: { labels([batch], below: 3) },
      optimizer: { .sgd(learningRate: 0.1) }
    ) { network(blocks: blocks, width: width, checkpointed: checkpointed) }.traced()
  }

  @Test func weightsAreTheSameBitForBit() throws {
    let plain = try trainingStep(blocks: 3, width: 24, batch: 16, checkpointed: false)
    let again = try trainingStep(blocks: 3, width: 24, batch: 16, checkpointed: true)
    // Fewer values are read by the backward pass, so that more activations can be applied by the product before them,
    // whose rounding may differ from a loop's.
    let optimizations = Optimizations(disabled: ["epilogue"])
    let expected = try plain.run(plain.program(optimizations), count: 3)
    let results = try again.run(again.program(optimizations), count: 3)
    // States come in the order of their first use, which differs: dropout's counters, statistics, weights.
    #expect(Set(results.map(bits)) == Set(expected.map(bits)))
    #expect(bits(results[0]) == bits(expected[0]))
  }

  @Test func pathsAreThoseOfTheLayersInside() throws {
    let plain = network(blocks: 2, width: 4, checkpointed: false)
    let again = network(blocks: 2, width: 4, checkpointed: true)
    try plain.build(inputShape: [4], seed: 3)
    try again.build(inputShape: [4], seed: 3)
    let expected = try plain.parameters(), found = try again.parameters()
    #expect(found.map(\.name) == expected.map(\.name))
    for (a, b) in zip(found, expected) {
      #expect(try bits(a.parameter.tensor.literal()) == bits(b.parameter.tensor.literal()))
    }
  }

  @Test func deepNetworksNeedLessMemory() throws {
    // Activations are computed again late only where what frees memory comes early.
    let all = Optimizations()
    let plain = try trainingStep(blocks: 12, width: 32, batch: 512, checkpointed: false).program(all)
    let again = try trainingStep(blocks: 12, width: 32, batch: 512, checkpointed: true).program(all)
    #expect(again.liveByteCount * 2 < plain.liveByteCount)
    #expect(again.arenaByteCount * 2 < plain.arenaByteCount)
  }

  @Test func gradientsOfFunctionsAreTheSame() throws {
    let x = Tensor(try normal([5, 4])), w = Tensor(try normal([4, 4], seed: 8))
    func step(_ x: Tensor, _ w: Tensor) -> Tensor { tanh(matmul(tanh(matmul(x, w)), w)) }
    let plain = valueAndGradient(at: x, w) { x, w in square(step(step(x, w), w)).sum() }
    // By arguments, and by tensors that the closure captures; one region within another.
    let again = valueAndGradient(at: x, w) { x, w in
      let inner = checkpointed { step(x, w) }
      return square(checkpointed([inner, w]) { [checkpointed($0[0]) { y in step(y, w) }] }[0]).sum()
    }
    #expect(try bits(again.value.literal()) == bits(plain.value.literal()))
    #expect(try bits(again.gradients.0.literal()) == bits(plain.gradients.0.literal()))
    // The parts of a gradient that arrive from several regions are added in another order.
    let (found, expected) = (try again.gradients.1.literal().doubles, try plain.gradients.1.literal().doubles)
    for (a, b) in zip(found, expected) { #expect(abs(a - b) <= 1e-5 * max(1, abs(b))) }
  }

  @Test func secondDerivativesPassThrough() throws {
    let x = Tensor([0.3, -0.7, 1.1])
    func penalty(_ function: (Tensor) -> Tensor) -> Tensor {
      gradient(at: x) { x in square(gradient(at: x) { function($0).sum() }).sum() }
    }
    let plain = penalty { tanh($0 * $0) }
    let again = penalty { x in checkpointed(x) { tanh($0 * $0) } }
    let (found, expected) = (try again.literal().doubles, try plain.literal().doubles)
    for (a, b) in zip(found, expected) { #expect(abs(a - b) <= 1e-5 * max(1, abs(b))) }
  }

  @Test func variablesAreReadAndAssignedOnce() throws {
    let counter = Variable(2)
    let x = Tensor([1, 2])
    let result = valueAndGradient(at: x) { x in
      checkpointed(x) { x in
        counter.assign(counter.tensor + 1)
        return x * counter.tensor
      }.sum()
    }
    #expect(try result.value.literal().doubles == [9])
    #expect(try result.gradient.literal().doubles == [3, 3])
    #expect(try counter.tensor.literal().doubles == [3])
  }

  @Test func anErrorInsideIsThrown() throws {
    let result = checkpointed(Tensor([1, 2])) { matmul($0, Tensor([[1, 2, 3]])) }
    #expect(throws: GraphError.self) { try result.literal() }
    #expect(throws: GraphError.self) {
      try checkpointed(Tensor([1, 2])) { Tensor(try $0.literal()) }.literal()
    }
  }
}
