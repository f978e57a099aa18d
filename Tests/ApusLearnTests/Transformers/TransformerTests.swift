import ApusData
import ApusTestSupport
import Foundation
import Testing

@testable import ApusLearn

/// Values of scikit-learn, made by scripts/fixtures/learn_transformers.py.
@Suite struct TransformerTests {
  private struct Fixture: Decodable {
    var numbers: [Float?]
    var levels: [Float]
    var target: [Double]
    var classes: [Int32]
    var mean, median, mostFrequent: [Float]
    var standardized: [Float?]
    var onehot: [Double]
    var encodedNumbers, encodedBinary, encodedClasses: [Float]

    static func read() throws -> Fixture {
      try JSONDecoder().decode(
        Fixture.self, from: Data(contentsOf: URL(filePath: fixturePath("learn/transformers.json"))))
    }

    func rows(_ labels: Labels? = nil) throws -> TrainingRows {
      let features = try FeatureMatrix(numbers.map { $0 ?? .nan }, columns: [.init("a"), .init("b")])
      return try Fold(allOf: features.rowCount).trainingRows(
        of: LabeledRows(features, labels ?? .numbers(target)))
    }

    func categories(_ labels: Labels) throws -> TrainingRows {
      let features = try FeatureMatrix(levels, columns: [.init("level", .category(levels: 12))])
      return try Fold(allOf: features.rowCount).trainingRows(of: LabeledRows(features, labels))
    }
  }

  private func isClose(_ own: [Float], _ expected: [Float?], within tolerance: Float = 1e-6) -> Bool {
    own.count == expected.count
      && zip(own, expected).allSatisfy { own, expected in
        expected.map { abs(own - $0) <= tolerance * max(1, abs($0)) } ?? own.isNaN
      }
  }

  @Test func missingNumbersAreFilledInAndMarked() throws {
    let fixture = try Fixture.read()
    for (method, expected) in [
      (Impute.Method.mean, fixture.mean), (.median, fixture.median), (.mostFrequent, fixture.mostFrequent),
    ] {
      let own = try Impute(method).fitTransform(fixture.rows(), seed: 0)
      #expect(own.features.columns.map(\.name) == ["a", "a is missing", "b"])
      // The marks come after all numbers there.
      let order = stride(from: 0, to: expected.count, by: 3).flatMap { start -> [Float] in
        [expected[start], expected[start + 2], expected[start + 1]]
      }
      #expect(isClose(own.features.values, order))
    }
    let none = try Impute(.constant(7), marksMissing: false).fitTransform(fixture.rows(), seed: 0)
    #expect(none.features.columnCount == 2 && none.features.isComplete)
  }

  @Test func numbersAreStandardizedAndStayMissing() throws {
    let fixture = try Fixture.read()
    let own = try Standardize().fitTransform(fixture.rows(), seed: 0)
    #expect(isClose(own.features.values, fixture.standardized))
    let constant = try Fold(allOf: 3).trainingRows(
      of: LabeledRows(FeatureMatrix(rows: [[1e7], [1e7], [1e7]]), .numbers([1, 2, 3])))
    #expect(try Standardize().fitTransform(constant, seed: 0).features.values == [0, 0, 0])
  }

  @Test func rareLevelsShareAColumn() throws {
    let fixture = try Fixture.read()
    let own = try OneHot(minimumCount: 5).fitTransform(fixture.categories(.numbers(fixture.target)), seed: 0)
    let sums = (0..<own.features.columnCount).map { own.features.column($0).reduce(0) { $0 + Double($1) } }
    #expect(sums.sorted() == fixture.onehot.sorted() && own.features.columns.last?.name == "level is rare")
    let columns = [FeatureMatrix.Column("level", .category(levels: 12))]
    // A level that no training row had, and one that is missing, are rare ones.
    let others = try own.fitted.transformed(FeatureMatrix([11, .nan], columns: columns))
    #expect(others.column(others.columnCount - 1) == [1, 1])
    let plain = try OneHot().fit(fixture.categories(.numbers(fixture.target)))
    #expect(try plain.transformed(FeatureMatrix([11], columns: columns)).values.allSatisfy { $0 == 0 })
  }

  @Test func levelsBecomeTheirMeanLabelsOutOfFold() throws {
    let fixture = try Fixture.read()
    let columns = [FeatureMatrix.Column("level", .category(levels: 12))]
    let all = try FeatureMatrix((0..<12).map { Float($0) }, columns: columns)
    for (labels, expected) in [
      (Labels.numbers(fixture.target), fixture.encodedNumbers),
      (.classes(fixture.classes.map { $0 > 0 ? 1 : 0 }, count: 2), fixture.encodedBinary),
      (.classes(fixture.classes, count: 3), fixture.encodedClasses),
    ] {
      let rows = try fixture.categories(labels)
      let own = try TargetEncoder().fitTransform(rows, seed: 1)
      #expect(isClose(try own.fitted.transformed(all).values, expected, within: 1e-5))
      // No training row sees its own label: the rows of a level differ.
      #expect(try own.features != own.fitted.transformed(rows.features))
    }
  }

  @Test func otherColumnsAreRefused() throws {
    let fitted = try Standardize().fit(Fixture.read().rows())
    #expect(throws: DataError.self) { try fitted.transformed(FeatureMatrix(rows: [[1]])) }
    #expect(throws: DataError.self) {
      try fitted.transformed(FeatureMatrix(rows: [[1, 2]], names: ["b", "a"]))
    }
  }

  /// Files may say anything: what would write beyond its columns is refused.
  @Test func damagedTransformersAreRefused() throws {
    let fixture = try Fixture.read()
    let categories = try fixture.categories(.numbers(fixture.target))
    let numbers = try fixture.rows()
    for (fitted, changes) in [
      (
        try OneHot().fit(categories),
        [("\"places\":[0", "\"places\":[99"), ("\"places\":[0,", "\"places\":[")]
      ),
      (
        try TargetEncoder().fit(categories),
        [("\"targets\":1", "\"targets\":2"), ("\"encodings\":[[[", "\"encodings\":[[[1,")]
      ),
      (try Impute().fit(numbers), [("\"marked\":[true,", "\"marked\":[")]),
      (try Standardize().fit(numbers), [("\"means\":[", "\"means\":[1,")]),
    ] {
      let coded = try TransformerCatalog.encoded(fitted)
      _ = try TransformerCatalog.fitted(coded)
      for (from, to) in changes {
        let damaged = CodedTransformer(kind: coded.kind, content: coded.content.replacing(from, with: to))
        #expect(damaged.content != coded.content, "\(from)")
        #expect(throws: DataError.self, "\(to)") { try TransformerCatalog.fitted(damaged) }
      }
    }
    #expect(throws: DataError.self) { try TargetEncoder(folds: 1).fit(categories) }
  }
}
