import ApusData
import ApusFixtures
import Foundation
import Testing

@testable import ApusLearn

@Suite struct NaiveBayesTests {
  private let data: BayesFixture

  init() throws { data = try BayesFixture() }

  private func fit(
    _ method: some SynchronousEstimator, _ features: FeatureMatrix, count: Int = 3, weights: [Double]? = nil
  ) throws -> any FittedEstimator {
    let rows = try LabeledRows(features, .classes(data.classes, count: count), weights: weights)
    return try method.fit(Fold(allOf: rows.count).trainingRows(of: rows), FitContext())
  }

  /// What differs between the logarithms of the first rows' probabilities and scikit-learn's.
  private func difference(
    _ method: some SynchronousEstimator, _ features: FeatureMatrix, from name: String,
    weights: [Double]? = nil
  ) throws -> String? {
    let model = try Catalog.open(fit(method, features, weights: weights).archive())
    let logarithms = try model.probabilities(features.subset(Array(0..<12))).map { log($0) }
    return ApusFixtures.difference(
      logarithms, from: try #require(data.cases[name]).flatMap { $0 }, relative: 1e-9, absolute: 1e-9)
  }

  private var levels: FeatureMatrix {
    get throws {
      try FeatureMatrix(
        data.levels.flatMap { $0 },
        columns: [("a", 2), ("b", 3), ("c", 5)].map { .init($0.0, .category(levels: $0.1)) })
    }
  }

  @Test func probabilitiesAreThoseOfScikitLearn() throws {
    let numbers = try FeatureMatrix(rows: data.numbers)
    #expect(try difference(NaiveBayes(), numbers, from: "gaussian") == nil)
    #expect(try difference(NaiveBayes(), numbers, from: "gaussian weighted", weights: data.weights) == nil)
    let levels = try levels
    #expect(try difference(NaiveBayes(), levels, from: "categorical") == nil)
    #expect(
      try difference(NaiveBayes(alpha: 2), levels, from: "categorical weighted", weights: data.weights) == nil
    )
    let counts = try FeatureMatrix(rows: data.counts)
    #expect(try difference(CountNaiveBayes(), counts, from: "multinomial") == nil)
    #expect(
      try difference(
        CountNaiveBayes(alpha: 0.5), counts, from: "multinomial weighted", weights: data.weights) == nil)
    #expect(try difference(CountNaiveBayes(.complement), counts, from: "complement") == nil)
    #expect(try difference(CountNaiveBayes(.bernoulli), counts, from: "bernoulli") == nil)
  }

  @Test func missingValuesSayNothing() throws {
    let columns: [FeatureMatrix.Column] = [.init("number"), .init("color", .category(levels: 5))]
    let values = data.numbers.indices.flatMap { [data.numbers[$0][0], data.levels[$0][2]] }
    let model = try fit(NaiveBayes(), FeatureMatrix(values, columns: columns))
    let none = try model.probabilities(FeatureMatrix([.nan, .nan], columns: columns))
    for label in 0..<3 {
      let share = Double(data.classes.count(where: { $0 == Int32(label) })) / 60
      #expect(abs(none[label] - share) < 1e-12)
    }
    let holes = values.enumerated().map { $0.offset % 7 == 0 ? Float.nan : $0.element }
    let fitted = try fit(NaiveBayes(), FeatureMatrix(holes, columns: columns))
    #expect(try fitted.outputs(FeatureMatrix(values, columns: columns)).areFinite)
  }

  @Test func constantColumnsAndMissingClassesStayFinite() throws {
    let features = try FeatureMatrix(rows: data.classes.map { _ in [1, 2] })
    let model = try fit(NaiveBayes(), features, count: 4)
    #expect(try model.outputs(features).areFinite)
    #expect(try model.probabilities(features)[3] < 1e-100)
    #expect(try fit(CountNaiveBayes(.bernoulli), features, count: 4).probabilities(features)[3] < 1e-100)
  }

  @Test func badInputIsRefused() throws {
    let numbers = try FeatureMatrix(rows: data.numbers)
    #expect(throws: DataError.self) { try fit(CountNaiveBayes(), numbers) }
    #expect(throws: DataError.self) { try fit(NaiveBayes(alpha: 0), numbers) }
    #expect(throws: DataError.self) { try fit(CountNaiveBayes(), levels) }
    let rows = try LabeledRows(numbers, .numbers(data.classes.map { Double($0) }))
    #expect(throws: DataError.self) {
      try NaiveBayes().fit(Fold(allOf: 60).trainingRows(of: rows), FitContext())
    }
  }
}
