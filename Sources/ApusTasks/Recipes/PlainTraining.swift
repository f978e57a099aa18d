import ApusData
import ApusNN
import ApusStudy
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
  /// How gradients become updates.
  public var optimizer = Method.adam
  /// Epochs without a better validation loss after which training stops; nil goes on to the end.
  public var patience: Int?

  /// How gradients become updates.
  public enum Method: String, Sendable, Codable, CaseIterable {
    /// Adam, or AdamW with weight decay.
    case adam
    /// Adam with Nesterov momentum.
    case nadam
    /// Gradient descent with Nesterov momentum of 0.9.
    case sgd
  }

  private enum CodingKeys: String, CodingKey {
    case epochs, batchSize, learningRate, weightDecay, optimizer, patience
  }

  /// Reads settings of this or an earlier version.
  /// - Parameter decoder: Where they were saved.
  /// - Throws: `DecodingError` for something else.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      epochs: try values.decode(Int.self, forKey: .epochs),
      batchSize: try values.decode(Int.self, forKey: .batchSize),
      learningRate: try values.decode(Double.self, forKey: .learningRate),
      weightDecay: try values.decode(Double.self, forKey: .weightDecay),
      patience: try values.decodeIfPresent(Int.self, forKey: .patience))
    optimizer = try values.decodeIfPresent(Method.self, forKey: .optimizer) ?? .adam
  }

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
    OptionDescription(
      "optimizer", "method",
      "Tables, texts and small images: adam, nadam or sgd (with Nesterov momentum). (default: adam)"),
  ]

  /// Takes what a person asked for.
  /// - Throws: `DataError` for values that make no sense.
  public mutating func take(_ options: Options) throws {
    if let epochs = try options.integer("epochs", in: 1...100_000) { self.epochs = epochs }
    if let batchSize = try options.integer("batch-size", in: 1...1_000_000) { self.batchSize = batchSize }
    if let rate = try options.number("learning-rate", above: 0, to: 100) { learningRate = rate }
    if let method = try options.choice("optimizer", of: Method.self) { optimizer = method }
    if let decay = try options.number("weight-decay", above: -1e-300, to: 100) { weightDecay = decay }
  }

  /// The settings that a trial suggests, of those that nobody fixed.
  /// - Parameters:
  ///   - trial: Who suggests.
  ///   - options: What the person fixed.
  /// - Throws: `StudyError` for spaces that cannot be searched.
  /// - Returns: The settings to try.
  public func suggested(by trial: Trial, fixed options: Options) throws -> PlainTraining {
    var result = self
    func isOpen(_ name: String) -> Bool { options.text(name) == nil }
    if isOpen("optimizer") {
      let name = try trial.categorical("optimizer", in: Method.allCases.map(\.rawValue))
      result.optimizer = Method(rawValue: name) ?? .adam
    }
    if isOpen("learning-rate") {
      // Momentum takes steps that are some ten times as long.
      let range = result.optimizer == .sgd ? 1e-3...0.3 : 2e-4...3e-2
      result.learningRate = try trial.float(
        result.optimizer == .sgd ? "sgd-learning-rate" : "learning-rate", in: range, scale: .log)
    }
    if isOpen("batch-size") { result.batchSize = 1 << (try trial.int("log2-batch-size", in: 4...8)) }
    if isOpen("weight-decay") {
      result.weightDecay = try trial.float("weight-decay", in: 1e-4...1, scale: .log)
    }
    if isOpen("epochs") {
      result.epochs = try trial.int(
        "epochs", in: max(1, epochs / 2)...max(2, epochs * 2), scale: .log)
    }
    return result
  }

  /// Adam, AdamW or gradient descent with one cycle of the learning rate.
  private func method(steps: Int) -> Optimizer {
    let schedule = Schedule.oneCycle(peak: learningRate, steps: max(1, steps))
    return switch optimizer {
    case .adam where weightDecay > 0:
      .adamW(schedule: schedule, weightDecay: weightDecay, decays: OptimizerOptions.kernelsOnly)
    case .adam: .adam(schedule: schedule)
    case .nadam: .nadam(schedule: schedule, weightDecay: weightDecay)
    case .sgd: .sgd(schedule: schedule, momentum: 0.9, nesterov: true, weightDecay: weightDecay)
    }
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
    let learner = try model.learner(
      optimizer: method(steps: steps), seed: context.seed, reporter: context.reporter)
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
