import ApusData
import Testing

@testable import ApusLearn

@Suite struct GeneralizedLinearTests {
  private let data: LinearFixture

  init() throws { data = try LinearFixture() }

  @Test func coefficientsAreThoseOfScikitLearn() throws {
    let plain = try data.linear(GeneralizedLinear(), data.features, .numbers(data.counts))
    #expect(try data.difference(plain, from: "poisson") == nil)
    let weighted = try data.linear(
      GeneralizedLinear(alpha: 0.01), data.features, .numbers(data.counts), weights: data.weights)
    #expect(try data.difference(weighted, from: "poisson weighted") == nil)
    let gamma = try data.linear(GeneralizedLinear(.gamma, alpha: 0.1), data.features, .numbers(data.amounts))
    #expect(try data.difference(gamma, from: "gamma") == nil)
    let features = try FeatureMatrix(rows: data.features)
    let predictions = try gamma.outputs(features)
    #expect(predictions.allSatisfy { $0 > 0 })
    #expect(try Catalog.open(gamma.archive()).outputs(features) == predictions)
  }

  @Test func badNumbersAreRefused() throws {
    #expect(throws: DataError.self) { try data.fit(GeneralizedLinear(), [[1], [2]], .numbers([1, -1])) }
    #expect(throws: DataError.self) {
      try data.fit(GeneralizedLinear(.gamma), [[1], [2]], .numbers([1, 0]))
    }
    #expect(throws: DataError.self) {
      try data.fit(GeneralizedLinear(), [[1], [2]], .classes([0, 1], count: 2))
    }
    let zeros = try data.linear(GeneralizedLinear(), [[1], [2]], .numbers([0, 0]))
    #expect(zeros.coefficients[0].isFinite)
  }
}
