import ApusData
import ApusTasks
import ApusTestSupport
import Foundation
import Testing

@testable import ApusTabular

/// Rows in memory.
struct MemoryRecords: RecordSource {
  let columnNames: [String]
  let rows: [[String]]
  var count: Int { rows.count }
  func fields(_ row: Int) throws -> [String] { rows[row] }
}

@Suite struct FeatureEncoderTests {
  private func encoder(
    _ names: [String], _ rows: [[String]], target: Column? = nil, types: [String: ColumnType] = [:],
    allowed: Set<String> = []
  ) throws -> FeatureEncoder {
    let table = TableRows(
      source: MemoryRecords(columnNames: names, rows: rows), rows: Array(rows.indices),
      names: rows.indices.map { "row \($0)" }, missingTexts: CSVFormat().missingTexts, types: types)
    return try FeatureEncoder(
      table, target: target.flatMap { LeakTarget([$0]) }, ignored: [], allowed: allowed)
  }

  private func features(_ encoder: FeatureEncoder, _ names: [String], _ fields: [String]) throws -> [Float] {
    try encoder.features(fields, encoder.places(in: names, path: "t"), path: "t")
  }

  @Test func numbersAreCenteredInDouble() throws {
    let encoder = try encoder(["x"], (0..<100).map { ["\(1_700_000_000 + $0 % 2)"] })
    #expect(try features(encoder, ["x"], ["1700000000"]) == [-1])
    #expect(try features(encoder, ["x"], ["1700000001"]) == [1])
  }

  @Test func datesBecomeParts() throws {
    let rows = (1...28).map { ["\($0)/02/2024"] } + [["29/03/2024"]]
    let encoder = try encoder(["when"], rows)
    #expect(encoder.featureNames == ["when month", "when day", "when weekday", "when days"])
    let first = try features(encoder, ["when"], ["1/02/2024"])
    let second = try features(encoder, ["when"], ["2/02/2024"])
    #expect(first[0] == second[0] && first[1] < second[1] && first[3] < second[3])
  }

