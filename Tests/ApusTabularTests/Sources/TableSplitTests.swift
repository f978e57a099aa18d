import ApusData
import ApusTasks
import ApusTestSupport
import Foundation
import Testing

@testable import ApusTabular

@Suite struct TableSplitTests {
  private func read(
    _ text: String, _ options: [String: String], test: String? = nil
  ) throws -> Examples {
    try withTemporaryFolder { folder in
      let path = folder + "/table.csv"
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      var options = options
      if let test {
        options["test"] = folder + "/test.csv"
        try test.write(toFile: folder + "/test.csv", atomically: true, encoding: .utf8)
      }
      let source = try #require(
        try CSVFile.recognize(DataRequest(path, options: Options(options.merging(["target": "y"]) { $1 }))))
      return try source.read(for: nil, .silent)
    }
  }

  @Test func laterRowsAreTheTestSetAndMomentsStayTogether() throws {
    // Ten days of three rows each, in mixed order.
    let rows = (0..<30).map { (day: $0 * 7 % 10 + 1, y: Double($0)) }
    let text =
      "day,x,y\n" + rows.map { "2024-03-\($0.day < 10 ? "0" : "")\($0.day),\($0.y * 2),\($0.y)\n" }.joined()
    let examples = try read(text, ["split": "time:day"])
    func days(_ part: Part) -> Set<Int> {
      Set(rows.indices.filter { examples.parts[$0] == part }.map { rows[$0].day })
    }
    #expect(days(.test) == [9, 10])
    let (lastTraining, firstValidation) = (days(.training).max() ?? 0, days(.validation).min() ?? 0)
    #expect((days(.validation).max() ?? 0) < 9 && lastTraining < firstValidation)
    #expect(days(.training).isDisjoint(with: days(.validation)))
    #expect(examples.notes.contains { $0.contains("split by \"day\"") })
    // Without a word, the note says that time matters.
    #expect(try read(text, [:]).notes.contains { $0.contains("--split time:day") })
  }

  @Test func groupsStayWholeAndAreNoFeature() throws {
    let text = "who,x,y\n" + (0..<40).map { "p\($0 % 8),\($0),\($0 * $0 % 11)\n" }.joined()
    let examples = try read(text, ["split": "group:who"])
    let groups = try #require(examples.groups)
    #expect(Set(groups).count == 8 && groups[0] == groups[8])
    #expect(TableSettings(examples.attributes).ignored == ["y", "who"])
    let parts = try examples.split(strata: nil, seed: 1)
    func groupsOf(_ part: Part) -> Set<Int> { Set((parts[part] ?? []).map { groups[$0] }) }
    for part in Part.allCases {
      for other in Part.allCases where other != part {
        #expect(groupsOf(part).isDisjoint(with: groupsOf(other)))
      }
    }
  }

  @Test func aTableOfTestRowsMayHaveItsColumnsInAnotherOrder() throws {
    let text = "x,color,y\n" + (0..<20).map { "\($0),red,\($0 * 3)\n" }.joined()
    let test = "y,color,x\n" + (0..<5).map { "\($0 * 30),blue,\($0 * 10)\n" }.joined() + "6,red,2\n"
    let examples = try read(text, [:], test: test)
    #expect(examples.count == 26 && examples.parts.suffix(6).allSatisfy { $0 == .test })
    guard case .records(let records) = try examples.input().values else { return }
    #expect(try records.fields(21) == ["10", "blue", "30"])
    #expect(examples.notes.contains { $0.contains("1 row of the test set equal to a training row") })
    let missing = #expect(throws: (any Error).self) { try read(text, [:], test: "y,colour,x\n1,red,2\n") }
    #expect("\(missing as Any)".contains("color"))
  }

  @Test func wrongSplitsAreNamed() throws {
    let text = "x,w,y\n" + (0..<20).map { "\($0),word\($0 % 3),\($0 * 3)\n" }.joined()
    #expect(throws: DataError.self) { try read(text, ["split": "sideways"]) }
    #expect(throws: DataError.self) { try read(text, ["split": "time:w"]) }
    #expect(throws: (any Error).self) { try read(text, ["split": "time:nowhere"]) }
    #expect(throws: RunError.self) { try read(text, ["test-fraction": "0.1"], test: text) }
    // Of a table of test rows and a split by time, the last of the others validate.
    let both = try read(text, ["split": "time:x"], test: text)
    #expect(both.parts.prefix(20).filter { $0 == .validation }.count == 4 && both.parts[19] == .validation)
    let same = "t,y\n" + (0..<20).map { "2024-01-01,\($0)\n" }.joined()
    #expect(throws: DataError.self) { try read(same, ["split": "time:t"]) }
  }
}
