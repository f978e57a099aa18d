import ApusData
import ApusGraph
import ApusNN
import ApusStudy
import ApusTasks
import ApusTrain
import Foundation

/// A network is trained from scratch: the small ResNet-9, or any architecture that is asked for.
public struct FromScratch: Recipe {
  /// The name in files.
  public static let kind = "from-scratch"
  /// What `apus fit` takes for it.
  public static let options = ImageOptions.all

  /// The architecture's name.
  var architecture: String
  /// The size of the network's input.
  var size: ImageSize
  /// 3 for color, 1 for gray.
  var channels = 3
  /// Whether an image and its horizontal flip mean the same.
  var flips: Bool
  /// What is done about classes of unequal size.
  var balance: ClassBalance
  /// How a small network is trained on classes; nil where `network` says how.
  var scratch: ScratchTraining?
  /// How any other network is trained.
  var network: NetworkTraining?
  /// What is lost where pretrained weights would help and there are none; nil elsewhere.
  var note: String?

  /// The side of a small network's input for photos.
  private static let photoSide = 64
  /// The side of other networks' input.
  private static let networkSide = 112

  /// For images of all kinds.
  public static func propose(_ data: TaskData, _ options: Options) throws -> [FromScratch] {
    guard data.examples.modality == ImageInput.modality, let target = data.target, !(target is Segmentation)
    else {
      return []
    }
    let asked = try ImageOptions(options)
    let side = try ImageProfile(data).medianShorterSide
    let isSmall = side < ImageProfile.smallSide
    let architecture = asked.architecture ?? .resNet9
    let isForSmallImages = architecture.role == .smallImages
    let count = data.rows(.training).count
    var recipe = FromScratch(
      architecture: architecture.name,
      size: ImageSize(asked.side ?? (isSmall ? max(32, side) : isForSmallImages ? photoSide : networkSide)),
      flips: asked.flips, balance: asked.balance)
    if case .samples(let dataset) = try data.examples.input().values {
      recipe.channels = try dataset[0].features[0].shape[2]
      recipe.size = ImageSize(side)
      // Labels of small datasets, digits among them, seldom survive a flip.
      recipe.flips = options.flag("flip") ?? false
    }
    if !asked.fromScratch, asked.architecture == nil, !isSmall {
      recipe.note = VisionArchitecture.efficientNetLite0.pretrained?.missingNote
    }
    if isForSmallImages, target.classNames != nil {
      recipe.scratch =
        isSmall
        ? ScratchTraining(imageCount: count, flips: recipe.flips)
        : ScratchTraining(photoCount: count, flips: recipe.flips)
      if let epochs = asked.epochs { recipe.scratch?.epochs = epochs }
      return [recipe]
    }
    // As many steps as a network needs, whatever the number of images.
    let epochs = asked.epochs ?? min(60, max(12, 40_000 / max(1, count)))
    recipe.network = NetworkTraining(
      tuning: FineTuning(
        epochs: epochs, batchSize: 32, learningRate: 2e-3, rateFactor: 1, epochsPerGroup: 0,
        keepsStatistics: false, weightDecay: 0.05, patience: max(5, epochs / 2)),
      smallestArea: target is Regression ? 0.8 : isSmall || isForSmallImages ? 0.6 : 0.35,
      jittersColors: target.classNames != nil && recipe.channels == 3, findsRate: asked.epochs == nil)
    return [recipe]
  }

  /// What it does.
  public var summary: String {
    "From scratch: \(architecture), input of \(size) pixels, \(scratch?.epochs ?? network?.tuning.epochs ?? 0) epochs"
      + (scratch == nil ? " at most" : "") + (note.map { "; \($0)" } ?? "")
  }

  /// Trains the network.
  public func fit(_ data: TaskData, _ context: RunContext) async throws -> Fitted {
    guard let target = data.target else { throw DataError(.setting, "training a network needs a target") }
    let balance = try ClassBalancing(self.balance, data)
    if let sentence = balance.sentence { context.reporter.say(sentence) }
    let input = try ImageInput(
      size: size, channels: channels, crops: flips && channels == 3 ? TestTimeCrop.both : [.plain])
    let found = try VisionArchitecture.required(architecture)
    let vision = try VisionModel(found, classes: target.outputCount, inputShape: input.shape)
    guard vision.network.outputShape == [target.outputCount] else {
      throw DataError(
        .setting,
        "\(architecture) gives \(vision.network.outputShape) for an image, not \(target.outputCount) numbers",
        advice: "Choose another architecture: `apus models` lists them.")
    }
    let model = try NetworkModel(
      VisionNetwork(found), for: Problem(input: input, target: target),
      network: VisionNetwork.network(vision),
      origin: ModelOrigin(data, recipe: summary), seed: context.seed)
    if let scratch {
      var fitted = try await train(model, scratch, data, balance, context)
      fitted.sections = [try ImageSections.layers(vision, model, data)].compactMap { $0 }
      return fitted
    }
    guard let network else { throw DataError(.setting, "the recipe does not say how to train") }
    let phase = try await network.train(
      model, vision, data, balance, flips: flips, measure: "validation loss", context)
    return Fitted(
      model: model, phases: [phase],
      sections: [try ImageSections.layers(vision, model, data)].compactMap { $0 })
  }

  /// Trains a small network; its last weights count, as the learning rate has fallen to its lowest there.
  private func train(
    _ model: NetworkModel, _ settings: ScratchTraining, _ data: TaskData, _ balance: ClassBalancing,
    _ context: RunContext
  ) async throws -> Fitted {
    let clock = ContinuousClock()
    let start = clock.now
    let training = try model.dataset(data, .training), validation = try model.dataset(data, .validation)
    let learner = try model.learner(
      optimizer: settings.optimizer(imageCount: training.count), loss: settings.loss, seed: context.seed,
      reporter: context.reporter)
    let history = try await learner.fit(
      training, validation: validation, epochs: settings.epochs, batchSize: settings.batchSize,
      callbacks: [context.keeping(model, measure: "smoothed validation loss")],
      options: FitOptions(
        augmentations: settings.augmentations(for: size), batchAugmentations: settings.batchAugmentations(),
        sampling: balance.sampling, resizing: settings.resizing(to: size), classWeights: balance.weights,
        checkpointing: context.checkpointing("network"), resume: context.resume))
    return Fitted(
      model: model,
      phases: [
        TrainingPhase(
          "all layers", history: history, learningRate: settings.learningRate,
          seconds: (clock.now - start) / .seconds(1))
      ])
  }
}

extension FromScratch: TunableRecipe {
  /// Another training.
  public func suggested(by trial: Trial, fixed options: Options) throws -> FromScratch {
    var result = self
    if var settings = scratch {
      settings.learningRate = try trial.float("learning-rate", in: 5e-3...0.8, scale: .log)
      settings.weightDecay = try trial.float("weight-decay", in: 5e-4...2e-2, scale: .log)
      settings.batchSize = 1 << (try trial.int("log2-batch-size", in: 4...8))
      settings.labelSmoothing = try trial.float("label-smoothing", in: 0...0.2)
      settings.mixing = try trial.float("mixing", in: 0...1)
      if options.text("epochs") == nil {
        settings.epochs = try trial.int(
          "epochs", in: max(1, settings.epochs / 2)...settings.epochs * 2, scale: .log)
      }
      result.scratch = settings
    }
    if var settings = network {
      settings.findsRate = false
      settings.tuning = try settings.tuning.suggested(by: trial, fixed: options)
      result.network = settings
    }
    return result
  }
}
