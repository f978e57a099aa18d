import ApusFixtures
import ApusGraph
import ApusNN
import ApusTensor
import ApusVision
import Testing

/// Explanations against autograd in PyTorch, with the same weights.
@Suite struct ExplanationTests {
  private let reference: FixtureCase
  private let network: FunctionalModel
  private let pictures: Tensor
  private let classes: [Int]

  init() throws {
    let reference = try Fixture("explanations")("tiny")
    func tensor(_ name: String) throws -> Tensor {
      let stored = try reference(name)
      return Tensor(Literal(stored.floats, shape: Shape(stored.shape)))
    }
    network = try FunctionalModel(inputShape: [12, 12, 3]) { net, image in
      var x = net.add(Conv2D(6, kernel: 3, padding: .same, activation: .relu), to: image, name: "conv1")
      x = net.add(MaxPool2D(2), to: x, name: "pool")
      x = net.add(Conv2D(8, kernel: 3, activation: .relu), to: x, name: "conv2")
      x = net.add(GlobalAveragePool2D(), to: x, name: "mean")
      return net.add(Dense(4), to: x, name: "dense")
    }
    let stored = [
      "conv1.kernel": "conv1", "conv1.bias": "bias1", "conv2.kernel": "conv2", "conv2.bias": "bias2",
      "dense.kernel": "dense", "dense.bias": "bias3",
    ]
    for (name, parameter) in try network.parameters() {
      parameter.assign(try tensor(try #require(stored[name])))
    }
    self.reference = reference
    pictures = try tensor("pictures")
    classes = try reference("classes").integers.map { Int($0) }
  }

  private func compare(_ values: [Double], _ name: String) throws {
    let expected = try reference(name).doubles
    let scale = expected.map(abs).max() ?? 1
    #expect(difference(values, from: expected, relative: 1e-4, absolute: 1e-5 * scale) == nil)
  }

  @Test func gradCAMEqualsPyTorch() throws {
    let signed = try GradCAM(network, keepsNegative: true)
    #expect(signed.layer == "conv2")
    try compare(try signed(pictures, classes: classes).doubles, "grad_cam")
    let heat = try GradCAM(network, layer: "conv2")(pictures, classes: classes)
    #expect(heat.shape == [2, 4, 4])
    let expected = try reference("grad_cam").doubles.map { max($0, 0) }
    #expect(difference(heat.doubles, from: expected, relative: 1e-4, absolute: 1e-6) == nil)
  }

  @Test func classActivationMapEqualsPyTorch() throws {
    let map = try ClassActivationMap(network)(pictures, classes: classes)
    try compare(map.doubles, "class_activation")
  }

  @Test func integratedGradientsEqualPyTorch() throws {
    let method = try IntegratedGradients(
      network, steps: try #require(reference["steps"].integer), batchSize: 5)
    let found = try pictures.unstacked().enumerated().flatMap { index, picture in
      try method(picture, class: classes[index]).values.doubles
    }
    try compare(found, "integrated_gradients")
  }

  /// Sundararajan's completeness axiom: what is attributed is what the score changed by.
  @Test func integratedGradientsAreComplete() throws {
    let method = try IntegratedGradients(network, steps: 200, batchSize: 50)
    let found = try method(pictures.unstacked()[0], class: 2, baseline: Tensor.zeros([12, 12, 3]) - 1)
    let change = found.score - found.baselineScore
    #expect(abs(change) > 0.1)
    #expect(abs(found.error) < 2e-3 * abs(change))
    #expect(found.heatmap.shape == [12, 12])
  }

  @Test func occlusionEqualsPyTorch() throws {
    let method = try Occlusion(
      network, window: reference["window"].integer, stride: reference["stride"].integer, batchSize: 7)
    let cover = Tensor(0.25, dtype: .float32)
    let found = try pictures.unstacked().enumerated().flatMap { index, picture in
      try method(picture, class: classes[index], cover: cover).doubles
    }
    try compare(found, "occlusion")
  }

  @Test func whatCannotBeExplainedIsSaid() throws {
    #expect(throws: GraphError.self) { try GradCAM(network, layer: "conv3") }
    #expect(throws: GraphError.self) { try GradCAM(network)(pictures, classes: [0, 4]) }
    #expect(throws: GraphError.self) { try GradCAM(network)(pictures, classes: [0]) }
    #expect(throws: GraphError.self) { try GradCAM(network)(pictures.unstacked()[0], classes: [0]) }
    #expect(throws: GraphError.self) { try GradCAM(network, layer: "mean")(pictures, classes: [0, 1]) }
    #expect(throws: GraphError.self) { try IntegratedGradients(network, steps: 0) }
    #expect(throws: GraphError.self) { try Occlusion(network, window: 13) }
    #expect(throws: GraphError.self) { try ClassActivationMap(VisionModel(.leNet5).network) }
    let pixels = try VisionModel(.uNet(width: 4), inputShape: [32, 32, 3])
    #expect(throws: GraphError.self) { try GradCAM(pixels.network) }
  }

  /// Every kind of network there is: with a mean or a flattening at its end, transformers, capsules.
  @Test(arguments: [
    ("LeNet5", 28, [10, 10]), ("CapsNet", 28, [6, 6]), ("AlexNet", 95, [5, 5]),
    ("SqueezeNet1_1", 64, [3, 3]),
    ("ResNet18", 64, [2, 2]), ("EfficientNetLite0", 64, [2, 2]), ("MobileNetV3Small", 64, [2, 2]),
    ("DenseNet121", 64, [2, 2]), ("NASNetMobile", 64, [2, 2]),
  ])
  func gradCAMOfNetworks(name: String, side: Int, sizes: [Int]) throws {
    let architecture = try #require(VisionArchitecture.named(name))
    let model = try VisionModel(
      architecture, classes: 3, inputShape: [side, side, architecture.inputShape[2]])
    try model.build(inputShape: model.inputShape, seed: 1)
    let x = RandomSource(seed: 3).normal([1, side, side, architecture.inputShape[2]])
    let heat = try GradCAM(model.network, keepsNegative: true)(x, classes: [1])
    #expect(heat.shape.dimensions == [1] + sizes)
    #expect(heat.doubles.allSatisfy { $0.isFinite })
  }

  /// Patches become rows and columns again; the vector that stands for the class is none of them.
  @Test func gradCAMOfATransformer() throws {
    let network = try FunctionalModel(inputShape: [12, 12, 3]) { net, image in
      var x = net.add(Conv2D(8, kernel: 4, stride: 4), to: image, name: "patches")
      x = net.add(Reshape([-1, 8]), to: x)
      x = net.add(TransformerBlock(8, heads: 2), to: x, name: "block1")
      x = net.add(TransformerBlock(8, heads: 2), to: x, name: "block2")
      return net.add(Dense(3), to: net.add(GlobalAveragePool1D(), to: x))
    }
    try network.build(inputShape: [12, 12, 3], seed: 1)
    let method = try GradCAM(network, keepsNegative: true)
    #expect(method.layer == "block1")
    let heat = try method(RandomSource(seed: 3).normal([2, 12, 12, 3]), classes: [0, 2])
    #expect(heat.shape == [2, 3, 3])
    #expect(Set(heat.doubles).count > 10)
  }

  /// All that classify have a layer to look at, whatever their size.
  @Test func everyClassifierHasAFeatureMap() throws {
    for architecture in VisionArchitecture.all where architecture.name != "UNet" {
      let name = try #require(try VisionModel(architecture).network.lastFeatureMapName)
      #expect(!name.isEmpty)
    }
  }

  @Test func filtersAreBroughtIntoRange() throws {
    let filters = try #require(try FeatureVisualization.filters(of: network))
    #expect(filters.shape == [6, 3, 3, 3])
    let numbers = filters.doubles
    #expect(numbers.allSatisfy { (0...1).contains($0) })
    let weights = try reference("conv1").doubles
    let first = (0..<27).map { weights[$0 * 6] }
    let scale = 2 * (first.map(abs).max() ?? 1)
    #expect(difference(Array(numbers[..<27]), from: first.map { 0.5 + $0 / scale }) == nil)
    let swapped = try #require(try FeatureVisualization.filters(of: network, isBlueFirst: true)).doubles
    #expect(swapped[0] == numbers[2] && swapped[1] == numbers[1])

    let maps = try FeatureVisualization.maps(of: network, for: pictures.unstacked()[0], mapCount: 5)
    #expect(maps.map(\.layer) == ["conv1", "pool"])
    #expect(maps.map(\.values.shape) == [[5, 12, 12], [5, 6, 6]])
    #expect(maps.flatMap(\.values.doubles).allSatisfy { (0...1).contains($0) })
  }
}
