import ApusFixtures
import ApusGraph
import ApusNN
import ApusTensor
import Testing

@Suite struct ConvolutionTests {
  private struct Built {
    let layer: any Layer
    let kernel: Parameter
    let bias: Parameter?
  }

  private static func layer(_ test: FixtureCase, filters: Int, window: [Int], useBias: Bool) -> Built {
    let kernel = SpatialSize(window), stride = test.size("strides"), dilation = test.size("dilations")
    let groups = test["groups"].integer ?? 1
    switch window.count {
    case 1:
      let conv = Conv1D(
        filters, kernel: kernel, stride: stride, padding: test.padding, dilation: dilation, groups: groups,
        useBias: useBias)
      return Built(layer: conv, kernel: conv.kernel, bias: conv.bias)
    case 2:
      let conv = Conv2D(
        filters, kernel: kernel, stride: stride, padding: test.padding, dilation: dilation, groups: groups,
        useBias: useBias)
      return Built(layer: conv, kernel: conv.kernel, bias: conv.bias)
    default:
      let conv = Conv3D(
        filters, kernel: kernel, stride: stride, padding: test.padding, dilation: dilation, groups: groups,
        useBias: useBias)
      return Built(layer: conv, kernel: conv.kernel, bias: conv.bias)
    }
  }

  private static func transposed(_ test: FixtureCase, filters: Int, window: [Int], useBias: Bool) -> Built {
    let kernel = SpatialSize(window), stride = test.size("strides"), dilation = test.size("dilations")
    switch window.count {
    case 1:
      let conv = Conv1DTranspose(
        filters, kernel: kernel, stride: stride, padding: test.padding, dilation: dilation, useBias: useBias)
      return Built(layer: conv, kernel: conv.kernel, bias: conv.bias)
    case 2:
      let conv = Conv2DTranspose(
        filters, kernel: kernel, stride: stride, padding: test.padding, dilation: dilation, useBias: useBias)
      return Built(layer: conv, kernel: conv.kernel, bias: conv.bias)
    default:
      let conv = Conv3DTranspose(
        filters, kernel: kernel, stride: stride, padding: test.padding, dilation: dilation, useBias: useBias)
      return Built(layer: conv, kernel: conv.kernel, bias: conv.bias)
    }
  }

  @Test(arguments: try Fixture("convolution").cases(startingWith: ""))
  func resultsAndGradients(test: FixtureCase) throws {
    let inputs = test.inputs.map(\.tensor)
    let shape = inputs[1].shape.dimensions
    let window = Array(shape.dropLast(2))
    let isTransposed = test.name.hasPrefix("transposed")
    let built =
      isTransposed
      ? Self.transposed(test, filters: shape[window.count], window: window, useBias: inputs.count > 2)
      : Self.layer(test, filters: shape[window.count + 1], window: window, useBias: inputs.count > 2)
    built.kernel.assign(inputs[1])
    if inputs.count > 2 { built.bias?.assign(inputs[2]) }
    let (result, gradients) = try resultAndGradients(
      of: Sequential([built.layer]), inputs[0], weights: try test("grad_output").tensor,
      [built.kernel, built.bias])
    #expect(try test.mismatch("output", result) == nil)
    for (index, gradient) in gradients.enumerated() {
      // Sums over a batch of pictures: the numbers are larger, and so is float32's rounding.
      #expect(try test.mismatch("grad_input\(index)", gradient, relative: 1e-4, absolute: 1e-4) == nil)
    }
  }

  @Test func depthwiseIsAGroupForEachChannel() throws {
    let test = try Fixture("convolution")("2d_depthwise_multiplier")
    let inputs = test.inputs.map(\.tensor)
    let layer = DepthwiseConv2D(
      kernel: SpatialSize(Array(inputs[1].shape.dimensions.prefix(2))), stride: test.size("strides"),
      padding: test.padding, multiplier: inputs[1].shape[3] / inputs[0].shape[3],
      useBias: inputs.count > 2)
    layer.kernel.assign(inputs[1])
    if inputs.count > 2 { layer.bias?.assign(inputs[2]) }
    #expect(try test.mismatch("output", layer(inputs[0])) == nil)
  }

  @Test func separableIsDepthwiseThenPointwise() throws {
    let x = withRandomSeed(1) { RandomSource.current.normal([2, 6, 5, 3]) }
    let layer = SeparableConv2D(4, kernel: 3, padding: .same, multiplier: 2)
    let y = layer(x)
    #expect(y.shape == [2, 6, 5, 4])
    let first = DepthwiseConv2D(kernel: 3, padding: .same, multiplier: 2, useBias: false)
    first.kernel.assign(layer.depthwiseKernel.tensor)
    let second = Conv2D(4, kernel: 1, useBias: false)
    second.kernel.assign(layer.pointwiseKernel.tensor)
    let expected = try second(first(x)).doubles()
    #expect(difference(try y.doubles(), from: expected) == nil)
    #expect(try layer.parameters().map(\.name) == ["depthwiseKernel", "pointwiseKernel", "bias"])
  }

  @Test func wrongChannelsAreNamed() throws {
    let layer = Conv2D(4, kernel: 3)
    try layer.build(inputShape: [8, 8, 3])
    let zeros = Value.scalar(0, .float32)
    let error = #expect(throws: GraphError.self) {
      try layer(Tensor(zeros.broadcast(to: [2, 3, 8, 8]))).literal()
    }
    #expect(error?.problem.contains("expects 3 channels") == true)
    #expect(error?.advice?.contains("channels come last") == true)
    let flat = #expect(throws: GraphError.self) {
      try layer(Tensor(zeros.broadcast(to: [2, 8, 8]))).literal()
    }
    #expect(flat?.problem.contains("expects 4 axes [batch, height, width, channels]") == true)
    let small = #expect(throws: GraphError.self) {
      try layer(Tensor(zeros.broadcast(to: [2, 2, 8, 3]))).literal()
    }
    #expect(small?.problem.contains("larger than axis 1") == true)
    let groups = #expect(throws: GraphError.self) {
      try Conv2D(4, kernel: 3, groups: 2)(Tensor(zeros.broadcast(to: [2, 8, 8, 3]))).literal()
    }
    #expect(groups?.problem.contains("groups") == true)
  }
}
