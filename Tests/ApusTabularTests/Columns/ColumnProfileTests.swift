import ApusData
import Testing

@testable import ApusTabular

@Suite struct ColumnProfileTests {
  private func profile(
    _ cells: [String], name: String = "x", as type: ColumnType? = nil, prefersComma: Bool = false
  ) -> ColumnProfile {
    var summary = ColumnSummary(name: name, missingTexts: CSVFormat().missingTexts)
    for (row, cell) in cells.enumerated() { summary.add(cell, line: row + 2) }
    return ColumnProfile(summary, as: type, prefersComma: prefersComma)
  }

  @Test(arguments: ["unknown", "#N/A", "n/a", "None", "-", "inf", "oops"])
  func aFewTextsAmongNumbersAreMissing(_ text: String) {
    let column = profile((0..<99).map { "\(Double($0) + 0.5)" } + [text])
    #expect(column.type == .number && column.oddCount == 1)
    #expect(column.firstOdd?.text == text && column.firstOdd?.line == 101)
    #expect(column.statistics.mean == 49.5)
  }

  @Test func manyTextsAmongNumbersAreCategories() {
    let column = profile((0..<90).map { "\($0 % 7)" } + (0..<10).map { _ in "other" })
    #expect(column.type == .category && column.numberShare == 0.9)
    #expect(column.notes { "line \($0)" }.contains { $0.contains("90.0 %") })
    #expect(profile(["1", "2", "a", "b"], as: .number).oddCount == 2)
  }

  @Test func theColumnDecidesOnDecimalCommas() {
    #expect(profile(["1.234", "2,5", "3,75"]).statistics.maximum == 1234)
    #expect(profile(["1,234", "2.5", "3.75"]).statistics.maximum == 1234)
    #expect(profile(["1,234", "2,500"]).statistics.maximum == 2500)
    #expect(profile(["1,234", "2,500"], prefersComma: true).statistics.maximum == 2.5)
    #expect(profile(["$852", "$1,012,345", "$7"]).unit == "$")
  }

  @Test func numbersWithLargeOffsetsKeepTheirSpread() {
    let column = profile((0..<1000).map { "\(1_700_000_000 + $0 % 2)" })
    #expect(abs(column.statistics.std - 0.5) < 1e-9)
  }

  @Test func datesAreReadInTheOrderThatMostFit() {
    let days = profile(["03/04/2024", "31/12/2023", "01/02/2024"])
    #expect(days.type == .date && days.dateOrder == .dayFirst && !days.isDateOrderOpen && days.oddCount == 0)
    let months = profile(["03/04/2024", "12/31/2023"])
    #expect(months.dateOrder == .monthFirst && !months.isDateOrderOpen)
    let open = profile(["03/04/2024", "05/06/2024"])
    #expect(open.isDateOrderOpen && open.dependsOnDateOrder)
    #expect(!profile(["13.01.2024", "01.02.2024"]).dependsOnDateOrder)
    #expect(!profile(["03/03/2024", "2024-05-06"]).isDateOrderOpen)
    let both = profile((1...60).map { "31/\($0 % 2 == 0 ? "01" : "03")/20\(10 + $0 % 9)" } + ["12/31/2024"])
    #expect(both.type == .date && both.hasTwoDateOrders && both.oddCount == 1)
    #expect(both.firstOdd?.text == "12/31/2024")
  }

  @Test func wordsForYesAndNo() {
    for words in [["yes", "No"], ["TRUE", "false", "True"], ["y", "n"], ["T", "F"]] {
      #expect(profile(words).type == .boolean, "\(words)")
    }
    #expect(profile(["yes", "no", "maybe"]).type == .category)
    #expect(profile(["0", "1", "1"]).type == .number)
  }

  @Test func columnsThatSayNothing() {
    #expect(profile((0..<50).map { "\($0 * 7 % 50 + 1)" }).type == .id)
    #expect(profile((0..<50).map { "user\($0)@mail.org" }).type == .id)
    #expect(profile((0..<50).map { "\($0 * 1000 + 7)" }, name: "customer_id").type == .id)
    #expect(profile((0..<50).map { "\($0 * 1000 + 7)" }, name: "price").type == .number)
    #expect(profile((0..<50).map { "a sentence with the number \($0)" }).type == .text)
    #expect(profile(["a", "a", ""]).type == .constant && profile(["3", "3.0"]).type == .constant)
    #expect(profile(["", "NA"]).type == .empty)
    #expect(profile((0..<19).map { "\($0)" }).type == .number)
  }

  @Test func codesWithZerosInFrontAreCategories() {
    let column = profile((0..<60).map { $0 % 3 == 0 ? "01067" : "9940\($0 % 5)" })
    #expect(column.type == .category)
    let notes = column.notes { "line \($0)" }
    #expect(notes.count == 1 && notes[0].contains("begin with zeros"))
  }

  @Test func differentTextsAreCountedBeyondTheLimit() {
    let column = profile((0..<70_000).map { "level \($0 / 2)" })
    #expect(column.distinctCount == 35_000)
    let many = profile((0..<70_000).map { "\($0)x" })
    #expect(many.distinctCount == 70_000 && many.type == .id)
  }
}
