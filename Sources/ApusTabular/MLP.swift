import ApusData
import ApusTasks
import ApusTrain

/// A multilayer perceptron on the rows of a table.
public struct MLP: Recipe {
  /// The name in files.
  public static let kind = "mlp"
  /// What `apus fit` takes for it.
  public static let options =
    PlainTraining.options + [
      OptionDescription(
        "hidden", "units", "Tables and small images: units of each hidden layer, with commas between them.",
        values: .units)
    ]

  var network: SmallNetwork
  var training: PlainTraining

  /// For tables.
  public static func propose(_ data: TaskData, _ options: Options) throws -> [MLP] {
    guard data.examples.modality == TabularInput.modality, data.target != nil else { return [] }
    var training = PlainTraining(epochs: 60, batchSize: 32, weightDecay: 0.5)
    try training.take(options)
    return [
      MLP(
        network: SmallNetwork(hidden: try options.units("hidden") ?? [50, 50, 50, 50, 50]), training: training
      )
    ]
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
