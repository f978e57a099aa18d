import ApusData
import ApusNN
import ApusTasks
import ApusTrain
import Foundation

/// How all layers of a network are trained on images.
struct NetworkTraining: Sendable, Codable, Equatable {
  /// Epochs, rates and groups.
  var tuning: FineTuning
  /// The smallest share of an image's area in a random crop.
  var smallestArea: Double
  /// Whether brightness, contrast and saturation are augmented.
  var jittersColors = true
  /// Whether the learning rate of `tuning` is replaced by one that is searched.
  var findsRate = false

  /// Augmentation for images of a size.
  func augmentations(_ size: ImageSize, flips: Bool) throws -> [any Augmentation] {
    var all: [any Augmentation] = [try RandomResizedCrop(size, area: smallestArea...1)]
    if flips { all.append(RandomHorizontalFlip()) }
    if jittersColors { all.append(ColorJitter(brightness: 0.2, contrast: 0.2, saturation: 0.2)) }
    return all
  }

  /// Trains a network; the weights of the epoch with the least validation loss stay, and are kept by the context.
  func train(
    _ model: NetworkModel, _ vision: VisionModel, _ data: TaskData, _ balance: ClassBalancing, flips: Bool,
    measure: String, _ context: RunContext
  ) async throws -> TrainingPhase {
    let clock = ContinuousClock()
    let start = clock.now
    let training = try model.dataset(data, .training), validation = try model.dataset(data, .validation)
    var tuning = tuning
    var rates: LearningRateCurve?
    if findsRate {
      context.reporter.say("Searching for a learning rate")
      let curve = try model.learner(seed: context.seed, reporter: context.reporter).findLearningRate(
        training, from: 1e-5, to: 0.3, steps: 40, batchSize: tuning.batchSize)
      rates = curve
      tuning.learningRate = min(max(curve.suggestion ?? tuning.learningRate, 3e-4), 5e-3)
    }
    context.reporter.say(
      "All layers: up to \(tuning.epochs) epochs, learning rate at most "
        + String(format: "%.2g", tuning.learningRate))
    let unfreezing = try GradualUnfreezing(
      vision, epochsPerGroup: tuning.epochsPerGroup, keepsStatistics: tuning.keepsStatistics)
    let steps = tuning.epochs * DataLoader.batchCount(samples: training.count, batchSize: tuning.batchSize)
    let learner = try model.learner(
      optimizer: tuning.optimizer(unfreezing.groups, stepCount: steps), seed: context.seed,
      reporter: context.reporter)
    let size = ImageSize(width: vision.inputShape[1], height: vision.inputShape[0])
    let history = try await learner.fit(
      training, validation: validation, epochs: tuning.epochs, batchSize: tuning.batchSize,
      callbacks: [
        unfreezing, EarlyStopping(patience: tuning.patience), context.keeping(model, measure: measure),
      ],
      options: FitOptions(
        augmentations: augmentations(size, flips: flips), sampling: balance.sampling,
        classWeights: balance.weights, checkpointing: context.checkpointing("network"), resume: context.resume
      ))
    return TrainingPhase(
      "all layers", history: history, rates: rates, learningRate: tuning.learningRate,
      seconds: (clock.now - start) / .seconds(1))
  }
}

extension ClassBalancing {
  /// The balance of a training set; nothing is balanced for targets other than classes.
  init(_ method: ClassBalance, _ data: TaskData) throws {
    guard let target = data.target, let names = target.classNames, let strata = target.strata(data.examples)
    else {
      self.init(.none, counts: [])
      return
    }
    self.init(
      method,
      counts: data.rows(.training).reduce(into: [Int](repeating: 0, count: names.count)) { counts, row in
        if names.indices.contains(strata[row]) { counts[strata[row]] += 1 }
      })
  }
}
