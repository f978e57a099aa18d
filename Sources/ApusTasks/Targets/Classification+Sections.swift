import ApusGraph
import ApusReport
import ApusTrain

extension Classification {
  private static let pairCount = 4
  private static let examplesOfPair = 6
  private static let hardestCount = 12
  private static let typicalCount = 8

  /// `class`.
  public static var outputNoun: String { "class" }

  /// The confusion matrix with examples of the most frequent confusions, the hardest and the typical examples, the
  /// calibration, and the scores of each class.
  public func sections(_ evaluator: any Evaluator, _ context: ReportContext) throws -> [Report.Section] {
    guard let evaluator = evaluator as? ClassificationEvaluator, evaluator.count > 0 else { return [] }
    let report = try evaluator.report()
    let (losses, predictions) = (evaluator.losses, evaluator.predictions)
    return [
      try confusions(report, evaluator, losses, predictions, context),
      try hardest(evaluator, losses, predictions, context),
      try typical(evaluator, losses, predictions, context),
      try .calibration(
        before: calibration(evaluator, temperature: 1),
        after: calibration(evaluator, temperature: temperature),
        temperature: temperature, sample: context.noun),
      .classScores(report, sample: context.noun),
    ].compactMap { $0 }
  }

  /// What a classifier does with examples of none of its classes.
  public func limitations(_ noun: String) -> [String] {
    let classes = names.count <= 6 ? names : ["\(Format.grouped(names.count)) classes"]
    return [
      "The model distinguishes \(Format.list(classes)) and nothing else. Any other \(noun) is still assigned to one of "
        + "them, sometimes with high confidence."
    ]
  }

  private func calibration(_ evaluator: ClassificationEvaluator, temperature: Double) throws
    -> CalibrationReport
  {
    let probabilities = evaluator.probabilities(temperature: temperature).joined().map { Float($0) }
    return try CalibrationReport(
      probabilities: Literal(Array(probabilities), shape: [evaluator.count, names.count]),
      labels: evaluator.labels)
  }

  private func confusions(
    _ report: ClassificationReport, _ evaluator: ClassificationEvaluator, _ losses: [Double],
    _ predictions: [Int],
    _ context: ReportContext
  ) throws -> Report.Section {
    var blocks: [Report.Block] = []
    for confusion in report.confusions.prefix(Self.pairCount) {
      let members = losses.indices.filter {
        evaluator.labels[$0] == confusion.truth && predictions[$0] == confusion.prediction
      }.sorted { (losses[$1], $0) < (losses[$0], $1) }
      let items = members.prefix(Self.examplesOfPair).map { place in
        ReportedExample(
          row: evaluator.rows[place], prediction: words(predictions[place], place, evaluator), isRight: false)
      }
      let heading =
        "\(names[confusion.truth]) predicted as \(names[confusion.prediction]): \(Format.grouped(confusion.count))"
      blocks += try [.heading(heading)] + context.shown(items, "confused examples").blocks
    }
    return .confusionMatrix(report, sample: context.noun, blocks: blocks)
  }

  private func hardest(
    _ evaluator: ClassificationEvaluator, _ losses: [Double], _ predictions: [Int], _ context: ReportContext
  ) throws -> Report.Section? {
    let order = losses.indices.sorted { (losses[$1], $0) < (losses[$0], $1) }.prefix(Self.hardestCount)
    let shown = try context.shown(
      order.map { place in
        let (truth, prediction) = (evaluator.labels[place], predictions[place])
        return ReportedExample(
          row: evaluator.rows[place], prediction: words(prediction, place, evaluator), truth: names[truth],
          isRight: truth == prediction, explainedOutput: prediction)
      }, "hardest examples")
    guard !shown.blocks.isEmpty else { return nil }
    return Report.Section(
      id: "hardest", title: "Test \(context.noun)s with the highest loss",
      note: "The test \(context.noun)s whose true class got the lowest probability."
        + (shown.areExplained
          ? " Beside each, its explanation for the predicted class: bright regions speak for it." : "")
        + " Look for wrong labels and unusual \(context.noun)s: correcting those helps most.",
      blocks: shown.blocks)
  }

  private func typical(
    _ evaluator: ClassificationEvaluator, _ losses: [Double], _ predictions: [Int], _ context: ReportContext
  ) throws -> Report.Section? {
    // Of each class the example that is right with the median loss: a usual one, not the best.
    let usual = names.indices.lazy.compactMap { label -> Int? in
      let right = losses.indices.filter { evaluator.labels[$0] == label && predictions[$0] == label }
        .sorted { (losses[$0], $0) < (losses[$1], $1) }
      return right.isEmpty ? nil : right[right.count / 2]
    }
    let places = Array(usual.prefix(Self.typicalCount))
    let shown = try context.shown(
      places.map { place in
        ReportedExample(
          row: evaluator.rows[place], prediction: words(predictions[place], place, evaluator), isRight: true,
          explainedOutput: predictions[place])
      }, "typical examples")
    guard !shown.blocks.isEmpty else { return nil }
    return Report.Section(
      id: "typical", title: "Typical correct predictions",
      note: "Of \(names.count > Self.typicalCount ? "some classes" : "each class") the correctly predicted "
        + "\(context.noun) with the median loss."
        + (shown.areExplained
          ? " Beside it, its explanation: the bright regions should lie on the object. If they lie on the background, "
            + "the model may have learned a shortcut, such as the lawn that dogs stand on." : ""),
      blocks: shown.blocks)
  }

  /// A class with its probability for an example.
  private func words(_ label: Int, _ place: Int, _ evaluator: ClassificationEvaluator) -> String {
    let probabilities = softmax(evaluator.logits[place].map { $0 / temperature })
    return "\(names[label]) \(Format.percent(probabilities[label], digits: 0))"
  }
}
