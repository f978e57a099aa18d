import ApusData
import ApusNN
import ApusTasks
import ApusTensor

/// A network of a published architecture as data.
public struct VisionNetwork: NetworkBlueprint {
  /// The name in files.
  public static let kind = "vision"
  /// The architecture's name.
  public let architecture: String

  /// A network of an architecture.
  public init(_ architecture: VisionArchitecture) { self.architecture = architecture.name }

  /// The network with an output for each of the target's.
  public func network(for problem: Problem) throws -> Network {
    guard let input = problem.input as? ImageInput else {
      throw DataError(
        .setting, "a vision network takes images, not input of kind \(type(of: problem.input).kind)")
    }
    return Self.network(
      try VisionModel(
        VisionArchitecture.required(architecture), classes: problem.target?.outputCount,
        inputShape: input.shape, includeTop: problem.target != nil))
  }

  /// A network that is there already, called with images in 0...1.
  static func network(_ model: VisionModel) -> Network {
    Network(model) { model(model.preprocessing($0[0] * 255)) }
  }

  /// The architecture.
  public var summary: String { architecture }
}

extension VisionArchitecture {
  /// The architecture of a name; `UNet(16)` is one that begins with 16 filters.
  /// - Throws: `DataError` for unknown names.
  static func required(_ name: String) throws -> VisionArchitecture {
    if name.lowercased().hasPrefix("unet("), name.hasSuffix(")"),
      let width = Int(name.dropFirst(5).dropLast()),
      (1...256).contains(width)
    {
      return .uNet(width: width)
    }
    guard let found = named(name) else {
      throw DataError(
        .setting, "there is no architecture \"\(name)\"", advice: "`apus models` lists those that there are.")
    }
    return found
  }
}

extension NetworkModel {
  /// A vision network of your own as a model that is saved, opened and used like every other.
  ///
  /// ```swift
  /// let model = try NetworkModel(vision, target: Classification(["cat", "dog"]))
  /// try model.save(to: "my-model")
  /// ```
  ///
  /// - Parameters:
  ///   - vision: A network that was built, with an output for each of the target's.
  ///   - target: What it predicts.
  ///   - fitting: What happens to images of other proportions.
  ///   - crops: The crops that are averaged for predictions.
  ///   - origin: Where it comes from.
  /// - Throws: `DataError` where network and target do not fit together.
  public init(
    _ vision: VisionModel, target: any Target, fitting: ImageFitting = .crop,
    crops: [TestTimeCrop] = [.plain],
    origin: ModelOrigin = ModelOrigin()
  ) throws {
    let shape = vision.inputShape
    let input = try ImageInput(
      size: ImageSize(width: shape[1], height: shape[0]), channels: shape[2], fitting: fitting, crops: crops)
    guard vision.network.outputShape.elementCount == target.outputCount, vision.head.activation == nil else {
      throw DataError(
        .classes,
        "a network with \(target.outputCount) outputs and no activation after the last layer was expected, "
          + "\(vision.architecture.name) gives \(vision.network.outputShape)")
    }
    try self.init(
      VisionNetwork(vision.architecture), for: Problem(input: input, target: target),
      network: VisionNetwork.network(vision), origin: origin, seed: 0)
  }
}
