import ApusData
import ApusTrain
import Foundation
import Testing

@Suite struct DataCurveTests {
  @Test func powerLawIsFound() throws {
    let points = [100, 200, 400, 800].map { count in
      DataCurve.Point(count: count, errors: [2 * pow(Double(count), -0.5)])
    }
    let curve = try #require(DataCurve(points: points.reversed(), testCount: 100_000))
    #expect(abs(curve.exponent - 0.5) < 1e-9)
    #expect(abs(curve.factor - 2) < 1e-8)
    #expect(abs(curve.error(at: 1600) - 0.05) < 1e-9)
    let forecast = curve.forecast(at: 1600)
    #expect(forecast.interval.lower <= 0.05 && 0.05 <= forecast.interval.upper)
    #expect(forecast.interval.upper - forecast.interval.lower < 0.01)
    // The error falls by the factor of √2 with every doubling.
    #expect(curve.verdict == .clearly || curve.verdict == .probably)
    // Few test samples tell little.
    let vague = try #require(DataCurve(points: points, testCount: 50)).forecast(at: 1600)
    #expect(vague.interval.upper - vague.interval.lower > 0.02)
  }

  @Test func levelCurvesPromiseNothing() throws {
    let points = [50, 100, 200].map { DataCurve.Point(count: $0, errors: [0.1, 0.102, 0.098]) }
    let curve = try #require(DataCurve(points: points, testCount: 500))
    #expect(curve.verdict == .hardly)
    let perfect = try #require(
      DataCurve(points: [50, 100].map { .init(count: $0, errors: [0]) }, testCount: 500))
    #expect(perfect.verdict == .hardly)
    #expect(perfect.error(at: 200) < 0.0011)
    let worse = [50, 100].map { DataCurve.Point(count: $0, errors: [Double($0) / 1000]) }
    #expect(try #require(DataCurve(points: worse, testCount: 500)).exponent == 0)
    #expect(DataCurve(points: [.init(count: 5, errors: [0.1])], testCount: 5) == nil)
  }

  /// Two classes whose features differ a little in each of many places: more samples help.
  @Test func headsLearnFromParts() throws {
    func samples(_ count: Int, seed: UInt64) -> (rows: [[Float]], labels: [Int]) {
      var generator = PhiloxGenerator(seed: seed)
      var rows: [[Float]] = [], labels: [Int] = []
      for index in 0..<count {
        labels.append(index % 2)
        rows.append(
          (0..<24).map { _ in
            let noise = (0..<4).reduce(Float(-2)) { sum, _ in sum + generator.uniform() }
            return noise * 2 + (index % 2 == 0 ? 0.35 : -0.35)
          } + [1])
      }
      return (rows, labels)
    }
    let (training, test) = (samples(200, seed: 1), samples(300, seed: 2))
    func curve() throws -> DataCurve? {
      try DataCurve.measured(
        features: training.rows, labels: training.labels, testFeatures: test.rows, testLabels: test.labels,
        classCount: 2, shares: [0.1, 0.3, 1], tries: 3, seed: 5)
    }
    let found = try #require(try curve())
    #expect(found.points.map(\.count) == [20, 60, 200])
    #expect(found.points.map(\.errors.count) == [3, 3, 1])
    #expect(found.points[2].error < found.points[0].error)
    #expect(found.points[2].error < 0.2 && found.exponent > 0.1)
    #expect(try curve() == found)
    #expect(
      try DataCurve.measured(
        features: [[1], [2]], labels: [0, 1], testFeatures: [[1]], testLabels: [0], classCount: 2) == nil)
    #expect(throws: TrainingError.self) {
      try DataCurve.measured(
        features: [[1], [2]], labels: [0, 2], testFeatures: [[1]], testLabels: [0], classCount: 2)
    }
  }
}
