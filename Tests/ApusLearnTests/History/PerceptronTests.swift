import ApusData
import ApusFixtures
import Testing

@testable import ApusLearn

@Suite struct PerceptronTests {
  private func learn(_ labels: Labels, _ data: BayesFixture, weights: [Double]? = nil) throws
    -> FittedLinear<Perceptron>
  {
    let rows = try LabeledRows(FeatureMatrix(rows: data.counts), labels, weights: weights)
    let model = try Perceptron().fit(Fold(allOf: rows.count).trainingRows(of: rows), FitContext())
    return try #require(model as? FittedLinear<Perceptron>)
  }

  private func difference(_ model: FittedLinear<Perceptron>, _ expected: BayesFixture.Learned) -> String? {
    ApusFixtures.difference(
      model.coefficients + model.intercepts, from: expected.coefficients.flatMap { $0 } + expected.intercepts,
      relative: 1e-12, absolute: 1e-12)
  }

  @Test func itLearnsAsThatOfScikitLearn() throws {
    let data = try BayesFixture()
    let two = try learn(.classes(data.classes.map { min($0, 1) }, count: 2), data)
    #expect(difference(two, try #require(data.perceptrons["two"])) == nil)
    let three = try learn(.classes(data.classes, count: 3), data)
    #expect(difference(three, try #require(data.perceptrons["three"])) == nil)
    let weighted = try learn(.classes(data.classes, count: 3), data, weights: data.weights)
    #expect(difference(weighted, try #require(data.perceptrons["weighted"])) == nil)
  }

  @Test func badInputIsRefused() throws {
    let rows = try LabeledRows(FeatureMatrix(rows: [[1], [2]]), .numbers([1, 2]))
    #expect(throws: DataError.self) {
      try Perceptron().fit(Fold(allOf: 2).trainingRows(of: rows), FitContext())
    }
  }
}
