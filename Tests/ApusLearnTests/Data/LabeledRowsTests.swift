import ApusData
import Testing

@testable import ApusLearn

@Suite struct LabeledRowsTests {
  @Test func badRowsAreNamed() throws {
    #expect(throws: DataError.self) { try FeatureMatrix(rows: [[1, 2], [3]]) }
    #expect(throws: DataError.self) { try FeatureMatrix(rows: [[1], [.infinity]]) }
    #expect(throws: DataError.self) {
      try FeatureMatrix([0, 3], columns: [.init("color", .category(levels: 3))])
    }
    let features = try FeatureMatrix(rows: [[1], [2]])
    #expect(throws: DataError.self) { try LabeledRows(features, .numbers([1, .nan])) }
    #expect(throws: DataError.self) { try LabeledRows(features, .classes([0, 2], count: 2)) }
    #expect(throws: DataError.self) { try LabeledRows(features, .numbers([1, 2]), weights: [1, -1]) }
    #expect(throws: DataError.self) { try LabeledRows(features, .numbers([1])) }
  }

  @Test func aFoldKeepsItsPartsApart() throws {
    #expect(throws: DataError.self) { try Fold(training: [0, 1], test: [1]) }
    let rows = try LabeledRows(FeatureMatrix(rows: [[1], [2], [3]]), .numbers([1, 2, 3]))
    let fold = try Fold(training: [2, 0], test: [1])
    #expect(try fold.trainingRows(of: rows).labels == .numbers([3, 1]))
    #expect(try fold.testRows(of: rows).features.values == [2])
    #expect(throws: DataError.self) { try Fold(training: [7], test: []).trainingRows(of: rows) }
  }
}
