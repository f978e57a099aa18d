import ApusData
import Testing

@testable import ApusLearn

@Suite struct RidgeTests {
  private let data: LinearFixture

  init() throws { data = try LinearFixture() }

  private var numbers: Labels { .numbers(data.numbers) }

  @Test func leastSquaresAreThoseOfScikitLearn() throws {
    let plain = try data.linear(LinearRegression(), data.features, numbers)
    #expect(try data.difference(plain, from: "ols", within: 1e-9) == nil)
    let weighted = try data.linear(LinearRegression(), data.features, numbers, weights: data.weights)
    #expect(try data.difference(weighted, from: "ols weighted", within: 1e-9) == nil)
    let through = try data.linear(LinearRegression(fitsIntercept: false), data.features, numbers)
    #expect(try data.difference(through, from: "ols without intercept", within: 1e-8) == nil)
  }

  @Test func ofManySolutionsTheShortestIsTaken() throws {
    let twice = try data.linear(LinearRegression(), data.features.map { $0 + $0 }, numbers)
    #expect(try data.difference(twice, from: "ols twice", within: 1e-9) == nil)
    let wide = try data.linear(
      LinearRegression(), Array(data.features[..<4]), .numbers(Array(data.numbers[..<4])))
    #expect(try data.difference(wide, from: "ols wide", within: 1e-8) == nil)
  }

  @Test func ridgeIsThatOfScikitLearn() throws {
    let plain = try data.linear(Ridge(), data.features, numbers)
    #expect(try data.difference(plain, from: "ridge", within: 1e-10) == nil)
    let weighted = try data.linear(Ridge(alpha: 30), data.features, numbers, weights: data.weights)
    #expect(try data.difference(weighted, from: "ridge weighted", within: 1e-10) == nil)
    let wide = try data.linear(
      Ridge(alpha: 0.5), Array(data.features[..<4]), .numbers(Array(data.numbers[..<4])),
      weights: Array(data.weights[..<4]))
    #expect(try data.difference(wide, from: "ridge wide", within: 1e-9) == nil)
  }

  @Test func manyColumnsAreSolvedInBlocks() throws {
    // 150 columns of two blocks and a rest: the residuals are orthogonal to every column.
    var generator = PhiloxGenerator(seed: 3)
    let rows = (0..<400).map { _ in (0..<150).map { _ in Float.random(in: -1...1, using: &generator) } }
    let targets = rows.map { row in
      Double(row[0] - 2 * row[149]) + Double.random(in: -1...1, using: &generator)
    }
    let model = try data.fit(LinearRegression(), rows, .numbers(targets))
    let predictions = try model.outputs(FeatureMatrix(rows: rows))
    let sums = (0..<150).map { column in
      rows.indices.reduce(0) { $0 + Double(rows[$1][column]) * (targets[$1] - predictions[$1]) }
    }
    #expect(sums.allSatisfy { abs($0) < 1e-10 })
  }

  @Test func constantColumnsAndManyMoreColumnsThanRowsStayFinite() throws {
    let constant = try data.linear(
      LinearRegression(), [[7.1, 1], [7.1, 2], [7.1, 3]], .numbers([2, 4, 6]))
    #expect(constant.coefficients[0] == 0 && abs(constant.coefficients[1] - 2) < 1e-12)
    let single = try data.linear(Ridge(), [[3, 4]], .numbers([5]))
    #expect(single.coefficients == [0, 0] && single.intercepts == [5])
    #expect(single.importances == [0.5, 0.5])
  }

  @Test func aModelSurvivesSaving() throws {
    let model = try data.linear(Ridge(), data.features, numbers)
    let features = try FeatureMatrix(rows: data.features)
    let again = try Catalog.open(model.archive())
    #expect(try again.outputs(features) == model.outputs(features))
    #expect(again.importances == model.importances && again.parameterCount == 7)
    #expect(abs(try #require(model.importances).reduce(0, +) - 1) < 1e-12)
  }

  @Test func badInputIsRefused() throws {
    #expect(throws: DataError.self) { try data.fit(Ridge(), data.features, .classes(data.two, count: 2)) }
    #expect(throws: DataError.self) { try data.fit(Ridge(alpha: -1), data.features, numbers) }
    #expect(throws: DataError.self) { try data.fit(Ridge(), [[1], [.nan]], .numbers([1, 2])) }
    let categories = try LabeledRows(
      FeatureMatrix([0, 1], columns: [.init("color", .category(levels: 2))]), .numbers([1, 2]))
    #expect(throws: DataError.self) {
      try Ridge().fit(Fold(allOf: 2).trainingRows(of: categories), FitContext())
    }
    let model = try data.fit(Ridge(), data.features, numbers)
    #expect(throws: DataError.self) { try model.outputs(FeatureMatrix(rows: [[1]])) }
    #expect(throws: DataError.self) { try model.outputs(FeatureMatrix(rows: [[1, 2, .nan, 4, 5, 6]])) }
  }
}
