import ApusData
import ApusNN
import ApusTrain

/// How a network is trained where nothing special is done: Adam with one cycle of the learning rate, weight decay of kernels
/// if any, and the epoch with the least validation loss.
public struct PlainTraining: Sendable, Codable, Equatable {
  /// Passes over the training set at most.
  public var epochs: Int
  /// Examples a step.
  public var batchSize: Int
  /// The highest learning rate of the cycle.
  public var learningRate = 3e-3
  /// AdamW's weight decay of kernels; 0 for Adam.
  public var weightDecay = 0.0
  /// Epochs without a better validation loss after which training stops; nil goes on to the end.
  public var patience: Int?

  /// Settings of a training.
  public init(
    epochs: Int, batchSize: Int, learningRate: Double = 3e-3, weightDecay: Double = 0, patience: Int? = nil
  ) {
    self.epochs = epochs
    self.batchSize = batchSize
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.patience = patience
  }

  /// What a person may ask for.
  public static let options = [
    OptionDescription(
      "epochs", "count", "Passes over the training set at most.", values: .whole(1...100_000)),
    OptionDescription(
      "batch-size", "count", "Tables, texts and small images: examples a step.",
      values: .whole(1...1_000_000)),
    OptionDescription(
      "learning-rate", "rate",
      "Tables, texts and small images: the highest learning rate of the cycle. (default: 0.003)",
      values: .number(above: 0, to: 100)),
    OptionDescription(
      "weight-decay", "strength", "Tables, texts and small images: AdamW's weight decay of kernels.",
      values: .number(above: -1e-300, to: 100)),
  ]

  /// Takes what a person asked for.
  /// - Throws: `DataError` for values that make no sense.
  public mutating func take(_ options: Options) throws {
    if let epochs = try options.integer("epochs", in: 1...100_000) { self.epochs = epochs }
    if let batchSize = try options.integer("batch-size", in: 1...1_000_000) { self.batchSize = batchSize }
    if let rate = try options.number("learning-rate", above: 0, to: 100) { learningRate = rate }
    if let decay = try options.number("weight-decay", above: -1e-300, to: 100) { weightDecay = decay }
  }

  /// Trains a model; it ends with the weights of the epoch with the least validation loss.
  /// - Throws: `TrainingError`, `DataError`, `GraphError` for data that do not fit; `CancellationError` in a cancelled task.
  public func train(_ model: NetworkModel, _ data: TaskData, _ context: RunContext) async throws
    -> TrainingPhase
  {
    let clock = ContinuousClock()
    let start = clock.now
    let training = try model.dataset(data, .training), validation = try model.dataset(data, .validation)
    let steps = epochs * DataLoader.batchCount(samples: training.count, batchSize: batchSize)
    let schedule = Schedule.oneCycle(peak: learningRate, steps: max(1, steps))
    let learner = try model.learner(
      optimizer: weightDecay > 0
        ? .adamW(schedule: schedule, weightDecay: weightDecay, decays: OptimizerOptions.kernelsOnly)
        : .adam(schedule: schedule), seed: context.seed, reporter: context.reporter)
    let history = try await learner.fit(
      training, validation: validation, epochs: epochs, batchSize: batchSize,
      callbacks: [
        EarlyStopping(patience: patience ?? epochs), context.keeping(model, measure: "validation loss"),
      ],
      options: FitOptions(
        checkpointing: context.checkpointing("network"), resume: context.resume))
    return TrainingPhase(
      "network", history: history, learningRate: learningRate, seconds: (clock.now - start) / .seconds(1))
  }
}
