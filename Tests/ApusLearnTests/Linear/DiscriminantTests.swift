import ApusData
import ApusFixtures
import Foundation
import Testing

@testable import ApusLearn

@Suite struct DiscriminantTests {
  private let data: LinearFixture

  init() throws { data = try LinearFixture() }

  /// What differs between the logarithms of the first rows' probabilities and scikit-learn's.
  private func difference(_ method: some SynchronousEstimator, _ labels: Labels, from name: String) throws
    -> String?
  {
    let model = try data.fit(method, data.features, labels)
    let again = try Catalog.open(model.archive())
    let rows = try FeatureMatrix(rows: Array(data.features[..<10]))
    let logarithms = try again.probabilities(rows).map { log($0) }
    return ApusFixtures.difference(
      logarithms, from: try #require(data[name].logarithms).flatMap { $0 }, relative: 1e-9, absolute: 1e-9)
  }

  @Test func probabilitiesAreThoseOfScikitLearn() throws {
    let (two, three) = (Labels.classes(data.two, count: 2), Labels.classes(data.three, count: 3))
    #expect(try difference(LinearDiscriminant(), three, from: "lda") == nil)
    #expect(try difference(LinearDiscriminant(), two, from: "lda two") == nil)
    #expect(try difference(LinearDiscriminant(shrinkage: 0.3), three, from: "lda shrunk") == nil)
    #expect(try difference(QuadraticDiscriminant(), three, from: "qda") == nil)
    #expect(try difference(QuadraticDiscriminant(regularization: 0.2), three, from: "qda regularized") == nil)
  }

  @Test func dependentColumnsAndMissingClasses() throws {
    let twice = data.features.map { $0 + $0 }
    let labels = Labels.classes(data.three, count: 5)
    let plain = try data.fit(LinearDiscriminant(), data.features, labels)
    let model = try data.fit(LinearDiscriminant(), twice, labels)
    let expected = try plain.probabilities(FeatureMatrix(rows: data.features))
    let probabilities = try model.probabilities(FeatureMatrix(rows: twice))
    #expect(ApusFixtures.difference(probabilities, from: expected, relative: 1e-8, absolute: 1e-8) == nil)
    #expect(probabilities[3] < 1e-100 && probabilities[4] < 1e-100)
    #expect(throws: DataError.self) { try data.fit(QuadraticDiscriminant(), twice, labels) }
    let regularized = try data.fit(QuadraticDiscriminant(regularization: 0.1), twice, labels)
    #expect(try regularized.outputs(FeatureMatrix(rows: twice)).areFinite)
  }

  @Test func badInputIsRefused() throws {
    #expect(throws: DataError.self) {
      try data.fit(LinearDiscriminant(), data.features, .numbers(data.numbers))
    }
    #expect(throws: DataError.self) {
      try data.fit(LinearDiscriminant(), [[1], [2]], .classes([0, 1], count: 2))
    }
    #expect(throws: DataError.self) {
      try data.fit(LinearDiscriminant(shrinkage: 2), data.features, .classes(data.two, count: 2))
    }
  }
}
