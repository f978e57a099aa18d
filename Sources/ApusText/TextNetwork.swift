import ApusData
import ApusGraph
import ApusNN
import ApusStudy
import ApusTasks
import ApusTensor
import ApusTrain

/// A small network of word numbers: embeddings, of which the mean counts, and the largest output of a convolution over
/// neighboring words.
///
/// The mean of embeddings is fastText's (Joulin et al., arXiv:1607.01759), the convolution with its largest output that
/// of Kim, arXiv:1408.5882.
public struct TextNetwork: NetworkBlueprint, Equatable {
  /// The name in files.
  public static let kind = "text-convolution"
  /// Numbers in the embedding of a word.
  public var dimensions = 64
  /// Filters of the convolution.
  public var filters = 64
  /// Neighboring words that a filter spans.
  public var window = 3
  /// The share of pooled features that are dropped while training.
  public var dropout = 0.3

  /// A network of the usual size.
  public init() {}

  /// Makes the network.
  /// - Parameter problem: A `TextInput`, and a target whose outputs are numbers.
  /// - Throws: `DataError` for other problems.
  /// - Returns: The network.
  public func network(for problem: Problem) throws -> Network {
    guard let input = problem.input as? TextInput, let target = problem.target else {
      throw DataError(
        .setting,
        "a network of kind \(Self.kind) takes words and predicts a target, "
          + "\(type(of: problem.input).kind) \(problem.target == nil ? "without a target " : "")came")
    }
    return Network(
      PooledWords(
        embedding: Embedding(input.idCount, dimensions),
        convolution: Conv1D(filters, kernel: SpatialSize(window), padding: .same, activation: .relu),
        dropout: Dropout(dropout), head: Dense(target.outputCount)))
  }

  /// The network in a few words.
  public var summary: String {
    "embeddings of \(dimensions) numbers, their mean and a convolution of \(filters) filters over \(window) words"
  }
}

/// Word numbers `[batch, words]` → outputs `[batch, outputs]`; of padding nothing counts.
private struct PooledWords: Layer {
  let embedding: Embedding
  let convolution: Conv1D
  let dropout: Dropout
  let head: Dense

  func callAsFunction(_ ids: Tensor) -> Tensor {
    let isWord = (ids .> 0).cast(to: .float32).expandedDimensions(axis: 2)
    let vectors = embedding(ids) * isWord
    let mean = vectors.sum(axis: 1) / maximum(isWord.sum(axis: 1), 1)
    // Outputs of ReLU are at least 0, so that padding never has the largest.
    let largest = (convolution(vectors) * isWord).max(axis: 1)
    return head(dropout(concatenated([mean, largest], axis: 1)))
  }
}

/// Trains a `TextNetwork` from scratch with Adam, until the validation loss no longer improves.
public struct TextNetworkTraining: Recipe, Equatable {
  /// The name in files and results.
  public static let kind = "text-network"
  /// What `apus fit` takes for it.
  public static let options = [
    LinearText.vocabularyOption,
    OptionDescription("epochs", "COUNT", "How often all examples are seen, at most."),
  ]

  /// The network.
  public var network = TextNetwork()
  /// The number of words at most.
  public var vocabularyLimit: Int
  /// Epochs at most.
  public var epochs: Int
  /// Texts in a batch.
  public var batchSize = 32
  /// The learning rate of Adam.
  public var learningRate = 2e-3
  /// Epochs without improvement after which training stops.
  public var patience = 3

  /// The training for a number of texts.
  /// - Parameters:
  ///   - textCount: Of few texts more epochs, as the number of steps matters; 8 to 60.
  ///   - vocabularyLimit: The number of words at most.
  public init(textCount: Int, vocabularyLimit: Int = 20_000) {
    epochs = min(60, max(8, 60_000 / max(1, textCount)))
    self.vocabularyLimit = vocabularyLimit
  }

  /// Fits any target whose outputs are numbers, from texts.
  public static func propose(_ data: TaskData, _ options: Options) throws -> [TextNetworkTraining] {
    guard LinearText.fits(data) else { return [] }
    var recipe = TextNetworkTraining(
      textCount: data.rows(.training).count, vocabularyLimit: try LinearText.vocabularyLimit(options))
    if let epochs = try options.integer("epochs", in: 1...100_000) { recipe.epochs = epochs }
    return [recipe]
  }

  /// What it does.
  public var summary: String { "Training from scratch: \(network.summary)" }
  /// Minutes at most for some thousands of texts.
  public var isQuick: Bool { true }

  /// Memory for encoded texts; where they need more they are encoded anew in each epoch.
  private static let cacheByteLimit = 256 << 20

  /// Trains the network; the best epoch counts.
  public func fit(_ data: TaskData, _ context: RunContext) async throws -> Fitted {
    let clock = ContinuousClock()
    let start = clock.now
    let input = try TextInput(
      fitting: data.examples, rows: data.rows(.training), vocabularyLimit: vocabularyLimit)
    context.reporter.say("Texts of \(input.length) words: \(input.truncation)")
    let problem = Problem(input: input, target: data.target)
    let model = try NetworkModel(
      network, for: problem, origin: ModelOrigin(data, recipe: summary), seed: context.seed)
    func dataset(_ part: Part) throws -> any Dataset {
      let dataset = try model.dataset(data, part)
      return dataset.count * input.length * 4 > Self.cacheByteLimit ? dataset : try dataset.inMemory()
    }
    let learner = try model.learner(
      optimizer: .adam(learningRate: learningRate), seed: context.seed, reporter: context.reporter)
    let history = try await learner.fit(
      dataset(.training), validation: dataset(.validation), epochs: epochs, batchSize: batchSize,
      callbacks: [EarlyStopping(patience: patience), context.keeping(model, measure: "validation loss")],
      options: FitOptions(
        checkpointing: context.checkpointing("network"), resume: context.resume))
    return Fitted(
      model: model,
      phases: [
        TrainingPhase(
          "network", history: history, learningRate: learningRate, seconds: (clock.now - start) / .seconds(1))
      ])
  }
}

extension TextNetworkTraining: TunableRecipe {
  /// Another network, another training.
  public func suggested(by trial: Trial, fixed options: Options) throws -> TextNetworkTraining {
    var result = self
    result.network.dimensions = try trial.int("embedding", in: 16...256, scale: .log)
    result.network.filters = try trial.int("filters", in: 16...256, scale: .log)
    result.network.window = try trial.int("window", in: 1...5)
    result.network.dropout = try trial.float("dropout", in: 0...0.6)
    result.learningRate = try trial.float("learning-rate", in: 3e-4...1e-2, scale: .log)
    result.batchSize = 1 << (try trial.int("log2-batch-size", in: 3...7))
    if options.text("vocabulary") == nil {
      result.vocabularyLimit = try trial.int("vocabulary", in: 1000...50_000, scale: .log)
    }
    if options.text("epochs") == nil {
      result.epochs = try trial.int("epochs", in: max(1, epochs / 2)...epochs * 2, scale: .log)
    }
    return result
  }
}
