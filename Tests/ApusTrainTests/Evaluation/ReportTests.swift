import Testing

@testable import ApusTrain

@Suite struct ReportTests {
  @Test func scoresOfClasses() throws {
    // 3 cats, of which 2 are found; 1 dog taken for a cat; no bird.
    let report = try #require(
      ClassificationReport(
        truths: [0, 0, 0, 1, 1], predictions: [0, 0, 1, 1, 0], classNames: ["cat", "dog", "bird"]))
    #expect(report.counts == [[2, 1, 0], [1, 1, 0], [0, 0, 0]])
    #expect(report.accuracy == 0.6)
    #expect(report.precision(0) == 2.0 / 3 && report.recall(0) == 2.0 / 3)
    #expect(report.precision(1) == 0.5 && report.recall(1) == 0.5 && report.f1(1) == 0.5)
    #expect(report.precision(2).isNaN && report.recall(2).isNaN && report.f1(2).isNaN)
    #expect(abs(report.macroF1 - (2.0 / 3 + 0.5) / 2) < 1e-12)
    #expect(
      report.confusions == [
        .init(truth: 0, prediction: 1, count: 1), .init(truth: 1, prediction: 0, count: 1),
      ])
  }

  @Test func labelsOutOfRangeAreRefused() {
    #expect(ClassificationReport(truths: [2], predictions: [0], classNames: ["a", "b"]) == nil)
    #expect(ClassificationReport(truths: [0], predictions: [-1], classNames: ["a", "b"]) == nil)
    #expect(ClassificationReport(truths: [0, 1], predictions: [0], classNames: ["a", "b"]) == nil)
  }

  @Test func scoresOfNumbers() throws {
    let report = try #require(
      RegressionReport(targetName: "x", truths: [1, 2, 6], predictions: [1, 3, 4], baseline: 2))
    #expect(report.meanAbsoluteError == 1)
    #expect(abs(report.rootMeanSquaredError - (5.0 / 3).squareRoot()) < 1e-12)
    #expect(abs(report.baselineMeanAbsoluteError - 5.0 / 3) < 1e-12)
    #expect(abs(report.rSquared - (1 - 5.0 / 14)) < 1e-12)
  }
}
