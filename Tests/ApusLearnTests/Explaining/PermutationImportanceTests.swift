import ApusData
import Testing

@testable import ApusLearn

@Suite struct PermutationImportanceTests {
  @Test func onlyColumnsThatCountMatter() throws {
    var random = PhiloxGenerator(seed: 2)
    let rows = (0..<400).map { _ in (0..<3).map { _ in random.uniform() } }
    let labeled = try LabeledRows(
      FeatureMatrix(rows: rows, names: ["much", "little", "nothing"]),
      .numbers(rows.map { Double(3 * $0[0] + $0[1]) }))
    let fold = try Fold(training: Array(0..<200), test: Array(200..<400))
    let model = try LinearRegression().fit(fold.trainingRows(of: labeled), FitContext())
    let test = try fold.testRows(of: labeled)
    let found = try PermutationImportance(model, test, repeats: 20)
    #expect(found.columns.map(\.name) == ["much", "little", "nothing"] && found.loss < 1e-9)
    // Shuffling a column of variance v that counts a times raises the squared error by 2 a² v; of uniform numbers, a² / 6.
    #expect(abs(found.columns[0].mean - 1.5) < 0.2 && abs(found.columns[1].mean - 1.0 / 6) < 0.03)
    #expect(abs(found.columns[2].mean) < 1e-9)
    #expect(try PermutationImportance(model, test, repeats: 20) == found)
    #expect(throws: DataError.self) { try PermutationImportance(model, test, repeats: 0) }
  }
}
