import ApusFixtures
import ApusTrain
import Testing

@Suite struct ConfidenceIntervalTests {
  @Test func wilsonEqualsSciPy() throws {
    let numbers = try Fixture("calibration")("wilson")("rows").doubles
    for row in stride(from: 0, to: numbers.count, by: 5) {
      let (hits, count) = (Int(numbers[row]), Int(numbers[row + 1]))
      // The level was rounded to single precision in the file.
      let level = (numbers[row + 2] * 100).rounded() / 100
      let interval = ConfidenceInterval.wilson(hits: hits, count: count, level: level)
      #expect(abs(interval.lower - numbers[row + 3]) < 1e-6)
      #expect(abs(interval.upper - numbers[row + 4]) < 1e-6)
    }
    #expect(ConfidenceInterval.wilson(hits: 0, count: 0) == ConfidenceInterval(lower: 0, upper: 1))
  }

  /// A share drawn again from its own samples is binomial, so the interval's ends are that distribution's.
  @Test func bootstrapOfAShareIsBinomial() throws {
    let numbers = try Fixture("calibration")("bootstrap")("quantiles").doubles
    for row in stride(from: 0, to: numbers.count, by: 4) {
      let (hits, count) = (Int(numbers[row]), Int(numbers[row + 1]))
      let interval = ConfidenceInterval.bootstrap(count: count, resamples: 2000, seed: 4) { indices in
        [Double(indices.count { $0 < hits }) / Double(count)]
      }[0]
      #expect(abs(interval.lower - numbers[row + 2]) <= 0.0101)
      #expect(abs(interval.upper - numbers[row + 3]) <= 0.0101)
    }
  }

  @Test func bootstrapDependsOnTheSeedAlone() {
    func interval(_ seed: UInt64) -> [ConfidenceInterval] {
      .init(
        ConfidenceInterval.bootstrap(count: 20, resamples: 50, seed: seed) {
          [Double($0.reduce(0, +)), .nan]
        })
    }
    #expect(interval(1)[0] == interval(1)[0])
    #expect(interval(1)[0] != interval(2)[0])
    #expect(interval(1)[1].lower.isNaN)
    #expect(ConfidenceInterval.bootstrap(count: 0) { _ in [1] }.isEmpty)
  }

  @Test func scoresOfClassesLieInTheirIntervals() throws {
    let truths = (0..<60).map { $0 % 3 }
    let predictions = truths.enumerated().map { $0.offset % 7 == 0 ? ($0.element + 1) % 3 : $0.element }
    let report = try #require(
      ClassificationReport(truths: truths, predictions: predictions, classNames: ["a", "b", "c"]))
    let f1 = report.f1Intervals(resamples: 300)
    for label in 0..<3 {
      #expect(report.precisionInterval(label).lower < report.precision(label))
      #expect(report.precisionInterval(label).upper > report.precision(label))
      #expect(report.recallInterval(label).lower < report.recall(label))
      #expect(f1[label].lower < report.f1(label) && report.f1(label) < f1[label].upper)
    }
    let wide = report.accuracyInterval(level: 0.99), narrow = report.accuracyInterval(level: 0.8)
    #expect(wide.lower < narrow.lower && narrow.upper < wide.upper)
  }
}
