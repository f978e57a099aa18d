import ApusData
import ApusKernels
import Foundation
import Testing

@testable import ApusLearn

@Suite(.serialized) struct KNeighborsTests {
  private func model(_ method: KNeighbors, _ labels: Labels) throws -> any FittedEstimator {
    let features = try NearFixture.read().features
    return try method.fit(
      Fold(allOf: features.rowCount).trainingRows(of: LabeledRows(features, labels)), FitContext())
  }

  @Test func neighborsAreThoseOfScikitLearn() throws {
    let fixture = try NearFixture.read()
    let found = try NeighborSearch(fixture.features).nearest(fixture.others, count: 7)
    #expect(found.rows == fixture.neighbors)
    for (own, expected) in zip(found.distances, fixture.distances) { #expect(abs(own - expected) < 1e-6) }
  }

  @Test func threadsAndTilesChangeNothing() throws {
    var random = PhiloxGenerator(seed: 1)
    let rows = try FeatureMatrix(
      (0..<1100 * 3).map { _ in random.uniform() }, columns: [.init("a"), .init("b"), .init("c")])
    let search = try NeighborSearch(rows)
    let threads = apus_thread_count()
    defer { apus_set_thread_count(threads) }
    apus_set_thread_count(1)
    let alone = try search.nearest(rows, count: 9)
    apus_set_thread_count(3)
    let together = try search.nearest(rows, count: 9)
    #expect(alone.rows == together.rows && alone.distances == together.distances)
    // Every row is its own nearest one; the others come by all distances.
    for row in stride(from: 0, to: 1100, by: 97) {
      let all = (0..<1100).map { other in
        (
          (0..<3).reduce(0.0) { $0 + pow(Double(rows[row, $1]) - Double(rows[other, $1]), 2) }.squareRoot(),
          Int32(other)
        )
      }.sorted { $0 < $1 }
      #expect(Array(alone.rows[row * 9..<row * 9 + 9]) == all.prefix(9).map(\.1))
    }
  }

  @Test func sharesAndMeansAreThoseOfScikitLearn() throws {
    let fixture = try NearFixture.read()
    let classes = try model(KNeighbors(), .classes(fixture.labels, count: 3))
    let own = try classes.probabilities(fixture.others)
    for (share, expected) in zip(own, fixture.shares) { #expect(abs(share - expected) < 1e-12) }
    let numbers = try model(KNeighbors(weighting: .distance), .numbers(fixture.numbers))
    for (value, expected) in zip(try numbers.outputs(fixture.others), fixture.weighted) {
      #expect(abs(value - expected) < 1e-6)
    }
    for model in [classes, numbers] {
      #expect(try Catalog.open(model.archive()).outputs(fixture.others) == model.outputs(fixture.others))
    }
  }

  @Test func badInputIsRefused() throws {
    let fixture = try NearFixture.read()
    #expect(throws: DataError.self) { try model(KNeighbors(neighbors: 0), .numbers(fixture.numbers)) }
    #expect(throws: DataError.self) { try NeighborSearch(FeatureMatrix(rows: [[.nan]])) }
    #expect(throws: DataError.self) {
      try NeighborSearch(fixture.features).nearest(fixture.others, count: 161)
    }
    let weighted = try LabeledRows(
      fixture.features, .numbers(fixture.numbers), weights: fixture.numbers.map { _ in 2 })
    #expect(throws: DataError.self) {
      try KNeighbors().fit(Fold(allOf: 160).trainingRows(of: weighted), FitContext())
    }
    // Fewer rows than neighbors: all of them answer.
    let few = try LabeledRows(fixture.features.subset([0, 1]), .numbers([1, 3]))
    let both = try KNeighbors().fit(Fold(allOf: 2).trainingRows(of: few), FitContext())
    #expect(try both.outputs(fixture.others.subset([0])) == [2])
  }
}
