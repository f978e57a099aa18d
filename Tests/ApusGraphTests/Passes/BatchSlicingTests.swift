import Testing

@testable import ApusGraph

@Suite struct BatchSlicingTests {
  private static let spec = ConvolutionSpec(
    strides: [1, 1], padsLow: [1, 1], padsHigh: [1, 1], dilations: [1, 1])

  private static func convolution(_ x: Value, _ w: Value) -> Value {
    .apply(.convolution(spec, .none), [x, w])
  }
  private static func relu(_ x: Value) -> Value { .apply(.activation(.relu, alpha: 0), [x]) }

  /// A block with a shortcut, squeeze and excitation, a concatenation and pooling; then all samples together.
  private static func network(batch: Int) -> Graph {
    let x = Value.input(.float32, [batch, 6, 6, 4])
    let weights = [Value.input(.float32, [3, 3, 4, 4]), Value.input(.float32, [3, 3, 8, 2])]
    let squeeze = Value.input(.float32, [4, 4]), last = Value.input(.float32, [18, 3])
    let a = relu(convolution(x, weights[0]) + x)
    let means: Value = .apply(.reduce(.sum, axes: [1, 2]), [a])
    let gate = means.dot(squeeze, DotSpec(leftContract: [1], rightContract: [0]))
    let scaled = a * .apply(.broadcast(a.shape, axes: [0, 3]), [gate])
    let joined = Value.concatenate([scaled, x], axis: 3)
    let pool = PoolSpec(
      kind: .maximum, window: [2, 2], strides: [2, 2], padsLow: [0, 0], padsHigh: [0, 0])
    let rows = Value.apply(.pool(pool), [convolution(joined, weights[1])]).reshaped([batch, 18])
    let total: Value = .apply(.reduce(.sum, axes: [0]), [rows])
    return Graph(
      inputs: [x] + weights + [squeeze, last],
      outputs: [rows.dot(last, DotSpec(leftContract: [1], rightContract: [0])), total, a])
  }

  private static func sizes(_ graph: Graph) -> [Int] {
    graph.vertices.compactMap { vertex in
      if case .convolution = vertex.node.op { return vertex.node.types[0].shape[0] }
      return nil
    }
  }

  @Test(arguments: [2, 6, 8]) func partsGiveWhatTheWholeGives(batch: Int) throws {
    let graph = Self.network(batch: batch)
    let sliced = BatchSlicing.apply(graph, budget: 1 << 10)
    #expect(Self.sizes(sliced).count > 2)
    #expect(Self.sizes(sliced).allSatisfy { $0 < batch })
    #expect(sliced.outputs.map(\.type) == graph.outputs.map(\.type))
    let arguments = graph.inputs.enumerated().map { index, input in
      Literal(
        (0..<input.shape.elementCount).map { Float(($0 * 7 + index * 3) % 11) / 10 - 0.5 }, shape: input.shape
      )
    }
    let results = try Reference.evaluate(sliced, inputs: arguments)
    let wanted = try Reference.evaluate(graph, inputs: arguments)
    for (result, wanted) in zip(results, wanted) { #expect(result.doubles == wanted.doubles) }
  }

  @Test func partsGrowOnTheWay() {
    let x = Value.input(.float32, [8, 16, 16, 4])
    let w = Value.input(.float32, [3, 3, 4, 4])
    let pool = PoolSpec(
      kind: .average, window: [4, 4], strides: [4, 4], padsLow: [0, 0], padsHigh: [0, 0])
    let small = Value.apply(.pool(pool), [Self.convolution(x, w)])
    let graph = Graph(inputs: [x, w], outputs: [Self.convolution(small, w)])
    // A sample of the first convolution takes 8 KB, of the second 512 bytes.
    #expect(Self.sizes(BatchSlicing.apply(graph, budget: 16 << 10)) == [2, 2, 2, 2, 8])
    #expect(BatchSlicing.apply(graph, budget: 1 << 20) === graph)
  }

  @Test func programsThatLearnStayWhole() {
    let x = Value.input(.float32, [8, 16, 16, 4]), w = Value.input(.float32, [3, 3, 4, 4])
    let gradient: Value = .apply(
      .convolutionFilterGradient(Self.spec, kernelSpatial: [3, 3]), [x, Self.convolution(x, w)])
    let graph = Graph(inputs: [x, w], outputs: [gradient])
    #expect(BatchSlicing.apply(graph, budget: 1 << 10) === graph)
  }
}
