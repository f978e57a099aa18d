import Testing

@testable import ApusTabular

@Suite struct NumberCellTests {
  @Test(arguments: [
    ("1234.5", 1234.5, ""), ("-1e3", -1000, ""), ("1,234.5", 1234.5, ""), ("1 234", 1234, ""),
    ("1'234'567.25", 1_234_567.25, ""), ("$852", 852, "$"), ("-$1,012,345", -1_012_345, "$"),
    ("€ 3.5", 3.5, "€"),
    ("77.3%", 77.3, "%"), ("(1,500)", -1500, ""), ("($2.50)", -2.5, "$"), ("12 USD", 12, "USD"),
    ("+.5", 0.5, ""),
    ("\u{2212}7", -7, ""), ("3\u{A0}000", 3000, ""),
  ]) func pointsBeforeFractions(_ text: String, _ value: Double, _ unit: String) throws {
    #expect(NumberCell.read(text, decimalComma: false) == .init(value: value, unit: unit))
  }

  @Test(arguments: [
    ("2,5", 2.5), ("1.234,75", 1234.75), ("-0,5", -0.5), ("1.234", 1234), ("7", 7), ("1,5e3", 1500),
  ])
  func commasBeforeFractions(_ text: String, _ value: Double) {
    #expect(NumberCell.read(text, decimalComma: true)?.value == value)
  }

  @Test(arguments: [
    "", "-", "$", "%", "abc", "1,23", "1,2345", "12,34,56", "1.2.3", "0x10", "inf", "nan", "1e999", "(-5)",
    "--5",
    "1 2", "$5€", "5 apples", "1,234,56", "e5", "(", "()", "1'23",
  ]) func otherTextsAreNoNumbers(_ text: String) {
    #expect(NumberCell.read(text, decimalComma: false) == nil)
  }

  @Test func aPointIsNoFractionWhereCommasAre() {
    #expect(NumberCell.read("2.5", decimalComma: true) == nil)
    #expect(NumberCell.read("1,5", decimalComma: false) == nil)
  }
}

@Suite struct DateCellTests {
  /// Seconds from Python's `datetime(…, tzinfo=utc).timestamp()`.
  @Test(arguments: [
    ("1970-01-01", 0.0), ("2024-02-29", 1_709_164_800), ("1969-12-31", -86_400),
    ("2024-02-29T12:30:15Z", 1_709_209_815), ("2024-02-29 12:30", 1_709_209_800),
    ("2024-02-29 12:30:15.5", 1_709_209_815.5), ("2024-02-29T12:30:15+02:00", 1_709_202_615),
    ("2024/2/29", 1_709_164_800), ("29.02.2024", 1_709_164_800), ("29 Feb 2024", 1_709_164_800),
    ("Feb 29, 2024", 1_709_164_800), ("29-Feb-24", 1_709_164_800),
    ("February 29 2024 1:05 PM", 1_709_211_900),
    ("1899-12-31", -2_209_075_200), ("9999-12-31", 253_402_214_400),
  ]) func formsWithOneOrder(_ text: String, _ seconds: Double) {
    for order in [DateOrder.dayFirst, .monthFirst] {
      #expect(DateCell(text)?.seconds(order) == seconds, "\(text)")
    }
  }

  @Test func theColumnDecidesOnTheOrderOfOthers() {
    let date = DateCell("3/4/2024")
    #expect(date?.seconds(.dayFirst) == 1_712_102_400)
    #expect(date?.seconds(.monthFirst) == 1_709_510_400)
    #expect(DateCell("31/12/2024")?.seconds(.monthFirst) == nil)
    #expect(DateCell("31/12/2024")?.seconds(.dayFirst) == DateCell("2024-12-31")?.seconds(.dayFirst))
  }

  @Test(arguments: [
    "2024-13-01", "2023-02-29", "1.5", "12345678", "2024-01", "hello world", "10-15k", "2024-01-01 25:00",
    "2024-01-01x", "192.168.0.1", "1/2/3/4", "Marching 5 2024", "2024-01-01 12:60",
  ]) func otherTextsAreNoDates(_ text: String) {
    let seconds = DateCell(text)?.seconds(.dayFirst)
    #expect(seconds == nil)
  }

  @Test func calendarsTurnBack() {
    for days in stride(from: -200_000, through: 200_000, by: 37) {
      let date = DateCell.calendar(days: days)
      #expect(DateCell.days(year: date.year, month: date.month, day: date.day) == days)
    }
  }

  @Test func partsOfADate() throws {
    // 2024-02-29 was a Thursday.
    let seconds = try #require(DateCell("2024-02-29 18:30")?.seconds(.dayFirst))
    let parts = DatePart.allCases.map { $0.value(seconds) }
    #expect(parts == [2024, 2, 29, 3, 18.5, 19_782 + 18.5 / 24])
  }
}
