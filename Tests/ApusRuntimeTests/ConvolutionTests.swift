import ApusFixtures
import ApusGraph
import Testing

@testable import ApusRuntime

@Suite struct ConvolutionTests {
  /// `[spatial rank]` pads for the names that Keras uses.
  static func spec(_ test: FixtureCase, input: Shape, kernel: Shape) -> ConvolutionSpec {
    let spatial = kernel.rank - 2
    let strides = test["strides"].integers!, dilations = test["dilations"].integers!
    var low = Array(repeating: 0, count: spatial), high = low
    if let rows = test["padding"].integerRows {
      low = rows.map { $0[0] }
      high = rows.map { $0[1] }
    } else if test["padding"].string == "same" {
      for axis in 0..<spatial {
        let size = input[axis + 1]
        let out = (size + strides[axis] - 1) / strides[axis]
        let reach: Int = (out - 1) * strides[axis] + dilations[axis] * (kernel[axis] - 1) + 1
        let total = max(0, reach - size)
        low[axis] = total / 2
        high[axis] = total - total / 2
      }
    }
    return ConvolutionSpec(
      strides: strides, padsLow: low, padsHigh: high, dilations: dilations,
      groups: test["groups"].integer ?? 1)
  }

  @Test(arguments: ["1d_", "2d_", "3d_"])
  func matchesPyTorch(prefix: String) throws {
    let cases = try Fixture("convolution").cases(startingWith: prefix)
    #expect(!cases.isEmpty)
    for test in cases {
      let x = Value.constant(Literal(test.inputs[0].floats, shape: Shape(test.inputs[0].shape)))
      let w = Value.constant(Literal(test.inputs[1].floats, shape: Shape(test.inputs[1].shape)))
      let g = try test("grad_output")
      let gradient = Value.constant(Literal(g.floats, shape: Shape(g.shape)))
      let spec = Self.spec(test, input: x.shape, kernel: w.shape)
      let spatial = w.rank - 2
      var y = Value.apply(.convolution(spec, .none), [x, w])
      if test.inputs.count > 2 {
        y = y + Value.constant(Literal(test.inputs[2].floats, shape: Shape(test.inputs[2].shape)))
      }
      let dx = Value.apply(
        .convolutionInputGradient(spec, inputSpatial: Array(x.shape.dimensions[1...spatial])), [gradient, w])
      let dw = Value.apply(
        .convolutionFilterGradient(spec, kernelSpatial: Array(w.shape.dimensions[..<spatial])), [x, gradient])
      try Evaluator.evaluate([y, dx, dw], required: [y, dx, dw])
      for (value, name) in [(y, "output"), (dx, "grad_input0"), (dw, "grad_input1")] {
        let expected = try test(name)
        #expect(value.shape == Shape(expected.shape), "\(test.name) \(name)")
        // Sums of a thousand products are rounded at the size of the products, not of the sum.
        let largest = expected.floats.map(abs).max() ?? 0
        let found = difference(
          value.result!.scalars(as: Float.self), from: expected.floats, relative: 1e-5,
          absolute: 1e-6 * max(1, largest))
        #expect(found == nil, "\(test.name) \(name)")
      }
    }
  }
}
