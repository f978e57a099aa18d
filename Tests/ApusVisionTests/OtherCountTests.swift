import ApusGraph
import ApusNN
import ApusTensor
import ApusVision
import Testing

/// Networks that Keras does not have, against the figures of torchvision and of the papers.
@Suite struct OtherCountTests {
  @Test(arguments: [
    // torchvision 0.x's documentation.
    ("AlexNet", 61_100_840), ("ResNet18", 11_689_512), ("ResNet34", 21_797_672), ("SqueezeNet", 1_248_424),
    ("SqueezeNet1_1", 1_235_496), ("ViT-B/16", 86_567_656), ("ViT-B/32", 88_224_232),
    ("ViT-L/16", 304_326_632),
    // The state dictionaries of efficientnet-lite-pytorch hold 4,652,008 trained numbers for the first.
    ("EfficientNetLite0", 4_652_008),
    // Convolutions 9 · (3 · 24 + 24 · 48 + 2 · 48² + 48 · 96 + 96 · 192 + 2 · 192²), norms 2 · 840, classifier 1,930.
    ("ResNet9", 927_010),
    // 156 + 2,416 + 48,120 + 10,164 + 850.
    ("LeNet5", 61_706),
    // 20,992 + 5,308,672 + 1,152 · 10 · 8 · 16: the paper's 8.2 M without the decoder's 1,411,344.
    ("CapsNet", 6_804_224),
  ])
  func trainableParameters(name: String, count: Int) throws {
    let model = try VisionModel(#require(VisionArchitecture.named(name)))
    #expect(try model.trainableParameterCount() == count)
  }

  @Test func uNetCountsByFormula() throws {
    // Two convolutions on each of nine levels, four transposed ones, and one for the classes.
    func double(_ input: Int, _ filters: Int) -> Int {
      9 * input * filters + filters + 9 * filters * filters + filters
    }
    var expected = double(3, 64) + double(512, 1024) + 64 * 2 + 2
    for filters in [64, 128, 256] { expected += double(filters, 2 * filters) }
    for filters in [64, 128, 256, 512] {
      expected += 4 * 2 * filters * filters + filters + double(2 * filters, filters)
    }
    let model = try VisionModel(.uNet)
    #expect(try model.parameterCount() == expected)
    #expect(model.network.outputShape == [256, 256, 2])
  }

  @Test func everyNetworkCanBeMadeWithoutItsClassifier() throws {
    for architecture in VisionArchitecture.all {
      let body = try VisionModel(architecture, includeTop: false, pooling: .average)
      let whole = try VisionModel(architecture, classes: 3)
      #expect(try body.parameterCount() < whole.parameterCount(), "\(architecture.name)")
      #expect(whole.network.outputShape.dimensions.last == 3, "\(architecture.name)")
    }
  }

  @Test func namesAreFoundInAnyForm() {
    #expect(VisionArchitecture.named("resnet-50")?.name == "ResNet50")
    #expect(VisionArchitecture.named("EFFICIENTNETV2B0")?.name == "EfficientNetV2B0")
    #expect(VisionArchitecture.named("resnet") == nil)
    #expect(Set(VisionArchitecture.all.map(\.name)).count == VisionArchitecture.all.count)
  }

  @Test func picturesThatAreTooSmallNameTheLayer() throws {
    let error = #expect(throws: GraphError.self) { try VisionModel(.inceptionV3, inputShape: [32, 32, 3]) }
    #expect(error?.origin.layerPath.isEmpty == false)
    #expect(throws: GraphError.self) { try VisionModel(.vgg16, inputShape: [32, 32]) }
  }

  @Test func preprocessing() throws {
    let pixel = Tensor(Literal([UInt8(255), 0, 128], shape: [1, 1, 1, 3]))
    #expect(try Preprocessing.symmetric(pixel).literal().doubles[1] == -1)
    let caffe = try Preprocessing.blueFirst(pixel).literal().doubles
    #expect(abs(caffe[0] - (128 - 103.939)) < 1e-4 && abs(caffe[2] - (255 - 123.68)) < 1e-4)
    let torch = try Preprocessing.imageNet(pixel).literal().doubles
    #expect(abs(torch[0] - (1 - 0.485) / 0.229) < 1e-4)
    #expect(try Preprocessing.none(pixel).literal().doubles == [255, 0, 128])
  }
}
