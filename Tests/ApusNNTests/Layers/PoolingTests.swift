import ApusFixtures
import ApusGraph
import ApusNN
import ApusTensor
import Testing

@Suite struct PoolingTests {
  private static func cases() throws -> [FixtureCase] {
    // The layers leave padding out of the mean, as Keras's do.
    try Fixture("pooling").cases(startingWith: "").filter { $0["count_padding"].bool != true }
  }

  private static func layer(_ test: FixtureCase, axes: Int) -> any Layer {
    let window = test.size("window"), stride = test.size("strides")
    switch (test.name.hasPrefix("max"), axes) {
    case (true, 1): return MaxPool1D(window, stride: stride, padding: test.padding)
    case (true, 2): return MaxPool2D(window, stride: stride, padding: test.padding)
    case (true, _): return MaxPool3D(window, stride: stride, padding: test.padding)
    case (false, 1): return AveragePool1D(window, stride: stride, padding: test.padding)
    case (false, 2): return AveragePool2D(window, stride: stride, padding: test.padding)
    case (false, _): return AveragePool3D(window, stride: stride, padding: test.padding)
    }
  }

  private static func global(_ test: FixtureCase, axes: Int) -> any Layer {
    let keep = test["keep_dimensions"].bool ?? false
    switch (test.name.hasPrefix("global_max"), axes) {
    case (true, 1): return GlobalMaxPool1D(keepAxes: keep)
    case (true, 2): return GlobalMaxPool2D(keepAxes: keep)
    case (true, _): return GlobalMaxPool3D(keepAxes: keep)
    case (false, 1): return GlobalAveragePool1D(keepAxes: keep)
    case (false, 2): return GlobalAveragePool2D(keepAxes: keep)
    case (false, _): return GlobalAveragePool3D(keepAxes: keep)
    }
  }

  @Test(arguments: try cases())
  func resultsAndGradients(test: FixtureCase) throws {
    let x = test.inputs[0].tensor
    let axes = x.rank - 2
    let layer =
      test.name.hasPrefix("global") ? Self.global(test, axes: axes) : Self.layer(test, axes: axes)
    let (result, gradients) = try resultAndGradients(
      of: Sequential([layer]), x, weights: try test("grad_output").tensor, [])
    #expect(try test.mismatch("output", result) == nil)
    #expect(try test.mismatch("grad_input0", gradients[0]) == nil)
  }

  @Test func windowsMustFit() throws {
    let x = Tensor(Value.scalar(0, .float32).broadcast(to: [1, 1, 4, 2]))
    let error = #expect(throws: GraphError.self) { try MaxPool2D(2)(x).literal() }
    #expect(error?.problem.contains("larger than axis 1") == true)
    #expect(throws: GraphError.self) { try MaxPool1D(2)(x).literal() }
    #expect(throws: GraphError.self) { try GlobalAveragePool1D()(x).literal() }
  }
}
