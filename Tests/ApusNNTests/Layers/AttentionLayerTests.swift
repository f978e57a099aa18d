import ApusFixtures
import ApusGraph
import ApusNN
import ApusTensor
import Testing

@Suite struct AttentionLayerTests {
  private static func cases(_ prefix: String) throws -> [FixtureCase] {
    try Fixture("attention").cases(startingWith: prefix)
  }

  @Test(arguments: try cases("products"))
  func products(test: FixtureCase) throws {
    let inputs = test.inputs.map(\.tensor)
    let result = scaledDotProductAttention(
      inputs[0], inputs[1], inputs[2], mask: inputs.count > 3 ? inputs[3] : nil,
      causal: test["causal"].bool ?? false, scale: test["scale"].double)
    let targets = inputs.filter(\.dtype.isFloating)
    let slopes = gradients(
      of: (result.value * (try test("grad_output").tensor.value)).sum(), withRespectTo: targets.map(\.value))
    #expect(try test.mismatch("output", result) == nil)
    for (index, slope) in slopes.enumerated() {
      #expect(try test.mismatch("grad_input\(index)", Tensor(slope), absolute: 1e-4) == nil)
    }
  }

  @Test(arguments: try cases("multi_head"))
  func multiHead(test: FixtureCase) throws {
    let inputs = test.inputs.map(\.tensor)
    let heads = test["heads"].integer ?? 1
    let layer = MultiHeadAttention(heads: heads, keySize: 8 / heads)
    let memory = inputs.count % 2 == 0 ? inputs[1] : inputs[0]
    let weights = [
      layer.query.kernel, layer.query.bias, layer.key.kernel, layer.key.bias, layer.value.kernel,
      layer.value.bias, layer.outputKernel, layer.outputBias,
    ].compactMap { $0 }
    for (weight, number) in zip(weights, inputs.suffix(8)) { weight.assign(number) }
    let result = layer(inputs[0], value: memory, causal: test["causal"].bool ?? false)
    let targets = inputs.prefix(inputs.count - 8).map(\.value) + weights.map(\.tensor.value)
    let slopes = gradients(
      of: (result.value * (try test("grad_output").tensor.value)).sum(), withRespectTo: targets)
    #expect(try test.mismatch("output", result) == nil)
    for (index, slope) in slopes.enumerated() {
      #expect(try test.mismatch("grad_input\(index)", Tensor(slope), absolute: 1e-4) == nil, "\(index)")
    }
  }

  @Test(arguments: try cases("block"))
  func block(test: FixtureCase) throws {
    let inputs = test.inputs.map(\.tensor)
    let layer = TransformerBlock(
      8, heads: test["heads"].integer ?? 1, causal: true, epsilon: test["epsilon"].double ?? 0)
    try layer.build(inputShape: [6, 8])
    let parameters = try layer.parameters()
    #expect(
      parameters.map(\.name) == [
        "norm1.gamma", "norm1.beta", "attention.projection.kernel", "attention.projection.bias",
        "attention.output.kernel", "attention.output.bias", "norm2.gamma", "norm2.beta", "expansion.kernel",
        "expansion.bias", "contraction.kernel", "contraction.bias",
      ])
    for ((_, parameter), number) in zip(parameters, inputs.dropFirst()) { parameter.assign(number) }
    let (result, slopes) = try resultAndGradients(
      of: layer, inputs[0], weights: try test("grad_output").tensor, parameters.map(\.parameter),
      phase: .training)
    #expect(try test.mismatch("output", result, absolute: 1e-4) == nil)
    for (index, slope) in slopes.enumerated() {
      #expect(
        try test.mismatch("grad_input\(index)", slope, relative: 1e-4, absolute: 1e-3) == nil, "\(index)")
    }
  }

  @Test func aCacheGivesWhatTheWholeSequenceGives() throws {
    let layer = SelfAttention(8, heads: 2, causal: true)
    let x = RandomSource(seed: 4).normal([2, 7, 8])
    let whole = try layer(x).doubles()
    let cache = KeyValueCache(batch: 2, capacity: 9, heads: 2, size: 4)
    let step = CompiledFunction { [layer($0[0], cache: cache, position: $0[1])] }
    // Three positions at once, then one after the other, in two programs.
    var start = 0
    for count in [3, 1, 1, 2] {
      let part = x[0..., start..<(start + count)]
      let position = Literal([Int32(start)], shape: [])
      let result = try step([try part.literal(), position])[0].doubles
      for sample in 0..<2 {
        for place in 0..<(count * 8) {
          let expected = whole[(sample * 7 + start) * 8 + place]
          #expect(abs(result[sample * count * 8 + place] - expected) < 1e-5)
        }
      }
      start += count
    }
  }

  @Test func positionsAreAddedFromWhereTheyAreAskedFor() throws {
    let layer = PositionEmbedding(6)
    let x = Tensor(numbers: Array(repeating: 0, count: 8), [1, 2, 4])
    let first = try layer(x).doubles(), later = try layer(x, from: Tensor(3)).doubles()
    let table = try layer.embeddings.tensor.doubles()
    #expect(first == Array(table[0..<8]) && later == Array(table[12..<20]))
  }

  @Test func mistakesAreToldKindly() throws {
    let x = RandomSource(seed: 1).normal([2, 5, 8])
    func failure(_ tensor: Tensor) throws -> GraphError { try #require(tensor.failure) }
    #expect(try failure(SelfAttention(8, heads: 3)(x)).description.contains("cannot be shared out"))
    #expect(try failure(SelfAttention(6, heads: 3)(x)).description.contains("[batch, time, 6]"))
    #expect(try failure(MultiHeadAttention(heads: 2, keySize: 0)(x)).kind == .argument)
    #expect(try failure(MultiHeadAttention(heads: 2, keySize: 4)(x[0])).kind == .shape)
    #expect(try failure(PositionEmbedding(4)(x)).description.contains("4 places"))
    let cache = KeyValueCache(capacity: 3, heads: 2, size: 4)
    let late = SelfAttention(8, heads: 2)(x, cache: cache, position: Tensor(0))
    #expect(try failure(late).description.contains("cannot take keys"))
    let q = x.reshaped([2, 5, 2, 4])
    let mask = Tensor(Literal([true, false], shape: [2]))
    #expect(try failure(scaledDotProductAttention(q, q, q, mask: mask)).description.contains("broadcast"))
    #expect(try failure(scaledDotProductAttention(x, x, x)).description.contains("heads"))
  }
}
