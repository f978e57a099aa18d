import ApusData
import Testing

@testable import ApusLearn

@Suite struct ElasticNetTests {
  private let data: LinearFixture

  init() throws { data = try LinearFixture() }

  private var numbers: Labels { .numbers(data.numbers) }

  @Test func coefficientsAreThoseOfScikitLearn() throws {
    let lasso = try data.linear(ElasticNet.lasso(alpha: 0.1), data.features, numbers)
    #expect(try data.difference(lasso, from: "lasso", within: 1e-8) == nil)
    let net = try data.linear(
      ElasticNet(alpha: 0.3, l1Ratio: 0.6), data.features, numbers, weights: data.weights)
    #expect(try data.difference(net, from: "elastic net", within: 1e-8) == nil)
  }

  @Test func crossValidationChoosesAsScikitLearn() throws {
    var lasso = ElasticNet.lasso(alpha: nil)
    lasso.shufflesFolds = false
    let chosen = try data.linear(lasso, data.features, numbers)
    #expect(abs(try #require(chosen.chosenAlpha) - #require(try data["lasso cv"].alpha)) < 1e-9)
    #expect(try data.difference(chosen, from: "lasso cv", within: 1e-8) == nil)
    let net = try data.linear(
      ElasticNet(alpha: nil, folds: 4, shufflesFolds: false), data.features, numbers)
    #expect(try data.difference(net, from: "elastic net cv", within: 1e-8) == nil)
  }

  @Test func aLargePenaltyLeavesTheMean() throws {
    let model = try data.linear(ElasticNet.lasso(alpha: 1e6), data.features, numbers)
    #expect(model.coefficients.allSatisfy { $0 == 0 })
    let mean = data.numbers.reduce(0, +) / Double(data.numbers.count)
    #expect(abs(model.intercepts[0] - mean) < 1e-12)
  }

  @Test func fewRowsAndConstantLabelsStayFinite() throws {
    let few = try data.linear(ElasticNet(alpha: nil), [[1, 2], [2, 1]], .numbers([1, 2]))
    #expect(few.coefficients.areFinite)
    let constant = try data.linear(
      ElasticNet(alpha: nil), data.features, .numbers(data.numbers.map { _ in 4 }))
    #expect(constant.coefficients.allSatisfy { $0 == 0 } && constant.intercepts == [4])
  }

  @Test func badSettingsAreRefused() throws {
    #expect(throws: DataError.self) { try data.fit(ElasticNet(l1Ratio: 2), data.features, numbers) }
    #expect(throws: DataError.self) { try data.fit(ElasticNet(alpha: -1), data.features, numbers) }
    #expect(throws: DataError.self) { try data.fit(ElasticNet(folds: 1), data.features, numbers) }
    #expect(throws: DataError.self) {
      try data.fit(ElasticNet(), data.features, .classes(data.two, count: 2))
    }
  }
}
