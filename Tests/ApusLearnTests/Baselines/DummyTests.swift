import Foundation
import Testing

@testable import ApusLearn

@Suite struct DummyTests {
  @Test func theMeanIsExactWithALargeOffset() throws {
    let features = try FeatureMatrix(rows: [[1], [2], [3], [4]])
    let rows = try LabeledRows(features, .numbers([1e15 + 1, 1e15 + 2, 1e15 + 3, 1e15 + 6]))
    let model = try Dummy().fit(Fold(allOf: 4).trainingRows(of: rows), FitContext())
    #expect(try model.outputs(features) == Array(repeating: 1e15 + 3, count: 4))
  }

  @Test func classesHaveTheirSharesAndSurviveSaving() throws {
    let features = try FeatureMatrix(rows: [[1], [2], [3], [4]])
    let rows = try LabeledRows(features, .classes([0, 1, 1, 1], count: 3), weights: [1, 1, 1, 1])
    let model = try Dummy().fit(Fold(allOf: 4).trainingRows(of: rows), FitContext())
    let probabilities = try model.probabilities(features.subset([0]))
    #expect(abs(probabilities[0] - 0.25) < 1e-12 && abs(probabilities[1] - 0.75) < 1e-12)
    #expect(probabilities[2] < 1e-15)
    let again = try Catalog.open(model.archive())
    #expect(try again.outputs(features) == model.outputs(features))
    #expect(try again.classes(features) == [1, 1, 1, 1])
  }
}
