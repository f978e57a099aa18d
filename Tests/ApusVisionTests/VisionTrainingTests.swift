import ApusGraph
import ApusNN
import ApusTensor
import ApusVision
import Testing

/// Networks learn: every trainable parameter has a gradient, and following it lowers the loss by as much as it says.
@Suite struct VisionTrainingTests {
  func learns(_ model: VisionModel, batch: Int, labels: [Int32], isWhole: Bool = true) throws {
    let shape = Shape([batch] + model.inputShape.dimensions)
    let source = RandomSource(seed: 3)
    let pictures = source.normal(shape)
    try model.build(inputShape: model.inputShape, seed: 5)
    let targets = Tensor(Literal(labels, shape: [labels.count]))
    let classes = try #require(model.network.outputShape.dimensions.last)
    func loss(_ model: VisionModel) -> Tensor {
      Loss.crossEntropy(model(pictures).reshaped([-1, classes]), targets)
    }
    let (first, gradients) = try valueAndGradient(at: model) { loss($0) }
    let trainable = try model.parameters().filter { $0.parameter.isTrainable }
    #expect(gradients.parameters.count == trainable.count)
    var squares = 0.0
    for gradient in gradients.tensors {
      let values = try gradient.literal().doubles
      #expect(values.allSatisfy { $0.isFinite })
      squares += values.reduce(0) { $0 + $1 * $1 }
    }
    #expect(squares > 0)
    // A step that by the gradient takes a thousandth off the loss, so small that it does so in truth.
    try Optimizer.sgd(learningRate: 1e-3 / squares).update(model, gradients)
    let (second, _) = try valueAndGradient(at: model) { loss($0) }
    let change = try first.literal().doubles[0] - second.literal().doubles[0]
    // A gradient that leaves something out tells the direction alone.
    #expect(isWhole ? (0.7e-3...1.3e-3).contains(change) : change > 0)
  }

  @Test func leNet() throws { try learns(VisionModel(.leNet5), batch: 2, labels: [3, 4]) }

  @Test func mobileNetV2() throws {
    let model = try VisionModel(.mobileNetV2(width: 0.25), classes: 3, inputShape: [64, 64, 3])
    try learns(model, batch: 4, labels: [0, 1, 2, 1])
  }

  @Test func uNet() throws {
    let model = try VisionModel(.uNet(width: 2), inputShape: [16, 16, 1])
    let labels = (0..<512).map { Int32($0 / 7 % 2) }
    try learns(model, batch: 2, labels: labels)
  }

  @Test func capsules() throws {
    let lengths = try VisionModel(.capsNet, inputShape: [20, 20, 1])
    // Routing is no way for the gradient.
    try learns(lengths, batch: 2, labels: [3, 4], isWhole: false)
    let result = try lengths(RandomSource(seed: 1).normal([2, 20, 20, 1])).literal().doubles
    #expect(result.allSatisfy { $0 > 0 && $0 < 1 })
  }

  @Test func theDecoderOfCapsulesLearnsToDraw() throws {
    let published = try CapsuleAutoencoder()
    try published.encoder.plan(inputShape: [28, 28, 1])
    try published.decoder.plan(inputShape: [160])
    let counts = try published.parameters().compactMap { $0.parameter.shape?.elementCount }
    #expect(counts.reduce(0, +) == 8_215_568)

    let model = try CapsuleAutoencoder(classes: 3, inputShape: [18, 18, 1])
    let pictures = RandomSource(seed: 1).uniform([2, 18, 18, 1])
    let labels = Tensor(Literal([Int32(0), 2], shape: [2]))
    let (lengths, drawn) = model(pictures)
    #expect(lengths.shape == [2, 3] && drawn.shape == pictures.shape)
    #expect(try drawn.literal().doubles.allSatisfy { $0 > 0 && $0 < 1 })
    let (first, gradients) = try valueAndGradient(at: model) { $0.loss(pictures, labels: labels) }
    #expect(gradients.parameters.count == (try model.parameters().count))
    for (parameter, gradient) in zip(gradients.parameters, gradients.tensors) {
      let largest = try gradient.literal().doubles.map(abs).max() ?? 0
      #expect(largest > 0 && largest.isFinite, "\(parameter.name)")
    }
    // Capsules other than the true one draw nothing, whichever is longest.
    let margin = try model.loss(pictures, labels: labels, reconstructionWeight: 0).literal().doubles[0]
    let told = try model(pictures, labels: labels).drawn.literal().doubles
    let wanted = try pictures.literal().doubles
    let squares = zip(told, wanted).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    #expect(try abs(first.literal().doubles[0] - (margin + 0.0005 * squares / 2)) < 1e-5)
    try Optimizer.sgd(learningRate: 0.01).update(model, gradients)
    #expect(
      try model.loss(pictures, labels: labels).literal().doubles[0] < first.literal().doubles[0])
  }

  @Test func theMarginOfCapsules() throws {
    let lengths = Tensor(Literal([0.5, 0.3, 0.95, 0.05] as [Float], shape: [2, 2]))
    let loss = Loss.capsuleMargin(lengths, Tensor(Literal([Int32(0), 0], shape: [2])))
    // (0.4² + 0.5 · 0.2²) and nothing, over two.
    #expect(try abs(loss.literal().doubles[0] - 0.09) < 1e-6)
  }

  @Test func frozenBodiesStay() throws {
    let model = try VisionModel(.mobileNet(width: 0.25), classes: 2, inputShape: [32, 32, 3])
    try model.build(inputShape: model.inputShape, seed: 1)
    try model.freeze()
    try model.unfreeze("conv_preds")
    let (_, gradients) = try valueAndGradient(at: model) { model in
      Loss.crossEntropy(
        model(Tensor(Literal([Float](repeating: 1, count: 6144), shape: [2, 32, 32, 3]))),
        Tensor(Literal([Int32(0), 1], shape: [2])))
    }
    #expect(gradients.parameters.map(\.name) == ["conv_preds.kernel", "conv_preds.bias"])
  }
}
