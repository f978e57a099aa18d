import ApusData
import Testing

@testable import ApusLearn

@Suite struct RobustRegressionTests {
  private let data: LinearFixture

  init() throws { data = try LinearFixture() }

  private var outliers: Labels { .numbers(data.outliers) }

  @Test func huberIsThatOfScikitLearn() throws {
    let plain = try data.linear(HuberRegression(), data.spread, outliers)
    #expect(try data.difference(plain, from: "huber") == nil)
    let weighted = try data.linear(HuberRegression(alpha: 2), data.spread, outliers, weights: data.weights)
    #expect(try data.difference(weighted, from: "huber weighted") == nil)
  }

  @Test func quantilesCostNoMoreThanThoseOfScikitLearn() throws {
    for (name, weights) in [("quantile", nil), ("quantile low", nil), ("quantile weighted", data.weights)] {
      let expected = try data[name]
      let (quantile, alpha) = (try #require(expected.quantile), try #require(expected.alpha))
      let model = try data.linear(
        QuantileRegression(quantile: quantile, alpha: alpha), data.features, outliers, weights: weights)
      let predictions = try model.outputs(FeatureMatrix(rows: data.features))
      var (loss, total) = (0.0, 0.0)
      for row in predictions.indices {
        let error = data.outliers[row] - predictions[row]
        loss += (weights?[row] ?? 1) * max(quantile * error, (quantile - 1) * error)
        total += weights?[row] ?? 1
      }
      let sizes = model.coefficients.reduce(0) { $0 + abs($1) }
      let objective = loss / total + alpha * sizes
      #expect(abs(objective - (try #require(expected.objective))) < 1e-8, "\(name)")
    }
  }

  @Test func exactLinesAndConstantsStayFinite() throws {
    let rows: [[Float]] = [[1, 2], [2, 2], [3, 2], [4, 2]]
    let huber = try data.linear(HuberRegression(alpha: 0), rows, .numbers([1, 3, 5, 7]))
    #expect(abs(huber.coefficients[0] - 2) < 1e-9 && huber.coefficients[1] == 0)
    let median = try data.linear(QuantileRegression(), rows, .numbers([1, 3, 5, 7]))
    #expect(abs(median.coefficients[0] - 2) < 1e-6)
    let constant = try data.linear(QuantileRegression(), rows, .numbers([3, 3, 3, 3]))
    #expect(constant.intercepts == [3])
    let through = try data.linear(
      QuantileRegression(fitsIntercept: false), [[1], [2], [3]], .numbers([3, 4, 9]))
    #expect(abs(through.coefficients[0] - 3) < 1e-6 && through.intercepts == [0])
  }

  @Test func badSettingsAreRefused() throws {
    #expect(throws: DataError.self) { try data.fit(HuberRegression(epsilon: 0.5), data.features, outliers) }
    #expect(throws: DataError.self) { try data.fit(QuantileRegression(quantile: 1), data.features, outliers) }
    #expect(throws: DataError.self) {
      try data.fit(QuantileRegression(), data.features, .classes(data.two, count: 2))
    }
  }
}
