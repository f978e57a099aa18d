import ApusData
import ApusStudy
import ApusTasks
import ApusTrain

/// A multilayer perceptron on the rows of a table.
public struct MLP: Recipe {
  /// The name in files.
  public static let kind = "mlp"
  /// What `apus fit` takes for it.
  public static let options = PlainTraining.options + SmallNetwork.options

  var network: SmallNetwork
  var training: PlainTraining

  /// For tables.
  public static func propose(_ data: TaskData, _ options: Options) throws -> [MLP] {
    guard data.examples.modality == TabularInput.modality, let target = data.target else { return [] }
    // Where a portfolio fits the table, a network alone is for those who ask for it.
    let isAsked =
      options.text("recipe") == kind || options.text("tune") != nil
      || Self.options.contains { options.text($0.name) != nil }
    guard isAsked || !Portfolio.fits(target) else { return [] }
    var training = PlainTraining(epochs: 60, batchSize: 32, weightDecay: 0.5)
    try training.take(options)
    var network = SmallNetwork(hidden: [50, 50, 50, 50, 50])
    try network.take(options)
    return [MLP(network: network, training: training)]
  }

  /// What it does.
  public var summary: String {
    "Multilayer perceptron: \(network.summary), \(training.epochs) epochs of batches of \(training.batchSize)"
  }

  /// Trains the network.
  public func fit(_ data: TaskData, _ context: RunContext) async throws -> Fitted {
    let input = try TabularInput(data)
    for warning in input.encoder.warnings { context.reporter.say("note: \(warning)") }
    let model = try NetworkModel(
      network, for: Problem(input: input, target: data.target), origin: ModelOrigin(data, recipe: summary),
      seed: context.seed)
    return Fitted(model: model, phases: [try await training.train(model, data, context)])
  }
}

extension MLP: TunableRecipe {
  /// Other layers, another training.
  public func suggested(by trial: Trial, fixed options: Options) throws -> MLP {
    MLP(
      network: try network.suggested(by: trial, fixed: options),
      training: try training.suggested(by: trial, fixed: options))
  }
}
