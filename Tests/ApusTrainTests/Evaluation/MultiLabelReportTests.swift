import ApusFixtures
import ApusTrain
import Testing

@Suite struct MultiLabelReportTests {
  private func report(thresholds: [Double]? = nil) throws -> (MultiLabelReport, FixtureCase) {
    let test = try Fixture("segmentation")("labels")
    func rows<Element>(_ values: [Double], _ change: (Double) -> Element) -> [[Element]] {
      stride(from: 0, to: values.count, by: 4).map { values[$0..<$0 + 4].map(change) }
    }
    // Any scores that keep the order serve as probabilities, but for the threshold.
    let scores = try test("input0").doubles.map { ($0 / 100) + 0.5 }
    let report = MultiLabelReport(
      labelNames: ["a", "b", "c", "d"], truths: rows(try test("target").doubles) { $0 > 0 },
      probabilities: rows(scores) { $0 }, thresholds: thresholds)
    return (try #require(report), test)
  }

  @Test func scoresAreScikitLearns() throws {
    let (report, test) = try report()
    func isNear(_ value: Double, _ name: String) throws -> Bool {
      abs(value - (try test(name).doubles[0])) < 1e-6
    }
    #expect(try isNear(report.meanAveragePrecision, "mean_average_precision"))
    #expect(try isNear(report.macroF1, "f1_macro") && isNear(report.microF1, "f1_micro"))
    #expect(try isNear(report.hammingLoss, "hamming") && isNear(report.subsetAccuracy, "subset_accuracy"))
    let precisions = try test("average_precision").doubles
    #expect((0..<4).allSatisfy { abs(report.averagePrecision($0) - precisions[$0]) < 1e-6 })
  }

  @Test func bestThresholdsAreBest() throws {
    let (plain, _) = try report()
    let (chosen, _) = try report(thresholds: plain.bestThresholds)
    for label in 0..<4 {
      #expect(chosen.f1(label) >= plain.f1(label))
      // No other cut does better.
      for threshold in stride(from: 0.4, to: 0.6, by: 0.003) {
        var thresholds = plain.bestThresholds
        thresholds[label] = threshold
        #expect(try report(thresholds: thresholds).0.f1(label) <= chosen.f1(label) + 1e-12)
      }
    }
    #expect(chosen.macroF1 > plain.macroF1)
  }

  @Test func bestThresholdsCanBeReached() throws {
    // To find both samples, one would have to be said that is held impossible.
    let truths = [[true], [true], [false]], probabilities = [[0.0], [0.8], [0.0]]
    let report = try #require(
      MultiLabelReport(labelNames: ["a"], truths: truths, probabilities: probabilities))
    #expect(report.bestThresholds == [0.4])
    let chosen = try #require(
      MultiLabelReport(
        labelNames: ["a"], truths: truths, probabilities: probabilities, thresholds: report.bestThresholds))
    #expect(chosen.f1(0) == 2.0 / 3)
  }

  @Test func labelsThatNeverHoldAreLeftOut() throws {
    let report = try #require(
      MultiLabelReport(
        labelNames: ["a", "b"], truths: [[true, false], [false, false]],
        probabilities: [[0.9, 0.2], [0.9, 0.7]]))
    #expect(report.averagePrecision(0) == 0.5 && report.averagePrecision(1).isNaN)
    #expect(report.meanAveragePrecision == 0.5 && report.bestThresholds[1] == 0.5 && report.f1(1) == 0)
    #expect(MultiLabelReport(labelNames: ["a"], truths: [], probabilities: []) == nil)
    #expect(MultiLabelReport(labelNames: ["a"], truths: [[true, true]], probabilities: [[1, 1]]) == nil)
  }
}
