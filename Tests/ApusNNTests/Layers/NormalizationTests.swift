import ApusFixtures
import ApusGraph
import ApusNN
import ApusTensor
import Testing

@Suite struct BatchNormTests {
  private static func cases(inference: Bool) throws -> [FixtureCase] {
    try Fixture("normalization").cases(startingWith: "batch_norm").filter {
      $0.name.hasPrefix("batch_norm_inference") == inference
    }
  }

  @Test(arguments: try cases(inference: false))
  func training(test: FixtureCase) throws {
    let inputs = test.inputs.map(\.tensor)
    let layer = BatchNorm(
      momentum: test["momentum"].double ?? 0, epsilon: test["epsilon"].double ?? 0)
    layer.gamma?.assign(inputs[1])
    layer.beta?.assign(inputs[2])
    if let mean = test.tensors["running_mean"], let variance = test.tensors["running_variance"] {
      layer.movingMean.assign(mean.tensor)
      layer.movingVariance.assign(variance.tensor)
    }
    let (result, gradients) = try resultAndGradients(
      of: layer, inputs[0], weights: try test("grad_output").tensor, [layer.gamma, layer.beta],
      phase: .training)
    // The case with a large offset loses digits in float32 whatever one does.
    let tolerance = test.name.contains("offset") ? 1e-2 : 1e-4
    #expect(try test.mismatch("output", result, relative: tolerance, absolute: tolerance) == nil)
    for (index, gradient) in gradients.enumerated() {
      #expect(
        try test.mismatch("grad_input\(index)", gradient, relative: tolerance, absolute: tolerance) == nil)
    }
    guard test.tensors["new_running_mean"] != nil else { return }
    #expect(try test.mismatch("new_running_mean", layer.movingMean.tensor) == nil)
    #expect(try test.mismatch("new_running_variance", layer.movingVariance.tensor) == nil)
  }

  @Test(arguments: try cases(inference: true))
  func inference(test: FixtureCase) throws {
    let inputs = test.inputs.map(\.tensor)
    let layer = BatchNorm(epsilon: test["epsilon"].double ?? 0)
    layer.gamma?.assign(inputs[1])
    layer.beta?.assign(inputs[2])
    layer.movingMean.assign(inputs[3])
    layer.movingVariance.assign(inputs[4])
    let (result, gradients) = try resultAndGradients(
      of: layer, inputs[0], weights: try test("grad_output").tensor, [layer.gamma, layer.beta])
    #expect(try test.mismatch("output", result, relative: 1e-4) == nil)
    for (index, gradient) in gradients.enumerated() {
      #expect(try test.mismatch("grad_input\(index)", gradient, relative: 1e-4, absolute: 1e-4) == nil)
    }
  }

  @Test func frozenLayersInfer() throws {
    let layer = BatchNorm()
    let x = Tensor(numbers: [1, 2, 3, 4], [2, 2])
    let before = try layer(x).doubles()
    try layer.freeze()
    #expect(try withPhase(.training) { layer(x) }.doubles() == before)
    #expect(try layer.movingMean.tensor.doubles() == [0, 0])
    try layer.unfreeze()
    #expect(try withPhase(.training) { layer(x) }.doubles() != before)
    #expect(try layer.movingMean.tensor.doubles() != [0, 0])
  }

  @Test func oneSampleHasNoVariance() {
    let x = Tensor(numbers: [1, 2], [1, 2])
    let error = #expect(throws: GraphError.self) {
      try withPhase(.training) { BatchNorm()(x) }.literal()
    }
    #expect(error?.advice?.contains("at least 2") == true)
  }

  @Test func scaleAndShiftCanBeLeftOut() throws {
    let layer = BatchNorm(center: false, scale: false)
    #expect(layer(Tensor(numbers: [3, 4], [1, 2])).shape == [1, 2])
    #expect(try layer.parameters().map(\.name) == ["movingMean", "movingVariance"])
  }
}

@Suite struct LayerNormTests {
  @Test(arguments: try Fixture("normalization").cases(startingWith: "layer_norm"))
  func resultsAndGradients(test: FixtureCase) throws {
    let inputs = test.inputs.map(\.tensor)
    let isPlain = inputs.count == 1
    let layer = LayerNorm(
      epsilon: test["epsilon"].double ?? 0, axisCount: test["axes"].integers?.count ?? 1,
      center: !isPlain, scale: !isPlain)
    if !isPlain {
      layer.gamma?.assign(inputs[1])
      layer.beta?.assign(inputs[2])
    }
    let (result, gradients) = try resultAndGradients(
      of: layer, inputs[0], weights: try test("grad_output").tensor, [layer.gamma, layer.beta])
    let tolerance = test.name.contains("offset") ? 1e-2 : 1e-4
    #expect(try test.mismatch("output", result, relative: tolerance, absolute: tolerance) == nil)
    for (index, gradient) in gradients.enumerated() {
      #expect(
        try test.mismatch("grad_input\(index)", gradient, relative: tolerance, absolute: tolerance) == nil)
    }
  }

  @Test func rootMeanSquareIsOne() throws {
    let y = try RMSNorm(epsilon: 0)(Tensor(numbers: [3, 4, 0, 0], [1, 4])).doubles()
    #expect(difference(y, from: [1.2, 1.6, 0, 0]) == nil)
  }

  @Test func otherSizesAreNamed() throws {
    let layer = LayerNorm()
    try layer.build(inputShape: [4])
    let error = #expect(throws: GraphError.self) { try layer(Tensor(numbers: [1, 2], [1, 2])).literal() }
    #expect(error?.problem.contains("[4]") == true)
  }
}

@Suite struct InstanceNormTests {
  @Test(arguments: try Fixture("normalization").cases(startingWith: "instance_norm"))
  func resultsAndGradients(test: FixtureCase) throws {
    let inputs = test.inputs.map(\.tensor)
    let layer = InstanceNorm(epsilon: test["epsilon"].double ?? 0)
    layer.gamma?.assign(inputs[1])
    layer.beta?.assign(inputs[2])
    let (result, gradients) = try resultAndGradients(
      of: layer, inputs[0], weights: try test("grad_output").tensor, [layer.gamma, layer.beta])
    #expect(try test.mismatch("output", result, relative: 1e-4, absolute: 1e-4) == nil)
    for (index, gradient) in gradients.enumerated() {
      #expect(try test.mismatch("grad_input\(index)", gradient, relative: 1e-4, absolute: 1e-4) == nil)
    }
  }

  @Test func shapesMustFit() {
    #expect(InstanceNorm()(Tensor(numbers: [1, 2], [1, 2])).failure?.kind == .shape)
  }
}
