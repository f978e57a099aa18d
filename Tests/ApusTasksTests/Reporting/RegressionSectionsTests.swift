import ApusReport
import ApusTrain
import Foundation
import Testing

@testable import ApusTasks

@Suite struct RegressionSectionsTests {
  private func made(
    _ names: [String], _ truths: [[Double]], _ predictions: [[Double]], means: [Double], stds: [Double]
  ) throws -> (sections: [Report.Section], evaluator: RegressionEvaluator) {
    let target = try Regression(names, means: means, stds: stds)
    let examples = try Examples.reported(
      truths.count, names.indices.map { place in Column(names[place], .numbers(truths.map { $0[place] })) })
    let outputs = predictions.map { row in row.indices.map { Float((row[$0] - means[$0]) / stds[$0]) } }
    let evaluator = try target.filled(examples, outputs)
    return (
      try target.sections(evaluator, ReportContext(examples: examples, model: SilentModel(target))),
      try #require(evaluator as? RegressionEvaluator)
    )
  }

  @Test func errorsAndHardestExamples() throws {
    let (sections, _) = try made(
      ["age"], [[10], [20], [30], [40]], [[12], [20], [25], [40]], means: [20], stds: [10])
    let row = try #require(sections["errors"]?.tables.first?.rows.first)
    // |errors| 2, 0, 5, 0; baseline 20: 10, 0, 10, 20; squares 4 + 25; around the mean 25: 500.
    #expect(row.map(\.text) == ["age", "1.75", "10", "2.693", "0.942"])
    let items = try #require(sections["hardest"]?.galleries.first?.items)
    #expect(items.map(\.title) == ["25", "12", "20", "40"])
    #expect(items[0].caption == "true: 30 · set/2.jpg")
    #expect(items.allSatisfy { $0.mark == nil })
  }

  @Test func severalNumbersAreNamed() throws {
    let (sections, evaluator) = try made(
      ["age", "<b>height</b>"], [[10, 1.5], [20, 1.75]], [[12, 1.5], [20, 1.25]], means: [15, 1.6],
      stds: [10, 0.1])
    let items = try #require(sections["hardest"]?.galleries.first?.items)
    #expect(items.map(\.title) == ["age 20, <b>height</b> 1.25", "age 12, <b>height</b> 1.5"])
    #expect(!sections.page.contains("<b>height"))
    let evaluation = try evaluator.evaluation()
    #expect(Set(evaluation.metrics.keys) == ["r2"])
    let text = evaluation.text(target: evaluator.target)
    #expect(text.contains("target"))
    #expect(text.contains("baseline's mean absolute error"))
  }

  @Test func intervalsHoldTheScores() throws {
    let truths = (0..<100).map { [Double($0)] }
    let predictions = (0..<100).map { [Double($0) + Double($0 * 37 % 21) - 10] }
    let evaluation = try made(["y"], truths, predictions, means: [50], stds: [29]).evaluator.evaluation()
    for key in ["r2", "mean_absolute_error", "root_mean_squared_error"] {
      let score = try #require(evaluation.metrics[key])
      let ends = try #require(score.interval)
      #expect(ends[0] < score.value && score.value < ends[1])
    }
    let error = try #require(evaluation.metrics["mean_absolute_error"])
    // The standard error of the mean of 100 errors of 5.2 ± 3: ± 0.6.
    #expect((error.interval?[1] ?? 0) - (error.interval?[0] ?? 0) > 0.8)
    #expect((error.interval?[1] ?? 9) - (error.interval?[0] ?? 0) < 1.6)
  }

  @Test func constantTruthsShowNoNumberThatIsNone() throws {
    for truths in [[[5.0], [5.0]], [[5.0]]] {
      let (sections, evaluator) = try made(["y"], truths, truths.map { _ in [7] }, means: [5], stds: [1])
      #expect(!sections.page.showsNoNumber)
      let evaluation = try evaluator.evaluation()
      #expect(evaluation.metrics["r2"]?.value.isNaN == true)
      #expect(!evaluation.text(target: evaluator.target).showsNoNumber)
      #expect(evaluation.text(target: evaluator.target).hasPrefix("R² – on \(truths.count) example"))
    }
  }

  @Test func digitsFollowTheScale() throws {
    func text(_ value: Double, std: Double) throws -> String {
      try Regression(["y"], means: [0], stds: [std]).text(value, 0)
    }
    #expect(try text(312_345.678, std: 50_000) == "312346")
    #expect(try text(31.4159, std: 10) == "31.42")
    #expect(try text(31.4, std: 1) == "31.4")
    #expect(try text(30, std: 1) == "30")
    #expect(try text(0.012345, std: 0.01) == "0.01235")
    #expect(try text(-0.0000001, std: 1) == "0")
    #expect(try text(1.5e-9, std: 1e-9) == "1.5e-09")
    #expect(try text(1e20, std: 1) == "1e+20")
    #expect(try text(.nan, std: 1) == "–")
  }
}
