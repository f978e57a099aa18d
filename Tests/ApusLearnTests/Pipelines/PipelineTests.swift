import ApusData
import ApusTestSupport
import Foundation
import Testing

@testable import ApusLearn

@Suite struct PipelineTests {
  /// A number that is missing now and then, a category, and a class that depends on both.
  private func table() throws -> LabeledRows {
    var random = PhiloxGenerator(seed: 3)
    var values: [Float] = [], labels: [Int32] = []
    for row in 0..<100 {
      let (number, level) = (random.uniform() * 4 - 2, row % 3)
      values += [row % 9 == 0 ? .nan : number, Float(level)]
      labels.append(number + Float(level) > 0.5 ? 1 : 0)
    }
    return try LabeledRows(
      FeatureMatrix(values, columns: [.init("number"), .init("color", .category(levels: 3))]),
      .classes(labels, count: 2))
  }

  @Test func theProgramOfThePageRuns() async throws {
    let rows = try table()
    let pipeline = Pipeline(LogisticRegression()) {
      Columns(.numbers) {
        Impute(.median); Standardize()
      }
      Columns(.categories) { OneHot(minimumCount: 5) }
    }
    let fold = try Fold(training: Array(0..<80), test: Array(80..<100))
    let model = try await pipeline.fit(fold.trainingRows(of: rows), FitContext())
    let probabilities = try model.probabilities(fold.testRows(of: rows).features)
    let labels = try rows.labels.requireClasses(for: "").labels[80...]
    #expect(
      zip(labels, stride(from: 1, to: 40, by: 2)).count { ($0 == 1) == (probabilities[$1] > 0.5) } >= 17)
  }

  @Test func thePageShowsTheProgram() throws {
    let page = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../../docs/Apus.docc/Tables.md")
    let code = try String(contentsOf: page.standardizedFileURL, encoding: .utf8)
      .split(separator: "```swift\n")[1].split(separator: "```")[0]
    let source = try String(contentsOfFile: #filePath, encoding: .utf8)
    for line in code.split(separator: "\n") {
      #expect(source.contains(line.trimmingCharacters(in: .whitespaces)), "\(line)")
    }
  }

  @Test func aPipelineOutlivesItsFileAndItsSettings() async throws {
    let rows = try table()
    let training = try Fold(allOf: rows.count).trainingRows(of: rows)
    let pipeline = Pipeline(ExtraTrees(trees: 5)) {
      Columns(.numbers) { Impute(.mean, marksMissing: false) }
      Columns(.categories) { TargetEncoder() }
    }
    let model = try await pipeline.fit(training, FitContext(seed: 4))
    let again = try Catalog.open(model.archive())
    #expect(try again.outputs(rows.features) == model.outputs(rows.features))
    let coded = try JSONDecoder().decode(Pipeline.self, from: JSONEncoder().encode(pipeline))
    let other = try await coded.fit(training, FitContext(seed: 4))
    #expect(try other.outputs(rows.features) == model.outputs(rows.features))
    #expect(throws: DataError.self) { try model.outputs(rows.features.selecting([1, 0])) }
  }

  @Test func everyFormOfTheBuildersWorks() async throws {
    let rows = try table()
    let training = try Fold(allOf: rows.count).trainingRows(of: rows)
    for (isNumeric, scales) in [(true, true), (true, false), (false, true)] {
      let pipeline = Pipeline(LogisticRegression()) {
        if isNumeric {
          Columns(.named(["number"])) {
            Impute()
            if scales { Standardize() }
          }
        } else {
          Columns(.numbers) { Impute(.constant(0)) }
        }
        for name in ["color", "nothing"] { Columns(.named([name])) { for _ in 0..<1 { OneHot() } } }
        if !scales { Columns(.all) { Standardize() } }
      }
      #expect(pipeline.columns.count == (scales ? 3 : 4))
      #expect(try await pipeline.fit(training, FitContext()).columns == rows.features.columns)
    }
  }

  @Test func validationRowsAreTransformedAsTheTrainingRowsAre() async throws {
    let rows = try table()
    let fold = try Fold(training: Array(0..<70), test: Array(70..<100))
    let pipeline = Pipeline(Probe()) { Columns(.categories) { OneHot() } }
    let model = try await pipeline.fit(
      fold.trainingRows(of: rows), FitContext(validation: fold.testRows(of: rows)))
    #expect(model.parameterCount == 4)
  }

  @Test func damagedArchivesAreRefused() async throws {
    let rows = try table()
    let model = try await Pipeline(Dummy()) { Columns(.categories) { OneHot() } }.fit(
      Fold(allOf: rows.count).trainingRows(of: rows), FitContext())
    let archive = try model.archive()
    for (from, to) in [
      ("\"places\":[1]", "\"places\":[7]"), ("one-hot", "two-hot"), ("\"color\"", "\"colour\""),
    ] {
      let damaged = EstimatorArchive(
        kind: archive.kind, settings: archive.settings.replacing(from, with: to), tensors: archive.tensors,
        parts: archive.parts)
      #expect(throws: (any Error).self, "\(from)") { try Catalog.open(damaged) }
    }
  }
}

/// Says how many columns its validation rows have.
private struct Probe: SynchronousEstimator {
  static let kind = "probe"
  var summary: String { "" }

  func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    #expect(context.validation?.features.columns == rows.features.columns)
    return FittedDummy(
      columns: rows.features.columns,
      constants: Array(repeating: 0, count: context.validation?.features.columnCount ?? 0))
  }
}
