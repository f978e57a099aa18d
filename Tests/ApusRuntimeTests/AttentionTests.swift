import ApusGraph
import Testing

@testable import ApusRuntime

/// Attention's kernels, which work tile by tile, against its meaning.
@Suite struct AttentionTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var queries = 5, keys = 7, heads = 2, keyHeads = 2, size = 8, valueSize = 8
    var isCausal = false
    var mask: DType?
    var lengths: [Int32]?
    var testDescription: String {
      "\(queries)x\(keys), \(heads)/\(keyHeads) heads of \(size)/\(valueSize), causal \(isCausal), mask \(String(describing: mask)), lengths \(lengths ?? [])"
    }
  }

  static let cases: [Case] = [
    Case(), Case(isCausal: true), Case(queries: 1, keys: 9, isCausal: true, lengths: [4, 9]),
    Case(queries: 70, keys: 270, heads: 1, keyHeads: 1, size: 5, valueSize: 3, isCausal: true),
    Case(
      queries: 66, keys: 300, heads: 2, keyHeads: 1, size: 16, valueSize: 20, isCausal: true,
      lengths: [300, 20]),
    Case(queries: 9, keys: 65, heads: 4, keyHeads: 2, size: 33, valueSize: 70, mask: .float32),
    Case(queries: 9, keys: 65, mask: .bool, lengths: [0, 64]),
    Case(queries: 3, keys: 40, heads: 4, keyHeads: 1, mask: .bool),
    Case(queries: 80, keys: 3, isCausal: true, lengths: [2, 3]),
  ]

  @Test("Attention and its gradient", arguments: cases)
  func attention(_ test: Case) throws {
    let spec = AttentionSpec(
      scale: 0.4, isCausal: test.isCausal, hasMask: test.mask != nil, hasLengths: test.lengths != nil)
    let shapes: [Shape] = [
      [2, test.queries, test.heads, test.size], [2, test.keys, test.keyHeads, test.size],
      [2, test.keys, test.keyHeads, test.valueSize],
    ]
    var inputs = shapes.enumerated().map { OperationTests.literal(.float32, $1, seed: $0, -2...2) }
    if let dtype = test.mask {
      inputs.append(OperationTests.literal(dtype, [2, test.heads, test.queries, test.keys], seed: 3))
    }
    if let lengths = test.lengths { inputs.append(Literal(lengths, shape: [2])) }
    try OperationTests.check(.init(op: .attention(spec), inputs: inputs, tolerance: 2e-5))
    // The gradient is given what attention gave, so that its probabilities are some.
    let values = inputs.map { Value.input($0.dtype, $0.shape) }
    let graph = Graph(inputs: values, outputs: Node.apply(.attention(spec), values))
    let saved = try Reference.evaluate(graph, inputs: inputs)
    let gradient = OperationTests.literal(.float32, saved[0].shape, seed: 8)
    try OperationTests.check(
      .init(op: .attentionGradient(spec), inputs: inputs + saved + [gradient], tolerance: 1e-4))
  }

  @Test func readsPartsOfOneProjectionInPlace() throws {
    // Query, key and value lie side by side, as one matrix product gives them.
    let heads = 3, size = 4, width = heads * size
    let joined = Value.input(.float32, [2, 10, 3 * width])
    let parts = (0..<3).map { index in
      joined.slice(axis: 2, (index * width)..<((index + 1) * width)).reshaped([2, 10, heads, size])
    }
    let result = Value.apply(.attention(AttentionSpec(scale: 0.5, isCausal: true)), parts)
    let graph = Graph(inputs: [joined], outputs: [result])
    let program = try Program(graph)
    #expect(program.stepNames == ["attention"])
    let input = OperationTests.literal(.float32, joined.shape)
    let found = try Literal.zeros(result.type)
    try Engine.shared.run {
      try program.run(inputs: [input.buffer.pointer], outputs: [found.buffer.pointer])
    }
    let wanted = try Reference.evaluate(graph, inputs: [input])[0]
    #expect(zip(found.doubles, wanted.doubles).allSatisfy { abs($0 - $1) < 1e-5 })
  }
}
