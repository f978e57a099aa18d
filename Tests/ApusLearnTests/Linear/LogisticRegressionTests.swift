import ApusData
import Testing

@testable import ApusLearn

@Suite struct LogisticRegressionTests {
  private let data: LinearFixture

  init() throws { data = try LinearFixture() }

  private var two: Labels { .classes(data.two, count: 2) }
  private var three: Labels { .classes(data.three, count: 3) }

  @Test func twoClassesAreThoseOfScikitLearn() throws {
    let plain = try data.linear(LogisticRegression(), data.features, two)
    #expect(try data.difference(plain, from: "logistic") == nil)
    let weighted = try data.linear(LogisticRegression(c: 0.2), data.features, two, weights: data.weights)
    #expect(try data.difference(weighted, from: "logistic weighted") == nil)
    let balanced = try data.linear(LogisticRegression(c: 2, balancesClasses: true), data.features, two)
    #expect(try data.difference(balanced, from: "logistic balanced") == nil)
    let through = try data.linear(LogisticRegression(fitsIntercept: false), data.features, two)
    #expect(try data.difference(through, from: "logistic without intercept") == nil)
  }

  @Test func threeClassesAreThoseOfScikitLearn() throws {
    let plain = try data.linear(LogisticRegression(), data.features, three)
    #expect(try data.difference(plain, from: "multinomial") == nil)
    let weighted = try data.linear(
      LogisticRegression(c: 3, balancesClasses: true), data.features, three, weights: data.weights)
    #expect(try data.difference(weighted, from: "multinomial weighted") == nil)
  }

  @Test func penaltiesOnSizesAreThoseOfScikitLearn() throws {
    let lasso = try data.linear(LogisticRegression(c: 0.2, l1Ratio: 1), data.spread, two)
    #expect(try data.difference(lasso, from: "logistic l1") == nil)
    let net = try data.linear(LogisticRegression(c: 0.3, l1Ratio: 0.4), data.spread, two)
    #expect(try data.difference(net, from: "logistic elastic net") == nil)
    let several = try data.linear(LogisticRegression(c: 0.2, l1Ratio: 1), data.spread, three)
    #expect(try data.difference(several, from: "multinomial l1") == nil)
    let mixed = try data.linear(LogisticRegression(c: 0.3, l1Ratio: 0.5), data.spread, three)
    #expect(try data.difference(mixed, from: "multinomial elastic net") == nil)
  }

  @Test func manyColumnsTakeAnotherWayToTheSame() throws {
    // Each column twice, half as large, and hundreds without information: the penalty spreads what one column had.
    let wide = data.spread.map { $0 + [Float](repeating: 0, count: 1100) }
    let narrow = try data.linear(LogisticRegression(), data.spread, two)
    let model = try data.linear(LogisticRegression(), wide, two)
    for column in 0..<6 { #expect(abs(model.coefficients[column] - narrow.coefficients[column]) < 1e-6) }
    let several = try data.linear(LogisticRegression(), data.spread, three)
    let wider = try data.linear(LogisticRegression(), wide, three)
    #expect(abs(wider.coefficients[1106] - several.coefficients[6]) < 1e-6)
    #expect(throws: DataError.self) {
      try data.fit(LogisticRegression(l1Ratio: 1), wide.map { $0 + $0 + $0 + $0 }, two)
    }
  }

  @Test func probabilitiesAddUpAndSurviveSaving() throws {
    let features = try FeatureMatrix(rows: data.features)
    for labels in [two, three] {
      let model = try data.fit(LogisticRegression(), data.features, labels)
      let probabilities = try model.probabilities(features)
      #expect(probabilities.count == 90 * labels.outputCount)
      #expect(abs(probabilities.reduce(0, +) - 90) < 1e-9)
      let again = try Catalog.open(model.archive())
      #expect(try again.outputs(features) == model.outputs(features))
    }
  }

  @Test func separableAndMissingClassesStayFinite() throws {
    let separable = try data.linear(
      LogisticRegression(c: .infinity), [[1], [2], [3], [4]], .classes([0, 0, 1, 1], count: 2))
    #expect(separable.coefficients[0].isFinite && separable.coefficients[0] > 10)
    let classes = try separable.classes(FeatureMatrix(rows: [[1], [2], [3], [4]]))
    #expect(classes == [0, 0, 1, 1])
    let missing = try data.fit(LogisticRegression(), data.features, .classes(data.two, count: 4))
    let probabilities = try missing.probabilities(FeatureMatrix(rows: data.features))
    #expect(probabilities.areFinite && probabilities[2] < 1e-100)
    let binary = try data.fit(LogisticRegression(), data.features, two)
    #expect(abs(probabilities[0] - (try binary.probabilities(FeatureMatrix(rows: data.features))[0])) < 1e-12)
    let one = try data.fit(LogisticRegression(), [[1], [2]], .classes([1, 1], count: 2))
    #expect(try one.probabilities(FeatureMatrix(rows: [[5]]))[1] > 0.999)
  }

  @Test func badInputIsRefused() throws {
    #expect(throws: DataError.self) {
      try data.fit(LogisticRegression(), data.features, .numbers(data.numbers))
    }
    #expect(throws: DataError.self) { try data.fit(LogisticRegression(c: 0), data.features, two) }
    #expect(throws: DataError.self) { try data.fit(LogisticRegression(l1Ratio: -1), data.features, two) }
    #expect(throws: DataError.self) {
      try data.fit(LogisticRegression(), [[.nan], [1]], .classes([0, 1], count: 2))
    }
  }
}
