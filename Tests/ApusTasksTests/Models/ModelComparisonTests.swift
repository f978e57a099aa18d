import ApusData
import Testing

@testable import ApusTasks

@Suite struct ModelComparisonTests {
  /// Numbers that are all 0, and what a model says of each.
  private func evaluator(_ predictions: [Float], skipping: Int? = nil) throws -> any Evaluator {
    let examples = try Examples(
      modality: "table", title: "drawn", names: predictions.map { "\($0)" },
      inputs: [Column("x", .numbers(predictions.map { _ in 1 }))],
      targets: [Column("y", .numbers(predictions.map { _ in 0 }))])
    var result = try Regression(["y"]).evaluator(for: examples)
    for (row, value) in predictions.enumerated() where row != skipping {
      try result.add(row: row, output: [value])
    }
    return result
  }

  @Test func aModelThatIsBetterEverywhereIsNamed() throws {
    let worse = try evaluator((0..<40).map { 0.5 + Float($0 % 3) / 10 })
    let better = try evaluator((0..<40).map { 0.1 + Float($0 % 5) / 100 }, skipping: 7)
    let found = try ModelComparison(worse, better)
    #expect(found.count == 39 && found.wins == (0, 39, 0))
    #expect(found.difference > 0.1 && found.interval.lower > 0)
    #expect(abs(found.signTest - 2 / 549_755_813_888) < 1e-20)
    #expect(found.verdict(["a", "b"]) == "b is better, by more than chance explains.")
  }

  @Test func equalModelsAreNotTold() throws {
    let one = try evaluator((0..<40).map { Float($0 % 2) / 10 })
    let other = try evaluator((0..<40).map { Float(($0 + 1) % 2) / 10 })
    let found = try ModelComparison(one, other)
    #expect(abs(found.difference) < 1e-12 && found.signTest == 1)
    #expect(found.verdict(["a", "b"]).hasPrefix("No difference beyond chance on 40 examples"))
    #expect(throws: DataError.self) { try ModelComparison(evaluator([1]), evaluator([2])) }
  }

  /// scipy's binomtest(k, n).pvalue.
  @Test func theSignTestIsExact() {
    #expect(abs(ModelComparison.signTest(3, 9) - 0.145996_09375) < 1e-12)
    #expect(abs(ModelComparison.signTest(0, 0) - 1) < 1e-12)
    #expect(abs(ModelComparison.signTest(480, 520) - 0.217_448_293_2) < 1e-9)
  }
}
