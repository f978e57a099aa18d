import ApusReport
import ApusTrain
import Foundation

extension MultiLabel {
  private static let hardestCount = 12

  /// `label`.
  public static var outputNoun: String { "label" }

  /// The scores of each label with intervals, and the hardest examples.
  public func sections(_ evaluator: any Evaluator, _ context: ReportContext) throws -> [Report.Section] {
    guard let evaluator = evaluator as? MultiLabelEvaluator, evaluator.count > 0 else { return [] }
    return [
      .labelScores(try evaluator.report(), sample: context.noun), try hardest(evaluator, context),
    ].compactMap { $0 }
  }

  /// What the model does with examples of none of its labels.
  public func limitations(_ noun: String) -> [String] {
    let labels = names.count <= 6 ? names : ["\(Format.grouped(names.count)) labels"]
    return [
      "The model predicts \(Format.list(labels)) and nothing else. It may assign any of them to \(noun)s of something "
        + "else."
    ]
  }

  private func hardest(_ evaluator: MultiLabelEvaluator, _ context: ReportContext) throws -> Report.Section? {
    let losses = evaluator.losses
    let order = losses.indices.sorted { (losses[$1], $0) < (losses[$0], $1) }.prefix(Self.hardestCount)
    let shown = try context.shown(
      order.map { place in
        let (truth, probabilities) = (evaluator.truths[place], evaluator.probabilities[place])
        let predicted = zip(probabilities, thresholds).map { $0 > $1 }
        let found = names.indices.filter { predicted[$0] }
          .sorted { (probabilities[$1], $0) < (probabilities[$0], $1) }
        // The label that is most wrong.
        let worst = names.indices.max {
          distance($0, truth, probabilities) < distance($1, truth, probabilities)
        }
        return ReportedExample(
          row: evaluator.rows[place],
          prediction: Self.orNone(
            found.map { "\(names[$0]) \(Format.percent(probabilities[$0], digits: 0))" }),
          truth: Self.orNone(names.indices.filter { truth[$0] }.map { names[$0] }),
          isRight: predicted == truth,
          explainedOutput: worst)
      }, "hardest examples")
    guard !shown.blocks.isEmpty else { return nil }
    return Report.Section(
      id: "hardest", title: "Test \(context.noun)s with the highest loss",
      note:
        "The test \(context.noun)s whose true labels got the lowest probability: in bold, the predicted labels."
        + (shown.areExplained
          ? " Beside each, the explanation for the label that is furthest from the truth: bright regions speak for it."
          : "")
        + " Look for wrong or missing labels: correcting those helps most.",
      blocks: shown.blocks)
  }

  private func distance(_ label: Int, _ truth: [Bool], _ probabilities: [Double]) -> Double {
    abs((truth[label] ? 1 : 0) - probabilities[label])
  }

  private static func orNone(_ words: [String]) -> String {
    words.isEmpty ? "none" : words.joined(separator: ", ")
  }
}

extension MultiLabelEvaluator {
  /// Resamples for intervals: their ends move by less than they are wide.
  private static let resamples = 200

  /// The 95 % confidence interval of the mean average precision, by bootstrap.
  func meanAveragePrecisionInterval() -> ConfidenceInterval {
    let rankings = target.names.indices.map { label in
      LabelRanking(probabilities: probabilities.map { $0[label] }, holds: truths.map { $0[label] })
    }
    let intervals = ConfidenceInterval.bootstrap(count: count, resamples: Self.resamples) { drawn in
      var weights = [Double](repeating: 0, count: count)
      for place in drawn { weights[place] += 1 }
      let values = rankings.map { $0.averagePrecision(weights: weights) }.filter(\.isFinite)
      return [values.reduce(0, +) / Double(values.count)]
    }
    return intervals.first ?? ConfidenceInterval(lower: .nan, upper: .nan)
  }
}

/// Examples in the order of one label's probability, sorted once, so that each resample takes linear time.
struct LabelRanking {
  private let order: [Int]
  private let holds: [Bool]
  /// Whether the next example has a lower probability: equal ones count together.
  private let endsTie: [Bool]

  init(probabilities: [Double], holds: [Bool]) {
    let order = probabilities.indices.sorted { probabilities[$0] > probabilities[$1] }
    self.order = order
    self.holds = holds
    endsTie = order.indices.map { place in
      place + 1 == order.count || probabilities[order[place + 1]] < probabilities[order[place]]
    }
  }

  /// The area under precision over recall, each example counting as often as its weight says; NaN where the label holds
  /// for none.
  func averagePrecision(weights: [Double]) -> Double {
    let real = order.reduce(0.0) { $0 + (holds[$1] ? weights[$1] : 0) }
    guard real > 0 else { return .nan }
    var (area, predicted, hits, newHits) = (0.0, 0.0, 0.0, 0.0)
    for (place, example) in order.enumerated() {
      predicted += weights[example]
      if holds[example] {
        hits += weights[example]
        newHits += weights[example]
      }
      guard endsTie[place] else { continue }
      if newHits > 0 { area += newHits / real * hits / predicted }
      newHits = 0
    }
    return area
  }
}
