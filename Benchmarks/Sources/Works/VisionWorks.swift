import Apus
import ApusRuntime

extension Work {
  /// The thirteen networks that Keras's table of applications lists, on one image and on eight.
  static let vision: [Work] = visionNetworks.flatMap { network in
    [1, 8].map { visionInference(network, batch: $0) }
  }

  private static let visionNetworks: [VisionArchitecture] = [
    .xception, .vgg16, .vgg19, .resNet50, .inceptionV3, .inceptionResNetV2, .mobileNet, .mobileNetV2,
    .denseNet121, .denseNet169, .denseNet201, .nasNetMobile, .nasNetLarge,
  ]

  private static func visionInference(_ architecture: VisionArchitecture, batch: Int) -> Work {
    let images = Shape([batch] + architecture.inputShape.dimensions)
    return Work(
      name: "\(architecture.name)-\(batch)", summary: "\(architecture.name), batch \(batch): logits",
      cost: try visionCost(architecture, images)
    ) { _ in
      let (model, forward) = try visionForward(architecture)
      try model.build(inputShape: architecture.inputShape, seed: initialSeed)
      let x = try normal(images)
      return Prepared(
        tensors: { try model.namedLiterals().merging(["input.x": x]) { $1 } },
        run: { try forward([x])[0] })
    }
  }

  /// Products and convolutions of the network as it is written.
  private static func visionCost(_ architecture: VisionArchitecture, _ images: Shape) throws -> Cost {
    let forward = try visionForward(architecture).function
    return Cost(operations: try forward.traced([TensorType(.float32, images)]).graph.productCount)
  }

  private static func visionForward(
    _ architecture: VisionArchitecture
  ) throws -> (model: VisionModel, function: CompiledFunction) {
    let model = try VisionModel(architecture)
    return (model, CompiledFunction { [model($0[0])] })
  }
}
