import ApusGraph
import ApusNN
import ApusTensor
import Testing

@Suite struct BuildingTests {
  private func network() -> Sequential {
    Sequential {
      Conv2D(4, kernel: 3, activation: .relu)
      BatchNorm()
      MaxPool2D(2)
      Flatten()
      Dense(10)
    }
  }

  @Test func parametersComeIntoBeing() throws {
    let model = network()
    #expect(try model.parameterCount() == 0)
    #expect(try model.build(inputShape: [8, 8, 1]) == [10])
    #expect(
      try model.parameters().map { "\($0.name) \($0.parameter.shape ?? [])" } == [
        "0.kernel [3, 3, 1, 4]", "0.bias [4]", "1.gamma [4]", "1.beta [4]", "1.movingMean [4]",
        "1.movingVariance [4]", "4.kernel [36, 10]", "4.bias [10]",
      ])
    #expect(try model.parameterCount() == 36 + 4 + 16 + 360 + 10)
    #expect(try model.trainableParameterCount() == 36 + 4 + 8 + 360 + 10)
  }

  @Test func seedsDecideByPath() throws {
    let first = network(), second = network(), third = network()
    try first.build(inputShape: [8, 8, 1], seed: 7)
    _ = Dense(3)(Tensor(numbers: [1], [1, 1]))
    try second.build(inputShape: [8, 8, 1], seed: 7)
    try third.build(inputShape: [8, 8, 1], seed: 8)
    func kernel(_ model: Sequential) throws -> [Double] {
      try model.parameters()[6].parameter.tensor.doubles()
    }
    #expect(try kernel(first) == kernel(second))
    #expect(try kernel(first) != kernel(third))
  }

  @Test func firstValuesFollowTheCurrentSource() throws {
    func weights() throws -> [Double] {
      try withRandomSeed(3) {
        let dense = Dense(4)
        try dense.build(inputShape: [5])
        return try dense.kernel.tensor.doubles()
      }
    }
    #expect(try weights() == weights())
  }

  @Test func tracingComputesNothing() throws {
    struct Counter: Layer {
      let calls = Parameter(Tensor(numbers: [0], [1]), kind: .state)
      func callAsFunction(_ x: Tensor) -> Tensor {
        calls.assign(Tensor(calls.tensor.value + 1))
        return x
      }
    }
    let counter = Counter()
    try counter.build(inputShape: [2])
    #expect(try counter.calls.tensor.doubles() == [0])
  }

  @Test func severalInputs() throws {
    struct Both: Module {
      let left = Dense(2), right = Dense(2)
      func callAsFunction(_ a: Tensor, _ b: Tensor) -> Tensor { Tensor(left(a).value + right(b).value) }
    }
    let model = Both()
    let a = Tensor(numbers: [1, 2, 3], [1, 3]), b = Tensor(numbers: [1, 2], [1, 2])
    #expect(try model.build { model(a, b) } == [1, 2])
    #expect(model.left.kernel.shape == [3, 2])
    #expect(model.right.kernel.shape == [2, 2])
  }

  @Test func unbuiltParametersSaySo() {
    let error = #expect(throws: GraphError.self) { try Dense(2).kernel.tensor.literal() }
    #expect(error?.advice?.contains("build") == true)
  }

  @Test func freezingWorksByPrefix() throws {
    let model = network()
    try model.build(inputShape: [8, 8, 1])
    try model.freeze("0")
    #expect(try model.parameters().filter { $0.parameter.isTrainable }.map(\.name).first == "1.gamma")
    try model.freeze()
    #expect(try model.trainableParameterCount() == 0)
    try model.unfreeze("4")
    #expect(try model.trainableParameterCount() == 370)
    let error = #expect(throws: GraphError.self) { try model.freeze("body") }
    #expect(error?.advice?.contains("0.kernel") == true)
  }

  @Test func aWrongImageWidthIsNamedWhereItIs() throws {
    let model = network()
    try model.build(inputShape: [28, 28, 1])
    let images = Tensor(Value.scalar(0, .float32).broadcast(to: [32, 28, 27, 1]))
    let error = #expect(throws: GraphError.self) { try model(images).literal() }
    #expect(error?.origin.layerPath == "4")
    #expect(error?.problem.contains("comes from layer '3'") == true)
    #expect(
      error?.advice
        == "axis 2 of the model's input has size 27 where it was built for 28: input [32, 28, 27, 1]")
  }

  @Test func summaryListsLayers() throws {
    let model = network()
    let summary = try model.summary(inputShape: [8, 8, 1], optimizer: .adam())
    #expect(summary.rows.map(\.type) == ["Conv2D", "BatchNorm", "MaxPool2D", "Flatten", "Dense"])
    #expect(
      summary.rows.map { $0.outputShape?.dimensions.dropFirst().map { $0 } ?? [] } == [
        [6, 6, 4], [6, 6, 4], [3, 3, 4], [36], [10],
      ])
    #expect(summary.rows.map(\.parameterCount) == [40, 16, 0, 0, 370])
    #expect(summary.rows.map(\.trainableCount) == [40, 8, 0, 0, 370])
    #expect(summary.parameterCount == 426)
    #expect(summary.frozenCount == 8)
    #expect(summary.byteCount == 426 * 4)
    // Two slots; each of the six weights starts at a multiple of 16 elements.
    #expect(summary.optimizerByteCount == 2 * 4 * (48 + 16 + 16 + 16 + 368 + 16))
    let text = summary.description
    #expect(text.contains("0 (Conv2D)"))
    #expect(text.contains("[batch, 6, 6, 4]"))
    #expect(text.contains("parameters: 426 (1.7 kB)"))
  }

  @Test func summaryShowsWhatWasNotCalled() throws {
    struct Odd: Layer {
      let used = Dense(2), unused = Dense(3)
      let scale = Parameter(.ones)
      func callAsFunction(_ x: Tensor) -> Tensor { Tensor(used(x).value * scale.tensor([2]).value) }
    }
    let summary = try Odd().summary(inputShape: [4])
    #expect(summary.rows.map(\.path) == ["", "used", "unused"])
    #expect(summary.rows.map(\.parameterCount) == [2, 10, 0])
    #expect(summary.description.contains("not called"))
    #expect(summary.rows[0].type == "Odd")
  }

  struct Scale: Layer {
    let factor = Parameter(.ones)
    func callAsFunction(_ x: Tensor) -> Tensor { x * factor.tensor([x.shape[x.rank - 1]]) }
  }
  struct Half: Layer {
    func callAsFunction(_ x: Tensor) -> Tensor { x * 0.5 }
  }
  struct Residual: Layer {
    let body = Dense(4), scale = Scale()
    func callAsFunction(_ x: Tensor) -> Tensor { x + scale(body(x)) }
  }
  struct Identified: Layer {
    let identity = LayerIdentity("Identified")
    func callAsFunction(_ x: Tensor) -> Tensor { identity.call(x) { x throws(GraphError) in x * 2 } }
  }

  @Test func summaryShowsLayersOfOnesOwn() throws {
    let model = Sequential {
      Scale()
      Residual()
      Half()
      Identified()
    }
    let summary = try model.summary(inputShape: [4])
    #expect(summary.rows.map(\.path) == ["0", "1", "1.body", "1.scale", "2", "3"])
    #expect(summary.rows.map(\.type) == ["Scale", "Residual", "Dense", "Scale", "Half", "Identified"])
    #expect(summary.rows.map(\.parameterCount) == [4, 0, 20, 4, 0, 0])
    // Nobody records what a layer of one's own gives inside another.
    #expect(summary.rows.map { $0.outputShape?.dimensions.last } == [4, 4, 4, nil, 4, 4])
    #expect(summary.rows.map(\.wasCalled) == [true, true, true, nil, true, true])
    #expect(!summary.description.contains("not called"))
    let functional = try FunctionalModel(inputShape: [4]) { net, input in
      net.add(Half(), to: net.add(Residual(), to: input, name: "block"))
    }
    let rows = try functional.summary(inputShape: [4]).rows
    #expect(rows.map(\.path) == ["block", "block.body", "block.scale", "half"])
    #expect(rows.map(\.type) == ["Residual", "Dense", "Scale", "Half"])
    #expect(try Scale().summary(inputShape: [4]).rows.map { $0.outputShape?.dimensions.last } == [4])
  }

  @Test func errorsNameLayersOfOnesOwn() throws {
    struct Wrong: Layer {
      func callAsFunction(_ x: Tensor) -> Tensor { matmul(x, Tensor.ones([5, 2])) }
    }
    let model = Sequential([Half(), Wrong()])
    let error = #expect(throws: GraphError.self) { try model.build(inputShape: [4]) }
    #expect(error?.origin.layerPath == "1")
  }
}
