import Testing

@testable import ApusTasks

@Suite struct RankingAreaTests {
  private static let scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.9, 0.2, 0.6, 0.6, 0.7]
  private static let truth = [0, 0, 1, 1, 1, 1, 0, 0, 1, 0]

  @Test func areaAndIntervalAreThoseOfAllPairs() throws {
    let area = try #require(RankingArea(scores: Self.scores, isPositive: Self.truth.map { $0 == 1 }))
    // scikit-learn's roc_auc_score; DeLong's deviation from the matrix of all 25 pairs.
    #expect(abs(area.value - 0.72) < 1e-12)
    let interval = try #require(area.interval)
    #expect(interval.upper == 1)
    #expect(abs(interval.lower - (0.72 - 1.959964 * 0.175499288)) < 1e-6)
  }

  @Test func theOrderOfExamplesDoesNotMatterAndReversedScoresMirrorIt() throws {
    let mirrored = try #require(
      RankingArea(
        scores: Self.scores.map { -$0 }.reversed(), isPositive: Self.truth.reversed().map { $0 == 1 }))
    #expect(abs(mirrored.value - 0.28) < 1e-12)
  }

  @Test func oneClassHasNoArea() {
    #expect(RankingArea(scores: [1, 2], isPositive: [true, true]) == nil)
    #expect(RankingArea(scores: [1, 2], isPositive: [false, true])?.interval == nil)
    #expect(RankingArea(scores: [1, .nan], isPositive: [false, true]) == nil)
  }
}
