import ApusData
import ApusFixtures
import ApusTestSupport
import Foundation
import Testing

@testable import ApusLearn

/// The libraries' own predictions from Python, made by scripts/fixtures/learn_boosting.py.
@Suite struct BoostingTests {
  private struct Fixture: Decodable {
    var training: [Float?]
    var test: [Float?]
    var levels: Int
    var targets: [String: [Double]]
    var checks: [String: [Double]]
    var cases: [String: [Double]]

    static func read() throws -> Fixture {
      try JSONDecoder().decode(
        Fixture.self, from: Data(contentsOf: URL(filePath: fixturePath("learn/boosting.json"))))
    }

    /// The rows, with or without the category at their end.
    func matrix(_ values: [Float?], withCategory: Bool) throws -> FeatureMatrix {
      let columns =
        (0..<4).map { FeatureMatrix.Column("x\($0)") } + [.init("level", .category(levels: levels))]
      let all = try FeatureMatrix(values.map { $0 ?? .nan }, columns: columns)
      return withCategory ? all : all.selecting([0, 1, 2, 3])
    }

    func labels(_ name: String, of values: [String: [Double]]) throws -> Labels {
      let numbers = try #require(values[name])
      return switch name {
      case "binary": .classes(numbers.map { Int32($0) }, count: 2)
      case "classes": .classes(numbers.map { Int32($0) }, count: 3)
      default: .numbers(numbers)
      }
    }
  }

  /// The largest difference from the library's own predictions, and the same after saving.
  private func difference(
    _ estimator: some SynchronousEstimator, _ task: String, _ name: String, withCategory: Bool,
    validates: Bool = false
  ) throws -> Double {
    let fixture = try Fixture.read()
    let training = try LabeledRows(
      fixture.matrix(fixture.training, withCategory: withCategory), fixture.labels(task, of: fixture.targets))
    let test = try fixture.matrix(fixture.test, withCategory: withCategory)
    let validation = try validates ? LabeledRows(test, fixture.labels(task, of: fixture.checks)) : nil
    let model = try estimator.fit(
      Fold(allOf: training.count).trainingRows(of: training), FitContext(validation: validation))
    var found = try model.outputs(test)
    let again = try Catalog.open(model.archive())
    #expect(try again.outputs(test) == found)
    // Two classes have a logit each here, their difference there.
    if model.outputCount == 2 {
      found = stride(from: 0, to: found.count, by: 2).map { found[$0 + 1] - found[$0] }
    }
    let expected = try #require(fixture.cases[name])
    try #require(found.count == expected.count)
    return zip(found, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  private static let isXGBoostMissing = !XGBoost.isAvailable
  private static let isLightGBMMissing = !LightGBM.isAvailable

  @Test(
    .disabled(if: isXGBoostMissing, "XGBoost's library is not installed: scripts/boosters fetches it"),
    arguments: ["numbers", "binary", "classes", "counts"])
  func xgboostPredictsAsInPython(task: String) throws {
    let loss: BoostingLoss = task == "counts" ? .poisson : .standard
    #expect(
      try difference(
        XGBoost(rounds: 20, learningRate: 0.2, maxDepth: 4, loss: loss), task, "xgboost \(task)",
        withCategory: false) < 1e-5)
  }

  @Test(.disabled(if: isXGBoostMissing, "XGBoost's library is not installed: scripts/boosters fetches it"))
  func xgboostStopsWhereItDoesInPython() throws {
    #expect(
      try difference(
        XGBoost(rounds: 200, patience: 10), "binary", "xgboost early", withCategory: false, validates: true)
        < 1e-5)
  }

  @Test(
    .disabled(if: isLightGBMMissing, "LightGBM's library is not installed: scripts/boosters fetches it"),
    arguments: ["numbers", "binary", "classes", "counts"])
  func lightGBMPredictsAsInPython(task: String) throws {
    let loss: BoostingLoss = task == "counts" ? .poisson : .standard
    #expect(
      try difference(
        LightGBM(rounds: 20, learningRate: 0.2, leaves: 12, minDataInLeaf: 10, loss: loss), task,
        "lightgbm \(task)", withCategory: true) < 1e-6)
  }

  @Test(.disabled(if: isLightGBMMissing, "LightGBM's library is not installed: scripts/boosters fetches it"))
  func lightGBMStopsWhereItDoesInPython() throws {
    #expect(
      try difference(
        LightGBM(rounds: 200, patience: 10), "numbers", "lightgbm early", withCategory: true, validates: true)
        < 1e-6)
  }

  @Test func whatCannotBeLearnedIsRefusedBeforeTheLibrary() throws {
    let features = try FeatureMatrix(rows: [[1], [2], [3]])
    let fold = try Fold(allOf: 3)
    let one = try fold.trainingRows(of: LabeledRows(features, .classes([1, 1, 1], count: 2)))
    #expect(throws: DataError.self) { try XGBoost().fit(one, FitContext()) }
    #expect(throws: DataError.self) { try LightGBM().fit(one, FitContext()) }
    let same = try fold.trainingRows(of: LabeledRows(features, .numbers([2, 2, 2])))
    #expect(throws: DataError.self) { try XGBoost().fit(same, FitContext()) }
    let rows = try fold.trainingRows(of: LabeledRows(features, .numbers([1, -2, 3])))
    #expect(throws: DataError.self) { try LightGBM(loss: .poisson).fit(rows, FitContext()) }
    #expect(throws: DataError.self) { try LightGBM(rounds: 0).fit(rows, FitContext()) }
    #expect(throws: DataError.self) { try XGBoost(learningRate: -1).fit(rows, FitContext()) }
    let levels = try FeatureMatrix([0, 1, 1], columns: [.init("a", .category(levels: 2))])
    let categories = try fold.trainingRows(of: LabeledRows(levels, .numbers([1, 2, 3])))
    let refusal = #expect(throws: DataError.self) { try XGBoost().fit(categories, FitContext()) }
    #expect(refusal?.problem.contains("column \"a\" is a category") == true)
  }

  @Test func damagedModelsAreRefused() throws {
    #expect(throws: DataError.self) {
      try LightGBMModelText("Tree=0\nnum_leaves=3\nsplit_feature=0\n").trees(perRound: 1)
    }
    #expect(throws: (any Error).self) {
      try XGBoostModel(json: Array("{}".utf8), outputs: 1, loss: .standard, isBinary: false)
    }
  }
}
