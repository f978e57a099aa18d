import ApusData
import ApusGraph
import ApusNN
import ApusReport
import ApusStudy
import ApusTasks
import ApusTensor
import ApusTrain
import Foundation

/// A network pretrained on ImageNet gets a new head, which is trained on the frozen backbone's features; where that is not
/// good enough, all layers are fine-tuned.
public struct TransferLearning: Recipe {
  /// The name in files.
  public static let kind = "transfer-learning"
  /// What `apus fit` takes for it.
  public static let options = ImageOptions.all

  /// The architecture's name.
  var architecture: String
  /// The size of the network's input.
  var size: ImageSize
  /// Whether an image and its horizontal flip mean the same.
  var flips: Bool
  /// What is done about classes of unequal size.
  var balance: ClassBalance
  /// How the head is trained.
  var head = HeadTraining()
  /// How all layers are fine-tuned; nil where they are not.
  var network: NetworkTraining?
  /// All layers are fine-tuned where the primary score on the validation set is below this; always when nil.
  var neededBelow: Double?

  /// How a head is trained on features.
  struct HeadTraining: Sendable, Codable, Equatable {
    var epochs = 60
    var batchSize = 64
    /// The highest learning rate of one cycle; searched when nil.
    var learningRate: Double?
    /// AdamW's weight decay of kernels.
    var weightDecay = 0.05
    var patience = 10
  }

  /// Where pretrained weights are, for images that are large enough, unless the person wants none.
  public static func propose(_ data: TaskData, _ options: Options) throws -> [TransferLearning] {
    guard data.examples.modality == ImageInput.modality, let target = data.target, !(target is Segmentation)
    else {
      return []
    }
    let asked = try ImageOptions(options)
    let architecture = asked.architecture ?? .efficientNetLite0
    guard !asked.fromScratch, architecture.pretrained?.find() != nil,
      try asked.architecture != nil || asked.side != nil
        || ImageProfile(data).medianShorterSide >= ImageProfile.smallSide
    else { return [] }
    var tuning = FineTuning()
    if let epochs = asked.epochs { tuning.epochs = epochs }
    // Colors stay as they are but for classes: a table may ask for what classes hardly ever do, such as "bright", which
    // an image made darker contradicts. Images that show numbers are cropped less, as sizes may be what is asked for.
    let network = NetworkTraining(
      tuning: tuning, smallestArea: target is Regression ? 0.8 : 0.35, jittersColors: target.classNames != nil
    )
    return [
      TransferLearning(
        architecture: architecture.name, size: ImageSize(asked.side ?? architecture.inputShape[0]),
        flips: asked.flips, balance: asked.balance, network: asked.fineTunes == false ? nil : network,
        neededBelow: asked.fineTunes == true ? nil : 0.98)
    ]
  }

  /// What it does.
  public var summary: String {
    let tuning =
      network.map {
        neededBelow.map { ", then fine-tuning of all layers if its validation score is below \($0)" }
          ?? ", then fine-tuning of all layers for up to \($0.tuning.epochs) epochs"
      } ?? ""
    return
      "Transfer learning: \(architecture) pretrained on ImageNet, input of \(size) pixels, a new head\(tuning)"
  }

  /// The measure by which head and fine-tuned network are compared.
  private static let measure = "validation loss of plain images"

  /// Trains the head, and all layers where that is needed.
  public func fit(_ data: TaskData, _ context: RunContext) async throws -> Fitted {
    guard let target = data.target else { throw DataError(.setting, "transfer learning needs a target") }
    let (model, vision) = try newModel(data, target, context)
    let balance = try ClassBalancing(self.balance, data)
    if let sentence = balance.sentence { context.reporter.say(sentence) }
    let clock = ContinuousClock()
    let start = clock.now
    let training = try FrozenFeatures(model, vision, data, .training, context.reporter)
    let validation = try FrozenFeatures(model, vision, data, .validation, context.reporter)
    let trainedHead = try await train(
      vision, data, target, on: training, validation: validation, balance, context)
    let program = CompiledFunction { [head = try vision.parted().head] in [head($0[0])] }
    func evaluated(isPlain: Bool) throws -> any Evaluator {
      var evaluator = target.evaluator(for: data.examples)
      try validation.outputs(program, isPlain: isPlain) { try evaluator.add(row: $0, output: $1) }
      return evaluator
    }
    try context.keep(model, loss: evaluated(isPlain: true).loss, measure: Self.measure)
    let score = try evaluated(isPlain: false).evaluation()
    context.reporter.say(
      "The head after \(trainedHead.history.epochs.count) epochs: \(score.primary) "
        + "\(Format.fixed(score.primaryScore, 3)) on the validation set")
    var phases = [
      TrainingPhase(
        "head", history: trainedHead.history, rates: trainedHead.rates, learningRate: trainedHead.rate,
        seconds: (clock.now - start) / .seconds(1))
    ]
    // NaN is not good enough either.
    func sections(isBackboneTrained: Bool) throws -> [Report.Section] {
      [
        try ImageSections.dataCurve(
          data, training: training, validation: validation, isBackboneTrained: isBackboneTrained,
          seed: context.seed),
        try ImageSections.layers(vision, model, data),
      ].compactMap { $0 }
    }
    let isGood = neededBelow.map { score.primaryScore >= $0 } ?? false
    guard let network, !isGood else {
      return Fitted(model: model, phases: phases, sections: try sections(isBackboneTrained: false))
    }
    phases.append(
      try await network.train(model, vision, data, balance, flips: flips, measure: Self.measure, context))
    // The best of head and all layers is the one that was kept.
    return Fitted(model: try context.best(), phases: phases, sections: try sections(isBackboneTrained: true))
  }

