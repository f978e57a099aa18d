import ApusData
import Foundation
import Testing

@testable import ApusLearn

@Suite struct EnsembleSelectionTests {
  /// A truth, and models that err independently of one another.
  private static func models(_ count: Int, rows: Int) -> (truth: [Double], outputs: [[Double]]) {
    var random = PhiloxGenerator(seed: 5)
    let truth = (0..<rows).map { _ in Double(random.uniform()) * 10 }
    return (truth, (0..<count).map { _ in truth.map { $0 + Double(random.uniform()) * 2 - 1 } })
  }

  @Test func equalModelsWithOwnErrorsShareTheWeight() throws {
    let (truth, outputs) = Self.models(4, rows: 2000)
    let found = try EnsembleSelection(outputs: outputs, labels: .numbers(truth))
    let single = zip(truth, outputs[0]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / 2000
    #expect(found.weights.allSatisfy { abs($0 - 0.25) < 0.06 })
    #expect(found.loss < single / 3)
    #expect(abs(found.weights.reduce(0, +) - 1) < 1e-12)
  }

  @Test func aModelThatKnowsEverythingGetsAllTheWeight() throws {
    let (truth, outputs) = Self.models(3, rows: 200)
    let found = try EnsembleSelection(outputs: outputs + [truth], labels: .numbers(truth))
    #expect(found.weights == [0, 0, 0, 1])
    #expect(found.outputs == truth)
    #expect(found.loss == 0)
  }

  @Test func classesAreMixedByProbability() throws {
    let labels = Labels.classes([0, 1, 1, 0], count: 2)
    let sure: [Double] = [4, 0, 0, 4, 0, 4, 4, 0], unsure = [Double](repeating: 0, count: 8)
    let found = try EnsembleSelection(outputs: [unsure, sure], labels: labels)
    #expect(found.weights == [0, 1])
    #expect(abs(found.loss - log(1 + exp(-4))) < 1e-12)
  }

  @Test func anEnsembleOutlivesItsFile() throws {
    let features = try FeatureMatrix(rows: [[1], [2], [3], [4]])
    let fold = try Fold(allOf: 4)
    func dummy(_ labels: [Int32]) throws -> any FittedEstimator {
      try Dummy().fit(
        fold.trainingRows(of: LabeledRows(features, .classes(labels, count: 2))), FitContext())
    }
    let ensemble = try WeightedEnsemble(
      [dummy([0, 0, 0, 1]), dummy([0, 1, 1, 1]), dummy([1, 1, 1, 1])], weights: [1, 3, 0])
    #expect(ensemble.models.count == 2)
    let expected = 0.25 * 0.25 + 0.75 * 0.75
    #expect(abs(try ensemble.probabilities(features)[1] - expected) < 1e-12)
    let again = try Catalog.open(ensemble.archive())
    #expect(try again.outputs(features) == ensemble.outputs(features))
    #expect(throws: DataError.self) { try WeightedEnsemble([dummy([0, 0, 0, 1])], weights: [-1]) }
    #expect(throws: DataError.self) { try WeightedEnsemble([], weights: []) }
  }
}
