import ApusData
import ApusStudy
import ApusTasks
import ApusTrain

/// A small convolutional network for datasets of small images in memory.
public struct SmallConvNet: Recipe {
  /// The name in files.
  public static let kind = "small-convnet"
  /// What `apus fit` takes for it.
  public static let options = PlainTraining.options + SmallNetwork.options

  var network: SmallNetwork
  var size: ImageSize
  var channels: Int
  var training: PlainTraining

  /// For samples in memory.
  public static func propose(_ data: TaskData, _ options: Options) throws -> [SmallConvNet] {
    guard data.examples.modality == ImageInput.modality, data.target != nil,
      options.text("architecture") == nil,
      case .samples(let dataset) = try data.examples.input().values
    else { return [] }
    let shape = try dataset[0].features[0].shape
    guard shape.rank == 3 else { return [] }
    var training = PlainTraining(epochs: 6, batchSize: 128)
    try training.take(options)
    var network = SmallNetwork(filters: [32, 64], hidden: [128], dropout: 0.2)
    try network.take(options)
    return [
      SmallConvNet(
        network: network,
        size: ImageSize(width: shape[1], height: shape[0]), channels: shape[2], training: training)
    ]
  }

  /// What it does.
  public var summary: String {
    "Small convolutional network: \(network.summary), \(training.epochs) epochs of batches of \(training.batchSize)"
  }

  /// Trains the network.
  public func fit(_ data: TaskData, _ context: RunContext) async throws -> Fitted {
    let input = try ImageInput(size: size, channels: channels, fitting: .stretch)
    let model = try NetworkModel(
      network, for: Problem(input: input, target: data.target), origin: ModelOrigin(data, recipe: summary),
      seed: context.seed)
    return Fitted(model: model, phases: [try await training.train(model, data, context)])
  }
}

extension SmallConvNet: TunableRecipe {
  /// Other layers, another training.
  public func suggested(by trial: Trial, fixed options: Options) throws -> SmallConvNet {
    var result = self
    result.network = try network.suggested(by: trial, fixed: options)
    result.training = try training.suggested(by: trial, fixed: options)
    return result
  }
}
