import ApusFixtures
import ApusGraph
import ApusNN
import ApusTensor
import Testing

private struct MLP: Layer {
  let dense1 = Dense(16, activation: .relu), dense2 = Dense(3)
  func callAsFunction(_ x: Tensor) -> Tensor { dense2(dense1(x)) }
}

private struct CNN: Layer {
  let conv = Conv2D(8, kernel: 3)
  let norm: BatchNorm?
  let pool = MaxPool2D(2), flatten = Flatten()
  let dense = Dense(3)
  func callAsFunction(_ x: Tensor) -> Tensor {
    let features = conv(x)
    return dense(flatten(pool(relu(norm?(features) ?? features))))
  }
}

@Suite struct TrainingTests {
  @Test(
    arguments: ["mlp_sgd", "mlp_adam", "cnn_sgd", "cnn_adam", "cnn_batch_norm_sgd"], [false, true])
  func fiftyStepsLikePyTorch(name: String, isCompiled: Bool) throws {
    let fixture = try Fixture("training")
    let test = try fixture(name)
    let data = try fixture(try #require(test["data"].string))
    let model: any Layer =
      name.hasPrefix("mlp")
      ? MLP() : CNN(norm: name.contains("batch_norm") ? BatchNorm() : nil)
    let x = try data("x").tensor, labels = try data("labels").tensor
    try model.build(inputShape: Shape(Array(x.shape.dimensions.dropFirst())))
    for (path, parameter) in try model.parameters() {
      let key = "initial/" + path.split(separator: ".").joined(separator: "/")
      if let start = data.tensors[key] { parameter.assign(start.tensor) }
    }
    let rate = test["learning_rate"].double ?? 0
    let optimizer: Optimizer =
      test["optimizer"].string == "sgd"
      ? .sgd(learningRate: rate, momentum: test["momentum"].double ?? 0)
      : .adam(
        learningRate: rate, beta1: test["beta1"].double ?? 0, beta2: test["beta2"].double ?? 0,
        epsilon: test["epsilon"].double ?? 0)
    let batch = data["batch"].integer ?? 0
    @Sendable func step(_ inputs: [Tensor]) throws -> [Tensor] {
      let (loss, gradients) = try trainingStep(model, inputs[0], inputs[1])
      try optimizer.update(model, gradients)
      return [loss]
    }
    let compiled = CompiledFunction(step)
    var losses: [Double] = []
    for index in 0..<(data["steps"].integer ?? 0) {
      let start = index * batch % x.shape[0]
      let inputs = [x, labels].map { Tensor($0.value.slice(axis: 0, start..<(start + batch))) }
      let loss = try isCompiled ? compiled(inputs)[0] : step(inputs)[0]
      losses.append(try loss.doubles()[0])
    }
    #expect(difference(losses, from: try test("losses").doubles, relative: 1e-4, absolute: 1e-4) == nil)
    for (path, parameter) in try model.parameters() {
      let last = path.split(separator: ".").joined(separator: "/")
        .replacing("movingMean", with: "running_mean").replacing("movingVariance", with: "running_variance")
      guard test.tensors["final/" + last] != nil else { continue }
      #expect(try test.mismatch("final/" + last, parameter.tensor, relative: 1e-3, absolute: 1e-3) == nil)
    }
  }

  private func trainingStep(_ model: any Layer, _ x: Tensor, _ labels: Tensor) throws -> (Tensor, Gradients) {
    func open<Model: Layer>(_ model: Model) throws -> (Tensor, Gradients) {
      let (loss, gradients) = try valueAndGradient(at: model) { Loss.crossEntropy($0(x), labels) }
      return (loss, gradients)
    }
    return try open(model)
  }

  @Test func phaseAndFreezing() throws {
    let model = Sequential {
      Dense(4)
      Lambda { x in Phase.current == .training ? x : Tensor(x.value * 0) }
      Dense(1)
    }
    try model.build(inputShape: [3], seed: 1)
    try model.freeze("0")
    let x = Tensor(numbers: [1, 2, 3], [1, 3])
    let (loss, gradients) = try valueAndGradient(at: model) { Tensor($0(x).value.sum()) }
    #expect(gradients.parameters.map(\.name) == ["2.kernel", "2.bias"])
    #expect(try gradients.tensors[0].doubles().contains { $0 != 0 })
    #expect(try loss.doubles()[0] != 0)
    #expect(try model(x).doubles() == [0])
  }

  @Test func freezingChangesACompiledStepAtOnce() throws {
    let model = Sequential {
      Dense(4)
      BatchNorm()
      Dense(1)
    }
    try model.build(inputShape: [3], seed: 1)
    let optimizer = Optimizer.sgd(learningRate: 0.1)
    try optimizer.prepare(model)
    let step = CompiledFunction { inputs in
      let (loss, gradients) = try valueAndGradient(at: model) { model in
        Loss.meanSquaredError(model(inputs[0]), inputs[1])
      }
      try optimizer.update(model, gradients)
      return [loss]
    }
    let x = Tensor(numbers: [1, 2, 3, 4, 5, 7], [2, 3]), y = Tensor(numbers: [1, 0], [2, 1])
    /// The parameters that a step changes.
    func changed() throws -> [String] {
      let before = try model.namedLiterals()
      _ = try step([x, y])
      let after = try model.namedLiterals()
      return try model.parameters().map(\.name).filter { before[$0]?.doubles != after[$0]?.doubles }
    }
    // A bias before a normalisation has no part in the loss, but for rounding.
    let all = ["0.kernel", "1.gamma", "1.beta", "1.movingMean", "1.movingVariance", "2.kernel", "2.bias"]
    #expect(try changed().filter { $0 != "0.bias" } == all)
    try model.freeze("1")
    #expect(try changed() == ["0.kernel", "0.bias", "2.kernel", "2.bias"])
    try model.unfreeze()
    try model.freeze("0")
    #expect(try changed() == Array(all.dropFirst()))
  }

  @Test func residualBlocksAreStructs() throws {
    struct Residual: Layer {
      let conv1 = Conv2D(4, kernel: 3, padding: .same), norm1 = BatchNorm()
      let conv2 = Conv2D(4, kernel: 3, padding: .same), norm2 = BatchNorm()
      func callAsFunction(_ x: Tensor) -> Tensor { relu(x + norm2(conv2(relu(norm1(conv1(x)))))) }
    }
    let model = Sequential {
      Conv2D(4, kernel: 3)
      Residual()
      GlobalAveragePool2D()
      Dense(2)
    }
    #expect(try model.build(inputShape: [8, 8, 1]) == [2])
    #expect(try model.parameters().map(\.name).contains("1.conv2.kernel"))
    let x = Tensor(Value.scalar(1, .float32).broadcast(to: [2, 8, 8, 1]))
    let labels = Tensor(Literal([0, 1] as [Int32], shape: [2]))
    let (loss, gradients) = try valueAndGradient(at: model) { Loss.crossEntropy($0(x), labels) }
    #expect(gradients.parameters.count == 12)
    #expect(try loss.doubles()[0].isFinite)
  }

  @Test func penaltiesArePartOfTheLoss() throws {
    let model = Dense(1, useBias: false, kernelRegularizer: .l1l2(l1: 0.5, l2: 0.25))
    model.kernel.assign(Tensor(numbers: [2, -3], [2, 1]))
    let x = Tensor(numbers: [1, 1], [1, 2])
    let (loss, gradients) = try valueAndGradient(at: model) { Tensor($0(x).value.sum()) }
    #expect(try loss.doubles() == [-1 + 2.5 + 3.25])
    #expect(try gradients.tensors[0].doubles() == [1 + 0.5 + 1, 1 - 0.5 - 1.5])
    try model.freeze()
    #expect(try model.regularizationLoss() == nil)
  }

  @Test func readingInsideLosesNothing() throws {
    let model = Sequential {
      Dense(1, kernelInitializer: .ones)
      Dense(1, kernelInitializer: .ones)
    }
    let x = Tensor(numbers: [1, 2], [1, 2])
    var seen: [Double] = []
    let (_, gradients) = try valueAndGradient(at: model) { model in
      let y = model[0](x)
      seen = try y.doubles()
      return Tensor(model[1](y).value.sum())
    }
    #expect(seen == [3])
    #expect(try gradients.tensors.map { try $0.doubles() } == [[1, 2], [1], [3], [1]])
  }

  @Test func theLossIsOneNumber() throws {
    let x = Tensor(numbers: [1, 1], [1, 2])
    let vector = #expect(throws: GraphError.self) { try valueAndGradient(at: Dense(1)) { $0(x) } }
    #expect(vector?.advice?.contains("mean") == true)
  }

  @Test func otherValuesArePassedOn() throws {
    let model = Dense(2, kernelInitializer: .ones)
    let x = Tensor(numbers: [1, 2], [1, 2])
    let (values, gradients) = try valueAndGradient(
      at: model,
      returning: { model in
        let y = model(x)
        return [Tensor(y.value.sum()), y]
      })
    #expect(try values[1].doubles() == [3, 3])
    #expect(try gradients[model.kernel]?.doubles() == [1, 1, 2, 2])
    #expect(abs(try gradients.globalNorm.doubles()[0] - 12.0.squareRoot()) < 1e-6)
    let doubled = gradients + gradients.scaled(by: 1)
    #expect(try doubled[model.kernel]?.doubles() == [2, 2, 4, 4])
  }

  @Test func aLossWithoutTheModelIsAnError() throws {
    let generator = Dense(2), critic = Dense(1)
    let x = Tensor(numbers: [1, 2], [1, 2])
    let fake = generator(x)
    _ = try fake.literal()
    for _ in try critic(fake).doubles() {}
    let error = #expect(throws: GraphError.self) {
      try valueAndGradient(at: generator) { _ in Tensor(critic(fake).value.sum()) }
    }
    #expect(error?.kind == .gradient && error?.advice?.contains("constant") == true)
    let (_, gradients) = try valueAndGradient(at: generator) { Tensor(critic($0(x)).value.sum()) }
    #expect(gradients.tensors.count == 2)
    // All frozen is what was asked for.
    try generator.freeze()
    #expect(try valueAndGradient(at: generator) { Tensor($0(x).value.sum()) }.gradients.tensors.isEmpty)
  }

  @Test func errorsNameTheLayer() throws {
    struct Block: Layer {
      let dense = Dense(2)
      func callAsFunction(_ x: Tensor) -> Tensor { dense(x) }
    }
    struct Model: Layer {
      let encoder = Block()
      func callAsFunction(_ x: Tensor) -> Tensor { encoder(x) }
    }
    let model = Model()
    try model.build(inputShape: [3])
    let x = Tensor(numbers: [1, 2], [1, 2])
    let error = #expect(throws: GraphError.self) {
      try valueAndGradient(at: model) { Tensor($0(x).value.sum()) }
    }
    #expect(error?.description.contains("Dense (layer 'encoder.dense')") == true)
  }
}
