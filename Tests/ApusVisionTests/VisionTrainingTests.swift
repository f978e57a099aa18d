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
