import ApusReport
import ApusTrain
import Foundation
import Testing

@testable import ApusTasks

@Suite struct MultiLabelSectionsTests {
  /// The logit of a probability.
  private func logit(_ probability: Double) -> Float { Float(log(probability / (1 - probability))) }

  private func made(
    _ names: [String], _ tags: [[String]], _ probabilities: [[Double]], thresholds: [Double]? = nil,
    explains: Bool = true
  ) throws -> (sections: [Report.Section], evaluator: MultiLabelEvaluator) {
    let target = try MultiLabel(names, thresholds: thresholds)
    let examples = try Examples.reported(tags.count, [Column("labels", .tags(tags))])
    let model: any Predictor = explains ? ExplainedModel(target) : SilentModel(target)
    let evaluator = try target.filled(examples, probabilities.map { $0.map(logit) })
    return (
      try target.sections(evaluator, ReportContext(examples: examples, model: model)),
      try #require(evaluator as? MultiLabelEvaluator)
    )
  }

  private func boats() throws -> (sections: [Report.Section], evaluator: MultiLabelEvaluator) {
    try made(
      ["boat", "car", "sun"], [["boat"], ["boat", "sun"], ["sun"], []],
      [[0.9, 0.2, 0.1], [0.3, 0.1, 0.8], [0.2, 0.6, 0.7], [0.1, 0.2, 0.1]], thresholds: [0.5, 0.5, 0.75])
  }

  @Test func scoresOfEachLabel() throws {
    let table = try #require(try boats().sections["labels"]?.tables.first)
    #expect(
      table.rows.map { $0.map(\.text) } == [
        ["boat", "100.0 %", "100.0 %", "50.0 %", "66.7 %", "0.50", "2"],
        ["car", "–", "0.0 %", "–", "0.0 %", "0.50", "0"],
        ["sun", "100.0 %", "100.0 %", "50.0 %", "66.7 %", "0.75", "2"],
      ])
  }

  @Test func hardestShowPredictedAndTrueLabels() throws {
    let section = try #require(try boats().sections["hardest"])
    let items = try #require(section.galleries.first?.items)
    // Sums of −ln: 2: 0.22 + 0.92 + 0.36; 1: 1.20 + 0.11 + 0.22; 0: 0.11 + 0.22 + 0.11; 3: 0.11 + 0.22 + 0.11.
    #expect(items.map(\.title) == ["sun 80 %", "car 60 %", "boat 90 %", "none"])
    #expect(items[0].caption == "true: boat, sun · set/1.jpg · output 0 lies in the middle")
    #expect(items[1].caption == "true: sun · set/2.jpg · output 1 lies in the middle")
    #expect(items[3].caption.hasPrefix("true: none"))
    #expect(items.map(\.mark) == [.wrong, .wrong, .right, .right])
  }

  @Test func rankingAgreesWithTheReportAlsoForTies() throws {
    let probabilities = [0.9, 0.9, 0.4, 0.4, 0.4, 0.2, 0.7, 0.1]
    let holds = [true, false, true, false, true, false, false, true]
    let ranking = LabelRanking(probabilities: probabilities, holds: holds)
    func reference(_ drawn: [Int]) throws -> Double {
      try #require(
        MultiLabelReport(
          labelNames: ["a"], truths: drawn.map { [holds[$0]] },
          probabilities: drawn.map { [probabilities[$0]] })
      )
      .averagePrecision(0)
    }
    #expect(
      abs(ranking.averagePrecision(weights: holds.map { _ in 1 }) - (try reference(Array(0..<8)))) < 1e-12)
    // A resample weighs each example by how often it was drawn.
    let drawn = [0, 0, 2, 3, 3, 3, 6, 7]
    var weights = [Double](repeating: 0, count: 8)
    for place in drawn { weights[place] += 1 }
    #expect(abs(ranking.averagePrecision(weights: weights) - (try reference(drawn))) < 1e-12)
    #expect(ranking.averagePrecision(weights: holds.map { $0 ? 0 : 1 }).isNaN)
  }

  @Test func evaluationHasAnInterval() throws {
    var tags: [[String]] = [], probabilities: [[Double]] = []
    for place in 0..<120 {
      tags.append((place % 3 == 0 ? ["a"] : []) + (place % 4 == 0 ? ["b"] : []))
      let noise = Double(place * 37 % 100) / 100
      probabilities.append([0.3 * (place % 3 == 0 ? 1 : 0) + 0.6 * noise + 0.05, 0.5 * noise + 0.2])
    }
    let score = try #require(
      try made(["a", "b"], tags, probabilities).evaluator.evaluation().metrics["mean_average_precision"])
    let ends = try #require(score.interval)
    #expect(ends[0] < score.value && score.value < ends[1] && ends[0] > 0 && ends[1] < 1)
    // Twice the same examples: the interval becomes narrower by √2, as far as 200 resamples tell.
    let twice = try made(["a", "b"], tags + tags, probabilities + probabilities).evaluator.evaluation()
    let narrow = try #require(twice.metrics["mean_average_precision"]?.interval)
    let ratio = (ends[1] - ends[0]) / (narrow[1] - narrow[0])
    #expect(ratio > 1.1 && ratio < 1.9)
  }

  @Test func labelsThatNeverHoldShowNoNumberThatIsNone() throws {
    let (sections, evaluator) = try made(["<i>a</i>", "b"], [[], []], [[0.9, 0.2], [0.2, 0.2]])
    #expect(!sections.page.showsNoNumber)
    #expect(!sections.page.contains("<i>a"))
    let score = try #require(try evaluator.evaluation().metrics["mean_average_precision"])
    #expect(score.value.isNaN && score.interval == nil)
    let text = try evaluator.evaluation().text(target: evaluator.target, of: "test image")
    #expect(text.hasPrefix("Mean average precision – on 2 test images\n"))
    #expect(!text.showsNoNumber)
  }
}