  @Test func wordsAndMissingValues() throws {
    let encoder = try encoder(
      ["ok", "color"], [["yes", "red"], ["No", "green"], ["", "red"], ["yes", "NA"]])
    #expect(
      encoder.featureNames == ["ok=yes", "ok is missing", "color=green", "color=red", "color is missing"])
    #expect(try features(encoder, ["ok", "color"], ["YES", "green"]) == [1, 0, 1, 0, 0])
    #expect(try features(encoder, ["ok", "color"], ["", "?"]) == [1, 1, 0, 1, 1])
    #expect(try features(encoder, ["color", "ok"], ["blue", "no"]) == [0, 0, 0, 0, 0])
  }

  @Test func rareLevelsArePooled() throws {
    let rows = (0..<600).map { ["level \($0 % 150 < 99 ? $0 % 150 : $0 % 3 == 0 ? 99 : $0 % 150)"] }
    let encoder = try encoder(["c"], rows)
    #expect(encoder.featureNames.count == FittedColumn.levelLimit + 1)
    #expect(encoder.notes.contains { $0.contains("most frequent") })
    #expect(try features(encoder, ["c"], ["never seen"]).last == 1)
  }

  @Test func uselessColumnsAreLeftOutWithAReason() throws {
    let names = ["id", "same", "none", "mail", "x"]
    let rows = (0..<30).map { ["\($0)", "a", "", "u\($0)@b.org", "\(Double($0 % 7) / 2)"] }
    let encoder = try encoder(names, rows)
    #expect(encoder.featureNames == ["x"] && encoder.idColumn == "id")
    #expect(encoder.leftOut.map(\.name) == ["id", "same", "none", "mail"])
    #expect(encoder.warnings.contains { $0.contains("--types id=category") })
    let kept = try self.encoder(names, rows, types: ["id": .number])
    #expect(kept.featureNames == ["id", "x"])
    // Where ids are all there is, they are what is learned from.
    #expect(try self.encoder(["id"], rows.map { [$0[0]] }).featureNames == ["id"])
    #expect(throws: DataError.self) { try self.encoder(["same"], rows.map { [$0[1]] }) }
  }

  @Test func leaksAreLeftOutUnlessAllowed() throws {
    let rows = (0..<100).map { ["\($0 * 37 % 47)", "\($0 * 53 % 41)", "\(Double($0 * 37 % 47) * 2 + 1)"] }
    let target = Column("y", .numbers((0..<100).map { Double($0 * 37 % 47) * 2 + 1 }))
    let guarded = try encoder(["a", "b", "c"], rows, target: target)
    #expect(guarded.featureNames == ["b"])
    #expect(guarded.leftOut.map(\.name) == ["a", "c"])
    #expect(guarded.warnings.allSatisfy { $0.contains("--allow-leak") })
    #expect(
      try encoder(["a", "b", "c"], rows, target: target, allowed: ["a"]).featureNames == ["a", "b"])
    // The only column stays.
    let only = try encoder(["a"], rows.map { [$0[0]] }, target: target)
    #expect(only.featureNames == ["a"] && only.notes.contains { $0.contains("may be a leak") })
  }

  @Test func surprisesAreCounted() throws {
    let encoder = try encoder(["x", "c"], [["1.5", "a"], ["2", "b"], ["4", "a"]])
    var surprises = Surprises()
    let places = try encoder.places(in: ["c", "x"], path: "t")
    for (row, fields) in [["z", "9"], ["a", "word"], ["y", "2"], ["b", ""]].enumerated() {
      _ = try encoder.features(fields, places, path: "t") { kind, column, text in
        surprises.add(kind, column: column, text: text, name: "t:\(row)")
      }
    }
    let notes = surprises.notes
    #expect(notes.count == 4)
    #expect(notes[0].contains("2 rows") && notes[0].contains("“z” first, in t:0"))
    #expect(notes[1].contains("“9” first") && notes[2].contains("“word” first"))
    #expect(notes[3].contains("t:3"))
  }

  @Test func missingColumnsAreNamedWithTheNearest() throws {
    let encoder = try encoder(["width", "c"], [["1.5", "a"], ["2", "b"]])
    let text = message { _ = try encoder.places(in: ["Widht", "c"], path: "t.csv") }
    #expect(text.contains("\"width\"") && text.contains("Did you mean \"Widht\"?"), "\(text)")
  }

  @Test func isReadBackAsItWasSaved() throws {
    let rows = (1...28).map { ["\($0)/02/2024", "\($0 % 3).5", "c\($0 % 4)", $0 % 2 == 0 ? "yes" : "no"] }
    let names = ["d", "x", "c", "b"]
    let encoder = try encoder(names, rows)
    let back = try JSONDecoder().decode(FeatureEncoder.self, from: JSONEncoder().encode(encoder))
    #expect(back == encoder && back.featureNames == encoder.featureNames)
    for row in rows { #expect(try features(back, names, row) == features(encoder, names, row)) }
  }

  @Test func encodersOfEarlierVersionsAreRead() throws {
    try withTemporaryTable("x,c,y\n1,a,1\n3,,2\n,b,3\n") { table in
      let earlier = try TableEncoder(schema: TableSchema(of: table), target: nil, ignoring: ["y"])
      let back = try JSONDecoder().decode(FeatureEncoder.self, from: JSONEncoder().encode(earlier))
      #expect(back.featureNames == earlier.featureNames)
      let bound = try RecordEncoder(earlier, columnNames: ["x", "c"], path: "t")
      for fields in [["1", "a"], ["", ""], ["7", "b"], ["2", "z"]] {
        var unknown: String?
        let old = try bound.features(fields, unknown: &unknown)[0].scalars(as: Float.self)
        #expect(try features(back, ["x", "c"], fields) == old)
      }
    }
  }

  private func withTemporaryTable(_ text: String, _ body: (CSVTable) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "apus-\(UUID().uuidString).csv"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(CSVTable(path: path))
  }
}
