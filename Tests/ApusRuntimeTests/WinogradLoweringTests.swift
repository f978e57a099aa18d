import ApusGraph
import Testing

@testable import ApusRuntime

/// Which convolutions with learned weights, and which of their gradients, are made with kernels of our own.
@Suite struct WinogradLoweringTests {
  private static func spec(pad: Int, stride: Int = 1) -> ConvolutionSpec {
    ConvolutionSpec(
      strides: [stride, stride], padsLow: [pad, pad], padsHigh: [pad, pad], dilations: [1, 1])
  }

  /// A convolution of `x` and the gradients of both operands.
  private static func graph(
    _ shape: Shape, filters: Int, _ spec: ConvolutionSpec, dtype: DType = .float32
  ) -> Graph {
    let x = Value.input(dtype, shape), w = Value.input(dtype, [3, 3, shape[3], filters])
    let y = Value.apply(.convolution(spec, .none), [x, w])
    let gradient = Value.input(dtype, y.shape)
    return Graph(
      inputs: [x, w, gradient],
      outputs: [
        y, .apply(.convolutionInputGradient(spec, inputSpatial: [x.shape[1], x.shape[2]]), [gradient, w]),
        .apply(.convolutionFilterGradient(spec, kernelSpatial: [3, 3]), [x, gradient]),
      ])
  }

  private static func names(_ graph: Graph) throws -> [String] {
    try Program(graph, optimizations: Optimizations()).stepNames.filter { $0 != "reorder" }
  }

  private static func results(_ graph: Graph) throws -> ([[Double]], [String]) {
    let arguments = graph.inputs.enumerated().map {
      OperationTests.literal($1.dtype, $1.shape, seed: $0, -1...1)
    }
    let program = try Program(graph, optimizations: Optimizations())
    let results = try graph.outputs.map { try Literal.zeros($0.type) }
    try Engine.shared.run {
      try program.run(inputs: arguments.map(\.buffer.pointer), outputs: results.map(\.buffer.pointer))
    }
    return (results.map(\.doubles), program.stepNames)
  }

  @Test(arguments: [0, 1, 2], [1, 2]) func gradientsAreThoseOfTheDirectSums(pad: Int, stride: Int) throws {
    let shape: Shape = [4, 17, 16, 64], spec = Self.spec(pad: pad, stride: stride)
    let (fast, names) = try Self.results(Self.graph(shape, filters: 64, spec))
    #expect(names.filter { $0 == "winograd" }.count == (stride == 1 ? 2 : 0))
    #expect(names.contains(stride == 1 ? "winogradFilterGradient" : "stridedFilterGradient"))
    let (direct, _) = try Self.results(Self.graph(shape, filters: 64, spec, dtype: .float64))
    for (a, b) in zip(fast, direct) {
      let largest = b.map(abs).max() ?? 0
      #expect(zip(a, b).map { abs($0 - $1) }.max() ?? 1 < 1e-5 * largest)
    }
  }

  @Test func fewTilesOrAnotherGeometryStayDirect() throws {
    let direct = ["convolution", "convolutionInputGradient", "convolutionFilterGradient"]
    #expect(try Self.names(Self.graph([1, 21, 18, 64], filters: 64, Self.spec(pad: 1))) == direct)
    #expect(try Self.names(Self.graph([4, 21, 18, 64], filters: 24, Self.spec(pad: 1))) == direct)
    let strided = try Self.names(Self.graph([4, 42, 42, 64], filters: 64, Self.spec(pad: 1, stride: 2)))
    #expect(strided == direct.dropLast() + ["stridedFilterGradient"])
    // A larger border: the input's gradient would begin before the result's.
    let wide = try Self.names(Self.graph([4, 21, 18, 64], filters: 64, Self.spec(pad: 3)))
    #expect(wide.suffix(2) == direct.suffix(2))
  }

  @Test(arguments: [32, 80, 96]) func weightsInPanelsThatAreNotFullAreKept(filters: Int) throws {
    let x = Value.input(.float32, [1, 32, 32, 128]), w = Value.input(.float32, [3, 3, 128, filters])
    let y = Value.apply(.convolution(Self.spec(pad: 1), .none), [x, w])
    let program = try Program(
      Graph(inputs: [x, w], outputs: [y]), keeping: [1], optimizations: Optimizations())
    #expect(program.preparationNames == ["winogradWeights"])
    #expect(program.stepNames == ["winograd"])
  }

  @Test func stridedGradientsCanBeLeftOut() throws {
    let graph = Self.graph([4, 42, 42, 64], filters: 64, Self.spec(pad: 1, stride: 2))
    let program = try Program(graph, optimizations: Optimizations(disabled: ["strided"]))
    #expect(program.stepNames.contains("convolutionFilterGradient"))
    #expect(!program.stepNames.contains("stridedFilterGradient"))
  }
}
