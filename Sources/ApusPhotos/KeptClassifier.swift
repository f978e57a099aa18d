import ApusGraph
import ApusTrain

/// A classifier as it was at a moment of training, to go back to if what follows is no better.
struct KeptClassifier {
  /// What it says of the photos that decide.
  let answers: PhotoAnswers
  private let state: [String: Literal]

  /// Keeps a classifier's weights and temperature.
  init(_ classifier: PhotoClassifier, answers: PhotoAnswers) throws {
    self.answers = answers
    state = try classifier.model.namedLiterals()
  }

  /// The loss by which classifiers are compared.
  var loss: Double { answers.loss ?? .infinity }

  /// The loss without a temperature, as it is measured while training.
  var plainLoss: Double {
    var plain = answers
    plain.temperature = 1
    return plain.loss ?? .infinity
  }

  /// Gives a classifier of the same network what was kept.
  func restore(to classifier: inout PhotoClassifier) throws {
    try classifier.model.load(named: state)
    classifier.temperature = answers.temperature
  }
}

extension PhotoClassifier {
  /// Whether the other one is of the same network for the same pictures and classes.
  func fits(_ other: PhotoClassifier) -> Bool {
    model.architecture.name == other.model.architecture.name && classNames == other.classNames
      && loading == other.loading && views == other.views
  }
}

/// Writes the classifier after each epoch that made it better, so that a process that is killed leaves it behind.
final class BestClassifier: Callback {
  private let classifier: PhotoClassifier
  private let output: String
  private var least: Double

  /// - Parameters:
  ///   - classifier: What learns.
  ///   - output: The folder that it is written to.
  ///   - toBeat: The loss of what is there already.
  init(_ classifier: PhotoClassifier, output: String, toBeat: Double? = nil) {
    self.classifier = classifier
    self.output = output
    least = toBeat ?? .infinity
  }

  func afterEpoch(_ context: TrainingContext) throws {
    guard let loss = context.logs["val_loss"], loss < least else { return }
    least = loss
    try classifier.save(to: output)
  }
}
