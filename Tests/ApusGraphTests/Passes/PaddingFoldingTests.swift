import Testing

@testable import ApusGraph

@Suite struct PaddingFoldingTests {
  private static let spec = ConvolutionSpec(
    strides: [2, 1], padsLow: [0, 1], padsHigh: [1, 0], dilations: [1, 1])

  private static func hasPad(_ graph: Graph) -> Bool {
    graph.vertices.contains { vertex in
      if case .pad = vertex.node.op { return true }
      return false
    }
  }

  @Test func aConvolutionPadsByItself() throws {
    let x = Value.input(.float32, [2, 5, 4, 3]), w = Value.input(.float32, [3, 3, 3, 2])
    let padded = x.padded(low: [0, 1, 0, 0], high: [0, 0, 2, 0])
    let y: Value = .apply(.convolution(Self.spec, .none), [padded, w])
    let slope: Value = .apply(.convolutionFilterGradient(Self.spec, kernelSpatial: [3, 3]), [padded, y])
    let graph = Graph(inputs: [x, w], outputs: [y, slope])
    let simple = Simplification.apply(graph)
    #expect(Self.hasPad(graph))
    #expect(!Self.hasPad(simple))
    #expect(simple.outputs.map(\.type) == graph.outputs.map(\.type))
    let arguments = graph.inputs.map { input in
      Literal((0..<input.shape.elementCount).map { Float($0 * 7 % 11) / 10 - 0.5 }, shape: input.shape)
    }
    let results = try Reference.evaluate(simple, inputs: arguments)
    let wanted = try Reference.evaluate(graph, inputs: arguments)
    for (result, wanted) in zip(results, wanted) {
      #expect(zip(result.doubles, wanted.doubles).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }

  @Test func whatIsNoZeroAroundAPictureStays() {
    let x = Value.input(.float32, [2, 5, 4, 3]), w = Value.input(.float32, [3, 3, 3, 2])
    let one = Value.constant(Literal([Float(1)], shape: .scalar))
    for padded in [
      x.padded(low: [0, 1, 1, 0], high: [0, 0, 0, 0], value: one),
      x.padded(low: [1, 0, 0, 0], high: [0, 0, 0, 0]),
      x.padded(low: [0, 0, 0, 0], high: [0, 0, 0, 0], interior: [0, 1, 0, 0]),
      x.padded(low: [0, -1, 0, 0], high: [0, 0, 0, 0]),
    ] {
      let graph = Graph(inputs: [x, w], outputs: [.apply(.convolution(Self.spec, .none), [padded, w])])
      #expect(Self.hasPad(Simplification.apply(graph)))
    }
  }
}
