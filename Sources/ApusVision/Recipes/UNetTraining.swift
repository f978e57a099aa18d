import ApusData
import ApusGraph
import ApusNN
import ApusTasks
import ApusTrain
import Foundation

/// A class for each pixel by a U-Net, whose encoder is pretrained on ImageNet where such weights are there.
public struct UNetTraining: Recipe {
  /// The name in files.
  public static let kind = "u-net"
  /// What `apus fit` takes for it.
  public static let options = ImageOptions.all

  /// The encoder's architecture, or a U-Net.
  var architecture: String
  /// The size of the network's input; images of other proportions are stretched.
  var size: ImageSize
  /// Whether the encoder's weights are those of ImageNet.
  var isPretrained: Bool
  /// Whether the encoder is trained as well.
  var trainsEncoder: Bool
  /// Whether an image and its horizontal flip mean the same.
  var flips: Bool
  var epochs: Int
  var batchSize: Int
  var patience: Int

  /// Images of up to so many bytes are decoded once and stay in memory.
  private static let memoryLimit = 1 << 30

  /// For images with masks.
  public static func propose(_ data: TaskData, _ options: Options) throws -> [UNetTraining] {
    guard data.target is Segmentation else { return [] }
    let asked = try ImageOptions(options)
    if let side = asked.side, !(32...1024).contains(side) || side % 32 != 0 {
      throw DataError(
        .setting, "--side: for masks a multiple of 32 from 32 to 1024 pixels was expected, \(side) came")
    }
    func isThere(_ architecture: VisionArchitecture) -> Bool {
      !asked.fromScratch && architecture.pretrained?.find() != nil
    }
    let network = asked.architecture ?? (isThere(.efficientNetLite0) ? .efficientNetLite0 : .uNet(width: 16))
    let isPretrained = isThere(network)
    let side = try ImageProfile(data).medianShorterSide
    let count = data.rows(.training).count
    // As many steps as a network needs, whatever the number of images.
    let epochs = asked.epochs ?? min(40, max(8, (isPretrained ? 10_000 : 16_000) / max(1, count)))
    return [
      UNetTraining(
        architecture: network.name, size: ImageSize(asked.side ?? min(192, max(64, side / 32 * 32))),
        isPretrained: isPretrained, trainsEncoder: !isPretrained || asked.fineTunes == true,
        flips: asked.flips,
        epochs: epochs, batchSize: count < 200 ? 8 : 16, patience: max(3, epochs / 3))
    ]
  }

  /// What it does.
  public var summary: String {
    (isPretrained ? "U-Net over \(architecture) pretrained on ImageNet" : "\(architecture) from scratch")
      + ", input of \(size) pixels, up to \(epochs) epochs"
      + (isPretrained && trainsEncoder ? " of all layers" : "")
  }

  /// Trains the network.
  public func fit(_ data: TaskData, _ context: RunContext) async throws -> Fitted {
    guard var target = data.target as? Segmentation else {
      throw DataError(.setting, "a U-Net needs images with masks")
    }
    let clock = ContinuousClock()
    let start = clock.now
    target.size = size
    let problem = Problem(input: try ImageInput(size: size, fitting: .stretch), target: target)
    let blueprint = SegmentationNetwork(try VisionArchitecture.required(architecture))
    let model = try NetworkModel(
      blueprint, for: problem, network: blueprint.network(for: problem, isPretrained: isPretrained),
      origin: ModelOrigin(data, pretraining: isPretrained ? "ImageNet" : nil, recipe: summary),
      seed: context.seed)
    try freezeEncoder(of: model.network.module)
    let training = try samples(data, .training, target), validation = try samples(data, .validation, target)
    context.reporter.say("Searching for a learning rate")
    let rates = try model.learner(seed: context.seed, reporter: context.reporter).findLearningRate(
      training, from: 1e-5, to: 0.1, steps: 40, batchSize: batchSize)
    let rate = min(max(rates.suggestion ?? 2e-3, 5e-4), 5e-3)
    context.reporter.say("Up to \(epochs) epochs, learning rate at most " + String(format: "%.2g", rate))
    let steps = epochs * DataLoader.batchCount(samples: training.count, batchSize: batchSize)
    let learner = try model.learner(
      optimizer: .adam(schedule: .oneCycle(peak: rate, steps: max(1, steps))), seed: context.seed,
      reporter: context.reporter)
    let history = try await learner.fit(
      training, validation: validation, epochs: epochs, batchSize: batchSize,
      callbacks: [EarlyStopping(patience: patience), context.keeping(model, measure: "validation loss")],
      options: FitOptions(
        augmentations: augmentations(target), checkpointing: context.checkpointing("network"),
        resume: context.resume))
    try model.network.module.unfreeze()
    return Fitted(
      model: model,
      phases: [
        TrainingPhase(
          "network", history: history, rates: rates, learningRate: rate,
          seconds: (clock.now - start) / .seconds(1))
      ])
  }

  /// A pretrained encoder stays as it is, or changes slowly. The statistics of its normalizations stay in any case: a few
  /// hundred steps measure them worse than ImageNet did.
  private func freezeEncoder(of module: any Module) throws {
    guard trainsEncoder else { return try module.freeze("encoder") }
    guard isPretrained else { return }
    for (name, parameter) in try module.parameters() where name.hasPrefix("encoder.") {
      parameter.isFrozen = parameter.kind == .state
    }
  }

  private func samples(_ data: TaskData, _ part: Part, _ target: Segmentation) throws -> any Dataset {
    guard case .files(let paths) = try data.examples.input().values else {
      throw DataError(.type, "image files with masks were expected")
    }
    let rows = data.rows(part)
    let pairs = try SegmentationDataset(
      paths: rows.map { paths[$0] }, maskPaths: rows.compactMap { target.maskPath(data.examples, row: $0) },
      classNames: target.names, loading: ImageLoading(size, fitting: .stretch),
      reading: target.classes.reading,
      ignoredLabel: target.classes.ignoredLabel)
    let bytes = rows.count * size.width * size.height * 16
    return bytes <= Self.memoryLimit ? try pairs.inMemory() : pairs
  }

  /// Augmentation, which moves masks alike.
  private func augmentations(_ target: Segmentation) throws -> [any Augmentation] {
    let fill = Int32(target.ignoredLabel ?? 0)
    let all: [any Augmentation] = [
      try RandomAffine(degrees: 15, shift: 0.05, scale: 0.9...1.2, fillLabel: fill),
      ColorJitter(brightness: 0.2, contrast: 0.2, saturation: 0.2),
    ]
    return (flips ? [RandomHorizontalFlip()] : []) + all
  }
}
