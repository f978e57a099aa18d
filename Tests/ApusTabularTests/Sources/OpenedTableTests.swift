import ApusIO
import ApusTestSupport
import Foundation
import Testing

@testable import ApusTabular

@Suite struct OpenedTableTests {
  private let text = "name;größe\r\nÄrmel;1,5\nFuß;2,5\r\n"

  private func rows(_ bytes: [UInt8]) throws -> (names: [String], rows: [[String]], notes: [String]) {
    try withTemporaryFolder { folder in
      try Data(bytes).write(to: URL(fileURLWithPath: folder + "/t.csv"))
      let opened = try OpenedTable(path: folder + "/t.csv")
      #expect(opened.table.path == folder + "/t.csv" && opened.prefersComma)
      let rows = try (0..<opened.table.rowCount).map { try opened.table[$0].fields }
      return (opened.table.columnNames, rows, opened.notes)
    }
  }

  private func expectText(_ bytes: [UInt8], noting part: String?) throws {
    let found = try rows(bytes)
    #expect(found.names == ["name", "größe"] && found.rows == [["Ärmel", "1,5"], ["Fuß", "2,5"]])
    #expect(
      part.map { part in found.notes.contains { $0.contains(part) } } ?? found.notes.isEmpty, "\(found.notes)"
    )
  }

  @Test func encodingsAreFoundOut() throws {
    try expectText(Array(text.utf8), noting: nil)
    try expectText([0xef, 0xbb, 0xbf] + Array(text.utf8), noting: nil)
    let units = Array(text.utf16)
    try expectText([0xff, 0xfe] + units.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }, noting: "UTF-16")
    try expectText([0xfe, 0xff] + units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }, noting: "UTF-16")
    try expectText(text.unicodeScalars.map { UInt8($0.value) }, noting: "from line 1 on")
    try expectText(try Gzip.compress(Array(text.utf8)), noting: nil)
  }

  @Test func bytesOutsideOfUTF8AreFoundBehindManyLines() throws {
    let many = (0..<40_000).map { "a;é😀\($0)\n" }.joined()
    let found = try rows(Array(many.utf8))
    #expect(found.notes.isEmpty && found.rows.count == 39_999)
    let latin = try rows(Array(many.utf8) + [0x61, 0x3b, 0xe9, 0x80, 0x0a])
    #expect(latin.notes.contains { $0.contains("line 40001") })
    #expect(latin.rows.last == ["a", "é€"])
  }

  @Test func damagedFilesAreNamed() throws {
    let packed = try Gzip.compress(Array(text.utf8))
    let bad: [([UInt8], String)] = [
      (Array(packed.dropLast(9)), "gzip"), ([0xff, 0xfe, 0x61], "UTF-16"), (Array("a;b\n1;2;3\n".utf8), ":2"),
      (Array("a;a\n1;2\n".utf8), "both called"), (Array("a;b\n1;\0\n".utf8), "byte of zero"), ([], "empty"),
    ]
    for (bytes, part) in bad {
      var text = ""
      do { _ = try rows(bytes) } catch { text = "\(error)" }
      #expect(text.contains(part) && text.contains("t.csv"), "\(part): \(text)")
    }
  }
}
