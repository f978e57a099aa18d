import ApusData
import Testing

@testable import ApusLearn

@Suite struct GMDHTests {
  private func rows(_ count: Int, _ target: ([Float]) -> Double) throws -> LabeledRows {
    var generator = PhiloxGenerator(seed: 5)
    let rows = (0..<count).map { _ in (0..<4).map { _ in Float.random(in: -1...1, using: &generator) } }
    return try LabeledRows(FeatureMatrix(rows: rows), .numbers(rows.map(target)))
  }

  private func error(_ model: any FittedEstimator, _ rows: LabeledRows) throws -> Double {
    let numbers = try rows.labels.requireNumbers(for: "")
    let predictions = try model.outputs(rows.features)
    return zip(numbers, predictions).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(rows.count)
  }

  @Test func oneNeuronFindsAQuadraticOfTwoColumns() throws {
    let rows = try rows(200) { Double(2 + $0[1] * $0[3] - 3 * $0[1] * $0[1]) }
    let model = try GMDH().fit(Fold(allOf: 200).trainingRows(of: rows), FitContext())
    #expect(try error(model, rows) < 1e-12)
  }

  @Test func layersFindWhatOneNeuronCannot() throws {
    let all = try rows(600) { Double(($0[0] * $0[1] + 1) * ($0[2] * $0[3] + 1)) }
    let fold = try Fold(training: Array(0..<400), test: Array(400..<600))
    let model = try #require(try GMDH().fit(fold.trainingRows(of: all), FitContext(seed: 1)) as? FittedGMDH)
    #expect(model.depth >= 2)
    let test = try fold.testRows(of: all)
    let mean = try Dummy().fit(fold.trainingRows(of: all), FitContext())
    let (own, constant) = (try error(model, test), try error(mean, test))
    let shallow = try GMDH(layers: 1).fit(fold.trainingRows(of: all), FitContext(seed: 1))
    let ofOneLayer = try error(shallow, test)
    #expect(own < 0.1 * constant && own < 0.25 * ofOneLayer)
    let again = try Catalog.open(model.archive())
    #expect(try again.outputs(test.features) == model.outputs(test.features))
    let same = try GMDH().fit(fold.trainingRows(of: all), FitContext(seed: 1)) as? FittedGMDH
    #expect(same == model)
    #expect(try again.outputs(FeatureMatrix(rows: [[1e30, -1e30, 1e30, 0]])).areFinite)
  }

  @Test func noiseGetsTheMeanAndBadInputIsRefused() throws {
    let rows = try rows(20) { _ in 3 }
    let model = try GMDH().fit(Fold(allOf: 20).trainingRows(of: rows), FitContext())
    #expect(try model.outputs(rows.features) == Array(repeating: 3, count: 20))
    let few = rows.subset([0, 1])
    #expect(throws: DataError.self) { try GMDH().fit(Fold(allOf: 2).trainingRows(of: few), FitContext()) }
    #expect(throws: DataError.self) {
      try GMDH(width: 1).fit(Fold(allOf: 20).trainingRows(of: rows), FitContext())
    }
  }
}