  private func newModel(
    _ data: TaskData, _ target: any Target, _ context: RunContext
  ) throws -> (NetworkModel, VisionModel) {
    let input = try ImageInput(size: size, crops: flips ? TestTimeCrop.both : [.plain])
    let found = try VisionArchitecture.required(architecture)
    let vision = try VisionModel.pretrained(found, classes: target.outputCount, inputShape: input.shape)
    guard vision.network.outputShape == [target.outputCount] else {
      throw DataError(
        .setting,
        "\(architecture) gives \(vision.network.outputShape) for an image, not \(target.outputCount) numbers",
        advice: "Choose another architecture: `apus models` lists them.")
    }
    try vision.build(inputShape: vision.inputShape, seed: context.seed)
    let model = try NetworkModel(
      VisionNetwork(found), for: Problem(input: input, target: target),
      network: VisionNetwork.network(vision),
      origin: ModelOrigin(data, pretraining: "ImageNet", recipe: summary), seed: context.seed)
    return (model, vision)
  }

  private func train(
    _ vision: VisionModel, _ data: TaskData, _ target: any Target, on training: FrozenFeatures,
    validation: FrozenFeatures, _ balance: ClassBalancing, _ context: RunContext
  ) async throws -> (history: History, rates: LearningRateCurve?, rate: Double) {
    let layer = try vision.parted().head
    let samples = try training.dataset(data, target)
    var rates: LearningRateCurve?
    var peak = head.learningRate ?? 3e-3
    if head.learningRate == nil {
      let curve = try Learner(layer, loss: target.loss, seed: context.seed, reporter: context.reporter)
        .findLearningRate(
          samples, from: 1e-5, to: 1, steps: 80, batchSize: head.batchSize)
      rates = curve
      peak = min(max(curve.suggestion ?? peak, 3e-4), 2e-2)
    }
    let steps = head.epochs * DataLoader.batchCount(samples: samples.count, batchSize: head.batchSize)
    let learner = Learner(
      layer, loss: target.loss,
      optimizer: .adamW(
        schedule: .oneCycle(peak: peak, steps: max(1, steps)), weightDecay: head.weightDecay,
        decays: OptimizerOptions.kernelsOnly), metrics: target.metrics, seed: context.seed,
      reporter: context.reporter)
    let history = try await learner.fit(
      samples, validation: validation.dataset(data, target), epochs: head.epochs, batchSize: head.batchSize,
      callbacks: [EarlyStopping(patience: head.patience)],
      options: FitOptions(sampling: balance.sampling, classWeights: balance.weights, progress: .none))
    return (history, rates, peak)
  }
}

extension TransferLearning: TunableRecipe {
  /// Another training of the head and, where there is one, of all layers.
  public func suggested(by trial: Trial, fixed options: Options) throws -> TransferLearning {
    var result = self
    result.head.learningRate = try trial.float("head-learning-rate", in: 1e-4...3e-2, scale: .log)
    result.head.weightDecay = try trial.float("head-weight-decay", in: 1e-3...0.5, scale: .log)
    result.head.batchSize = 1 << (try trial.int("log2-head-batch-size", in: 4...8))
    if var settings = network {
      settings.tuning = try settings.tuning.suggested(by: trial, fixed: options)
      result.network = settings
    }
    return result
  }
}
