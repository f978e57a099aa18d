import ApusData
import Testing

@testable import ApusLearn

@Suite struct ShapleySamplingTests {
  /// 3 a − 2 b + a c: additive but for one interaction.
  private func output(_ features: FeatureMatrix) -> [Double] {
    (0..<features.rowCount).map { row in
      let (a, b, c) = (Double(features[row, 0]), Double(features[row, 1]), Double(features[row, 2]))
      return 3 * a - 2 * b + a * c
    }
  }

  @Test func contributionsOfAKnownFunctionAreExact() throws {
    let background = try FeatureMatrix(rows: [[0, 0, 0]])
    let sampling = try ShapleySampling(background: background, orders: 2)
    let found = try sampling.contributions(FeatureMatrix(rows: [[2, 1, 4]]), output: output)
    // The interaction of 8 is shared by halves: a pair of an order and its reverse sees both sides.
    #expect(found.columns == [6 + 4, -2, 4])
    #expect(found.base == 0)
  }

  @Test func contributionsSumUpToTheDifference() throws {
    let background = try FeatureMatrix(rows: [[1, 2, 3], [0, -1, 5], [2, 2, 2]])
    let row = try FeatureMatrix(rows: [[2, 1, 4]])
    let found = try ShapleySampling(background: background, orders: 33).contributions(
      row, seed: 3, output: output)
    #expect(abs(found.columns.reduce(found.base, +) - output(row)[0]) < 1e-9)
    let again = try ShapleySampling(background: background, orders: 33).contributions(
      row, seed: 3, output: output)
    #expect(found.columns == again.columns)
  }

  @Test func badRowsAreRefused() throws {
    let background = try FeatureMatrix(rows: [[0, 0, 0]])
    #expect(throws: DataError.self) { try ShapleySampling(background: background, orders: 1) }
    let sampling = try ShapleySampling(background: background)
    #expect(throws: DataError.self) {
      try sampling.contributions(FeatureMatrix(rows: [[1, 2]]), output: output)
    }
    #expect(throws: DataError.self) {
      try sampling.contributions(FeatureMatrix(rows: [[1, 2, 3], [1, 2, 3]]), output: output)
    }
  }
}
