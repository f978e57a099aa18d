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

  @Test func theColumnDecidesOnDecimalCommas() async throws {
    try await withTable("a;y\n1;2,5\n3;4,25\n5;7.000,5\n") { path in
      let found = try numbers(examples(path, ["target": "y"]))
      #expect(found == [2.5, 4.25, 7000.5])
    }
  }

  @Test func amountsArePredictedAsNumbers() async throws {
    try await withTable("a,y\n1,$852\n2,\"$1,012,345\"\n3,$7.5\n") { path in
      let found = try examples(path, ["target": "y"])
      #expect(numbers(found) == [852, 1_012_345, 7.5])
      #expect(found.notes.contains { $0.contains("in $") })
    }
  }

  @Test func aTargetThatIsNoNumberIsNamedByItsLine() async throws {
    let rows = (0..<40).map { "\($0 % 7),\($0 == 20 ? "oops" : "\(Double($0) / 4)")" }
    try await withTable("a,y\n" + rows.joined(separator: "\n")) { path in
      let found = try examples(path, ["target": "y"])
      #expect(numbers(found)?.filter(\.isNaN).count == 1)
      #expect(found.notes.contains { $0.contains("“oops” first, in line 22") })
    }
    try await withTable("a,y\n1,2\n2,red\n3,4\n4,5\n") { path in
      let text = message { _ = try examples(path, ["target": "y"]) }
      #expect(text.contains("75.0 %") && text.contains("red") && text.contains("line 3"), "\(text)")
      let all = try numbers(examples(path, ["target": "y", "task": "regression"]))
      #expect(all?.count == 4)
    }
    try await withTable("a,y\n1,2\n2,red\n3,green\n4,blue\n") { path in
      let text = message { _ = try examples(path, ["target": "y", "task": "regression"]) }
      #expect(text.contains("red") && text.contains(":3"), "\(text)")
    }
  }

  @Test func zerosAndOnesAreClassesUnlessAPersonSaysOtherwise() async throws {
    try await withTable("a,y\n" + (0..<10).map { "\($0),\($0 % 2)" }.joined(separator: "\n")) { path in
      let found = try examples(path, ["target": "y"])
      #expect(numbers(found) == nil)
      #expect(found.notes.contains { $0.contains("--task regression") })
      let asked = try numbers(examples(path, ["target": "y", "task": "regression"]))
      #expect(asked != nil)
    }
    try await withTable("a,y\n" + (0..<30).map { "\($0),\($0 % 3)" }.joined(separator: "\n")) { path in
      let found = try examples(path, ["target": "y"])
      #expect(numbers(found) != nil && found.notes.contains { $0.contains("--task classification") })
    }
  }

  @Test func equalRowsAreOneGroup() async throws {
    let rows = (0..<60).map { row in "\(row),\(row % 20),\(row % 20 * 7 % 20),\(Double(row % 20) * 1.5)" }
    try await withTable("id,a,b,y\n" + rows.joined(separator: "\n")) { path in
      let found = try examples(path, ["target": "y"])
      #expect(found.groups == (0..<60).map { $0 % 20 })
      #expect(found.notes.contains { $0.contains("40 rows equal") && $0.contains("line 22") })
      let parts = try found.split(strata: nil, seed: 1)
      let sets = Part.allCases.map { part in Set((parts[part] ?? []).map { $0 % 20 }) }
      #expect(sets[0].isDisjoint(with: sets[1]) && sets[0].isDisjoint(with: sets[2]))
    }
    // Of few combinations of values many rows are equal by chance.
    try await withTable("a,b,y\n" + (0..<60).map { "\($0 % 2),\($0 % 3),\($0)" }.joined(separator: "\n")) {
      path in
      let found = try examples(path, ["target": "y"])
      #expect(found.groups == nil && found.notes.contains { $0.contains("6 different") }, "\(found.notes)")
    }
  }

  @Test func theFirstLineMayHoldValues() async throws {
    let rows = "5.1,3.5,setosa\n4.9,3.0,setosa\n6.2,2.8,other\n"
    try await withTable(rows) { path in
      let found = try examples(path, ["target": "column 3"])
      #expect(found.count == 3 && found.notes.contains { $0.contains("--header") })
      let text = message { _ = try examples(path, ["target": "column 3", "header": "true"]) }
      #expect(text.contains("setosa"))
    }
    try await withTable("country,2019,2020\nA,1,2\nB,3,4\n") { path in
      let (named, unnamed) = (
        try examples(path, ["target": "2020"]), try examples(path, ["target": "column 1", "header": "false"])
      )
      #expect(named.count == 2 && unnamed.count == 3)
    }
  }

  @Test func columnsMisspeltAreGuessed() async throws {
    try await withTable("size,price\n1,2\n2,3\n") { path in
      let text = message { _ = try examples(path, ["target": "Pirce"]) }
      #expect(text.contains("Did you mean \"price\"?"), "\(text)")
      #expect(throws: RunError.self) { try examples(path, ["target": "price", "types": "size=word"]) }
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
