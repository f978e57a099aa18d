import ApusGraph

/// A network for labels or numbers as it was at a moment of training, to go back to if what follows is no better.
struct KeptPredictor {
  /// What it says of the photos that decide.
  let answers: TargetAnswers
  private let state: [String: Literal]

  /// Keeps a network's weights and thresholds.
  init(_ predictor: TargetPredictor, answers: TargetAnswers) throws {
    self.answers = answers
    state = try predictor.model.namedLiterals()
  }

  /// The loss by which networks are compared.
  var loss: Double { answers.loss ?? .infinity }

  /// Gives a predictor of the same network what was kept.
  func restore(to predictor: inout TargetPredictor) throws {
    try predictor.model.load(named: state)
    predictor.thresholds = answers.thresholds
  }
}

extension TargetPredictor {
  /// Whether the other one is of the same network for the same pictures and columns.
  func fits(_ other: TargetPredictor) -> Bool {
    model.architecture.name == other.model.architecture.name && names == other.names
      && columns == other.columns && scaling == other.scaling && loading == other.loading
      && views == other.views
  }

  /// Takes the thresholds with the best F1 on photos whose labels are known; ½ where a label holds for none of them.
  mutating func chooseThresholds(by answers: inout TargetAnswers) {
    guard let report = answers.labelReport else { return }
    thresholds = report.bestThresholds.map { $0 > 0 ? $0 : 0.5 }
    answers.thresholds = thresholds
  }
}
