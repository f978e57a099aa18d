import ApusData
import ApusGraph

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

  /// The loss as training from nothing measures it, with smoothed labels, after each epoch.
  /// - Parameter classifier: One of the same network, which is as it was afterwards.
  func loss(
    _ settings: ScratchTraining, on validation: any Dataset, with classifier: PhotoClassifier
  ) throws -> Double {
    let before = try classifier.model.namedLiterals()
    try classifier.model.load(named: state)
    let logs = try classifier.model.pictureLearner(loss: settings.loss).evaluate(
      validation, batchSize: settings.batchSize)
    try classifier.model.load(named: before)
    return logs["loss"] ?? .infinity
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
