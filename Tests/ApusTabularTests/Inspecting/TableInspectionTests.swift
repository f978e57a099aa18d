import ApusTestSupport
import Testing

@testable import ApusTabular

@Suite struct TableInspectionTests {
  private func kinds(_ inspection: TableInspection, _ column: String? = nil) -> Set<
    TableInspection.Finding.Kind
  > {
    Set(inspection.findings.filter { column == nil || $0.columns.contains(column ?? "") }.map(\.kind))
  }

  @Test func whatIsOddIsNamed() async throws {
    let rows = (0..<200).map { row -> String in
      let price = row == 30 ? "oops" : "\"$\(row * 37 % 101),\(100 + row)\""
      let fraud = row < 3 ? "yes" : "no"
      return
        "\(row),\(price),2024-01-\(10 + row % 9),\(row % 5 == 0 ? "" : "c\(row % 3)"),same,\(fraud),\(fraud == "yes" ? 1 : 0)"
    }
    let text = "id,price,day,color,unit,fraud,flag\n" + rows.joined(separator: "\n") + "\n"
    try await withTable(text) { path in
      let found = try TableInspection(path: path, target: "fraud")
      #expect(
        found.columns.map(\.type) == [.id, .number, .date, .category, .constant, .boolean, .number])
      #expect(found.columns[1].unit == "$" && found.columns[3].missingCount == 40)
      #expect(kinds(found, "id") == [.unused] && kinds(found, "unit") == [.constant])
      #expect(kinds(found, "price") == [.mixed] && kinds(found, "color").isEmpty)
      #expect(kinds(found, "flag") == [.leak])
      #expect(kinds(found, "fraud") == [.imbalance, .rare])
      #expect(found.findings.contains { $0.text.contains("98.50 %") })
      #expect(
        found.text.contains("price") && found.text.contains("oops") && found.text.contains("2024-01-10"))
      #expect(found.json["rows"]?.integerValue == 200)
      #expect(found.json["columns"]?.arrayValue?.count == 7)
      #expect(found.json["findings"]?.arrayValue?.count == found.findings.count)
    }
  }

  @Test func anOrdinaryTableIsNotOdd() async throws {
    let rows = (0..<100).map { "\($0 * 37 % 101).5,\(["red", "green"][$0 % 2]),\($0 * 53 % 97)" }
    try await withTable("x,color,y\n" + rows.joined(separator: "\n")) { path in
      let found = try TableInspection(path: path, target: "y")
      #expect(found.findings.isEmpty, "\(found.findings.map(\.text))")
      #expect(found.text.contains("Nothing conspicuous."))
    }
  }

  @Test func datesInTwoOrdersAndEqualRows() async throws {
    let rows = (0..<60).map { "\(13 + $0 % 10)/0\(1 + $0 % 3)/2024,\($0 % 30),\($0 % 30)" }
    try await withTable("d,a,b\n" + (rows + ["12/31/2024,1,2"]).joined(separator: "\n")) { path in
      let found = try TableInspection(path: path)
      #expect(kinds(found).isSuperset(of: [.dates, .duplicates]), "\(found.findings.map(\.text))")
      #expect(found.findings.contains { $0.text.contains("two orders") })
    }
  }

  @Test func whatIsNoTableIsRefused() async throws {
    try await withTable("a,b\n") { path in
      #expect(message { _ = try TableInspection(path: path) }.contains("no rows"))
    }
    try await withTable("a,b\n1,2\n") { path in
      #expect(message { _ = try TableInspection(path: path, target: "c") }.contains("no column \"c\""))
    }
  }
}
