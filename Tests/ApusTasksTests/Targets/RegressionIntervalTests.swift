import ApusData
import ApusTrain
import Testing

@testable import ApusTasks

@Suite struct RegressionIntervalTests {
  /// A model whose errors are uniform within ±1, measured on some rows.
  private func evaluator(_ count: Int, seed: UInt64, target: Regression) throws -> any Evaluator {
    var random = PhiloxGenerator(seed: seed)
    let truths = (0..<count).map { Double($0) }
    let examples = try Examples(
      modality: "table", title: "drawn", names: truths.map { "\($0)" },
      inputs: [Column("x", .numbers(truths))],
      targets: [Column("y", .numbers(truths))])
    var result = target.evaluator(for: examples)
    for row in 0..<count { try result.add(row: row, output: [Float(truths[row]) + random.uniform() * 2 - 1]) }
    return result
  }

  @Test func nineOfTenNewExamplesAreWithinTheInterval() throws {
    var covered = 0.0
    for seed in 0..<20 {
      var target = try Regression(["y"])
      try target.calibrate(evaluator(200, seed: UInt64(seed), target: target))
      let test = try evaluator(500, seed: UInt64(100 + seed), target: target).evaluation()
      covered += try #require(test.metrics["interval_coverage"]?.value) / 20
    }
    #expect(abs(covered - 0.9) < 0.015, "\(covered)")
  }

  @Test func tooFewExamplesGiveNoInterval() throws {
    var target = try Regression(["y"])
    try target.calibrate(evaluator(8, seed: 1, target: target))
    #expect(target.marginOf90 == nil)
    try target.calibrate(evaluator(9, seed: 1, target: target))
    #expect(target.marginOf90 != nil)
  }

  @Test func intervalsAreSaidEverywhere() throws {
    var target = try Regression(["y"])
    #expect(PredictionCSV(target: target).header("row") == "row,prediction")
    try target.calibrate(evaluator(50, seed: 1, target: target))
    let margin = try #require(target.marginOf90?.first)
    #expect(PredictionCSV(target: target).header("row") == "row,prediction,lower 90 %,upper 90 %")
    let prediction = Prediction.numbers([10])
    let ends =
      prediction.json(target: target)["intervals_90"]?["y"]?.arrayValue?.compactMap(\.doubleValue) ?? []
    #expect(ends.count == 2 && abs(ends[0] - 10 + margin) < 1e-5 && abs(ends[1] - 10 - margin) < 1e-5)
    #expect(PredictionCSV(target: target).line("a", prediction).split(separator: ",").count == 4)
    let text = prediction.text(target: target)
    #expect(text.count == 1 && text[0].contains(" – "))
  }
}
