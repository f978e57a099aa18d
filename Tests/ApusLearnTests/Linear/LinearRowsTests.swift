import ApusData
import ApusKernels
import Testing

@testable import ApusLearn

@Suite struct LinearRowsTests {
  private func rows(_ count: Int, _ columns: Int) throws -> LinearRows {
    var generator = PhiloxGenerator(seed: 9)
    let values = (0..<count * columns).map { _ in Float.random(in: -1...1, using: &generator) }
    let features = try FeatureMatrix(values, columns: (0..<columns).map { .init("x\($0)") })
    return LinearRows(features, shift: Array(repeating: 0.25, count: columns))
  }

  @Test func sumsDoNotDependOnTheNumberOfThreads() throws {
    let before = apus_thread_count()
    defer { apus_set_thread_count(before) }
    // Narrow rows have sums for each part, wide ones share the tiles.
    for (count, columns) in [(3000, 7), (300, 530)] {
      let rows = try rows(count, columns)
      let targets = (0..<count).map { Double($0 % 2) }
      let place = (0...columns).map { Double($0 % 5) / 100 }
      var results: [[Double]] = []
      for threads in [1, 2, 3] {
        apus_set_thread_count(Int32(threads))
        let loss = try rows.loss(Int(APUS_LOGISTIC), targets: targets, weights: nil, at: place, second: true)
        let gram = try rows.gram(last: targets, weights: nil)
        results.append(loss.gradient + loss.second + gram + (try rows.sums(weights: nil, power: 2)))
      }
      #expect(results[0] == results[1] && results[0] == results[2])
    }
  }

  @Test func productsAreThoseOfPlainLoops() throws {
    for (count, columns) in [(300, 5), (40, 530)] {
      let rows = try rows(count, columns)
      let weights = (0..<count).map { 1 + Double($0 % 3) }
      let gram = try rows.gram(last: nil, weights: weights)
      let size = columns + 1
      for (i, j) in [(0, 0), (1, 3), (4, 2), (columns - 1, 2), (columns, 1), (columns, columns)] {
        var sum = 0.0
        for row in 0..<count {
          func value(_ column: Int) -> Double {
            column == columns ? 1 : Double(rows.features[row, column]) - 0.25
          }
          sum += weights[row] * value(i) * value(j)
        }
        #expect(abs(gram[i * size + j] - sum) < 1e-9)
      }
    }
  }
}
