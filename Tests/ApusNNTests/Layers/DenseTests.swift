import ApusFixtures
import ApusGraph
import ApusNN
import ApusTensor
import Testing

@Suite struct DenseTests {
  static let activations: [String: ActivationFunction] = [
    "linear": .linear, "relu": .relu, "tanh": .tanh, "sigmoid": .sigmoid, "gelu": .gelu, "silu": .silu,
    "elu": .elu,
  ]

  @Test(arguments: try Fixture("linear").cases(startingWith: "dense_"))
  func resultsAndGradients(test: FixtureCase) throws {
    let inputs = test.inputs.map(\.tensor)
    let activation = try #require(Self.activations[test["activation"].string ?? ""])
    let dense = Dense(inputs[1].shape[1], activation: activation, useBias: inputs.count > 2)
    dense.kernel.assign(inputs[1])
    if inputs.count > 2 { dense.bias?.assign(inputs[2]) }
    let (result, gradients) = try resultAndGradients(
      of: dense, inputs[0], weights: try test("grad_output").tensor, [dense.kernel, dense.bias])
    #expect(try test.mismatch("output", result) == nil)
    for (index, gradient) in gradients.enumerated() {
      #expect(try test.mismatch("grad_input\(index)", gradient) == nil)
    }
  }

  @Test func anotherFeatureSizeIsNamed() throws {
    let model = Sequential {
      Flatten()
      Dense(10)
    }
    try model.build(inputShape: [28, 28, 1])
    let x = Tensor(Value.scalar(0, .float32).broadcast(to: [32, 5, 157]))
    let error = #expect(throws: GraphError.self) { try model(x).literal() }
    #expect(error?.kind == .shape)
    #expect(error?.origin.layerPath == "1")
    #expect(
      error?.problem
        == "expects 784 features (built from the first input), got 785: the last axis of [32, 785]; the input comes from layer '0'"
    )
  }

  @Test func wrongInputsSayWhatToDo() throws {
    let vector = #expect(throws: GraphError.self) { try Dense(2)(Tensor(numbers: [1, 2], [2])).literal() }
    #expect(vector?.advice?.contains("batch axis") == true)
    let bytes = Tensor(Literal([1, 2] as [UInt8], shape: [1, 2]))
    let integers = #expect(throws: GraphError.self) { try Dense(2)(bytes).literal() }
    #expect(integers?.advice?.contains("255") == true)
    #expect(throws: GraphError.self) { try Dense(0)(Tensor(numbers: [1, 2], [1, 2])).literal() }
    let dense = Dense(2)
    try dense.build(inputShape: [6])
    let flat = #expect(throws: GraphError.self) {
      try dense(Tensor(numbers: [Float](repeating: 0, count: 12), [2, 2, 3])).literal()
    }
    #expect(flat?.advice?.contains("Flatten") == true)
  }

  @Test func float64Works() throws {
    let dense = Dense(1, kernelInitializer: .ones)
    let x = Tensor(Literal([1e-9, 1] as [Double], shape: [1, 2]))
    #expect(try dense(x).doubles() == [1 + 1e-9])
  }
}

@Suite struct EmbeddingTests {
  @Test(arguments: try Fixture("linear").cases(startingWith: "embedding_"))
  func resultsAndGradients(test: FixtureCase) throws {
    let inputs = test.inputs.map(\.tensor)
    let layer = Embedding(inputs[0].shape[0], inputs[0].shape[1])
    layer.embeddings.assign(inputs[0])
    let result = layer(inputs[1])
    let total = (result.value * (try test("grad_output").tensor.value)).sum()
    let gradient = gradients(of: total, withRespectTo: [layer.embeddings.tensor.value])[0]
    #expect(try test.mismatch("output", result) == nil)
    #expect(try test.mismatch("grad_input0", Tensor(gradient)) == nil)
  }

  @Test(arguments: [4, -1] as [Int32]) func indicesOutOfRangeThrow(index: Int32) throws {
    let layer = Embedding(4, 2)
    let error = #expect(throws: GraphError.self) {
      try layer(Tensor(Literal([0, index] as [Int32], shape: [2]))).literal()
    }
    #expect(error?.kind == .index)
    #expect(error?.problem.contains("\(index)") == true)
    let float = #expect(throws: GraphError.self) { try layer(Tensor(numbers: [1], [1])).literal() }
    #expect(float?.kind == .dtype)
  }
}
