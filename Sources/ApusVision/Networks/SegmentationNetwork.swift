import ApusData
import ApusNN
import ApusTasks
import ApusTensor

/// A network that classifies each pixel as data: a U-Net, or one whose encoder is a published architecture.
public struct SegmentationNetwork: NetworkBlueprint {
  /// The name in files.
  public static let kind = "segmentation"
  /// The encoder's name, or that of a U-Net.
  public let architecture: String

  /// A network over an architecture.
  public init(_ architecture: VisionArchitecture) { self.architecture = architecture.name }

  /// The network with a logit for each class and pixel.
  public func network(for problem: Problem) throws -> Network {
    try network(for: problem, isPretrained: false)
  }

  /// The network with a logit for each class and pixel.
  /// - Parameters:
  ///   - problem: What it takes and predicts.
  ///   - isPretrained: Whether the encoder's weights are those of ImageNet.
  /// - Throws: `DataError` or `GraphError` for networks that do not fit the problem.
  /// - Returns: The network.
  func network(for problem: Problem, isPretrained: Bool) throws -> Network {
    guard let input = problem.input as? ImageInput, let classes = problem.target?.classNames?.count else {
      throw DataError(.setting, "a segmentation network takes images and predicts classes")
    }
    let found = try VisionArchitecture.required(architecture)
    if found.isSegmenter {
      let model = try VisionModel(found, classes: classes, inputShape: input.shape)
      return VisionNetwork.network(model)
    }
    let encoder =
      isPretrained
      ? try VisionModel.pretrained(found, inputShape: input.shape, includeTop: false)
      : try VisionModel(found, inputShape: input.shape, includeTop: false)
    let model = try SegmentationModel(encoder: encoder, classes: classes)
    return Network(model) { model(model.preprocessing($0[0] * 255)) }
  }

  /// The architecture.
  public var summary: String {
    VisionArchitecture.named(architecture)?.isSegmenter ?? true ? architecture : "U-Net over \(architecture)"
  }
}

extension VisionArchitecture {
  /// Whether it classifies pixels by itself.
  var isSegmenter: Bool { role == .segmentation }
}
