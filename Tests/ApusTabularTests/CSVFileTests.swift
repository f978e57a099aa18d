import ApusData
import ApusGraph
import ApusTasks
import ApusTestSupport
import ApusTrain
import Foundation
import Testing

@testable import ApusTabular

/// Writes a table and calls `body` with its path.
func withTable<Result: Sendable>(
  _ text: String, name: String = "table.csv", _ body: (String) async throws -> Result
) async throws -> Result {
  try await withTemporaryFolder { folder in
    let path = folder + "/" + name
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return try await body(path)
  }
}

@Suite struct CSVFileTests {
  private func source(_ path: String, _ options: [String: String]) throws -> CSVFile {
    let source = try CSVFile.recognize(DataRequest(path, options: Options(options)))
    return try #require(source)
  }

  private func examples(_ path: String, _ options: [String: String]) throws -> Examples {
    try source(path, options).read(for: nil, .silent)
  }

  private func numbers(_ examples: Examples) -> [Double]? {
    guard case .numbers(let all) = examples.targets[0].values else { return nil }
    return all
  }

  @Test(arguments: [",", ";", "\t"]) func readsEverySeparator(_ separator: String) async throws {
    let lines = ["a,b,y", "1,red,2.5", "3,green,4", "5,red,-1"].map { $0.replacing(",", with: separator) }
    try await withTable(lines.joined(separator: "\n") + "\n") { path in
      let examples = try examples(path, ["target": "y"])
      #expect(examples.modality == "table")
      #expect(examples.count == 3)
      #expect(numbers(examples) == [2.5, 4, -1])
      #expect(examples.names.map { $0.split(separator: ":").last } == ["2", "3", "4"])
      guard case .records(let records) = try examples.input().values else {
        Issue.record("rows were expected")
        return
      }
      #expect(records.columnNames == ["a", "b", "y"])
      #expect(try records.fields(1) == ["3", "green", "4"])
    }
  }

  @Test func valuesWithDecimalCommasAreNeverTakenAsOtherNumbers() async throws {
    try await withTable("a;y\n1;2,5\n3;4,25\n5;7,5\n") { path in
      // They are classes, unless a person says that they are numbers: then it is told which value is none.
      guard case .categories(let all) = try examples(path, ["target": "y"]).targets[0].values else {
        Issue.record("words were expected")
        return
      }
      #expect(all == ["2,5", "4,25", "7,5"])
      let text = message { _ = try examples(path, ["target": "y", "task": "regression"]) }
      #expect(text.contains("2,5") && text.contains("line 2") || text.contains(":2"), "\(text)")
    }
  }

  @Test func missingTargetsAreKnownAsMissing() async throws {
    try await withTable("a,y\n1,2\n2,\n3,NA\n4,5\n") { path in
      let found = try numbers(examples(path, ["target": "y"]))
      #expect(found?.map(\.isNaN) == [false, true, true, false])
    }
    try await withTable("a,y\n1,red\n2,\n3,?\n4,green\n5,red\n6,green\n") { path in
      guard case .categories(let all) = try examples(path, ["target": "y"]).targets[0].values else {
        Issue.record("classes were expected")
        return
      }
      #expect(all == ["red", nil, nil, "green", "red", "green"])
    }
  }

  @Test func columnsAreIgnoredAndRowsLimited() async throws {
    try await withTable("id,a,y\n1,1,2\n2,2,3\n3,3,4\n4,4,5\n") { path in
      let found = try examples(path, ["target": "y", "ignore": "id", "samples": "3"])
      #expect(found.count == 3)
      #expect(found.notes.contains { $0.contains("3 of 4") })
      let parts: [Part: [Int]] = [.training: [0, 1], .validation: [2], .test: []]
      let input = try TabularInput(TaskData(examples: found, parts: parts, target: nil))
      #expect(input.encoder.featureNames == ["a"])
    }
  }

  @Test func columnsThatThereAreNotAreNamedWithThoseThatThereAre() async throws {
    try await withTable("a,b\n1,2\n2,3\n") { path in
      for options in [["target": "z"], ["target": "a", "ignore": "z"]] {
        let text = message { _ = try examples(path, options) }
        #expect(text.contains("z") && text.contains("b"), "\(text)")
      }
      let text = message { _ = try examples(path, [:]) }
      #expect(text.contains("--target") && text.contains("a") && text.contains("b"), "\(text)")
    }
  }

  @Test func freeTextsAndEmptyColumnsAreNoTargets() async throws {
    let rows = (0..<300).map { "\($0),a sentence that is nowhere twice number \($0)," }
    try await withTable("a,text,empty\n" + rows.joined(separator: "\n") + "\n") { path in
      for name in ["text", "empty"] {
        #expect(throws: DataError.self) { try examples(path, ["target": name]) }
      }
    }
  }

  @Test func otherPathsAreLeftToOtherSources() throws {
    for path in ["photos", nil] {
      let source = try CSVFile.recognize(DataRequest(path))
      #expect(source.map(\.path) == nil)
    }
    #expect(throws: RunError.self) {
      try CSVFile.recognize(DataRequest("a.csv", options: Options(["data": "b.csv"])))
    }
  }
}
