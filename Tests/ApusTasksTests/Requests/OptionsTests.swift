import ApusData
import ApusTestSupport
import Testing

@testable import ApusTasks

@Suite struct OptionsTests {
  private enum Color: String, CaseIterable { case red, green }
  private func options(_ value: String) -> Options { Options(["name": value]) }

  @Test func nothingGivenIsNil() throws {
    let none = Options()
    #expect(none.text("name") == nil && none.list("name") == nil && none.flag("name") == nil)
    #expect(try none.integer("name", in: 0...1) == nil)
    #expect(try none.number("name", above: 0, to: 1) == nil)
    #expect(try none.choice("name", of: Color.self) == nil)
    #expect(try none.units("name") == nil)
  }

  @Test func textsListsAndFlags() {
    #expect(options(" a ").text("name") == " a ")
    #expect(options(" a, b ,,c ").list("name") == ["a", "b", "c"])
    #expect(options("").list("name") == [])
    #expect(options("true").flag("name") == true)
    #expect(options("false").flag("name") == false)
  }

  @Test func wholeNumbers() throws {
    for (text, value) in [("1", 1), ("5", 5), ("-3", -3)] {
      #expect(try options(text).integer("name", in: -3...5) == value)
    }
    for text in ["6", "-4", "1.0", "1e2", "", " 1", "one", "99999999999999999999", "nan"] {
      let found = message { _ = try options(text).integer("name", in: -3...5) }
      #expect(
        found.contains("--name") && found.contains("-3 to 5") && found.contains("\"\(text)\""), "\(found)")
    }
  }

  @Test func numbers() throws {
    for (text, value) in [("1", 1.0), ("0.5", 0.5), ("1e-9", 1e-9)] {
      #expect(try options(text).number("name", above: 0, to: 1) == value)
    }
    for text in ["0", "-1", "1.01", "nan", "inf", "", "0,5", "half"] {
      let found = message { _ = try options(text).number("name", above: 0, to: 1) }
      #expect(found.contains("--name") && found.contains("\"\(text)\""), "\(found)")
    }
  }

  @Test func choicesAndUnits() throws {
    #expect(try options("red").choice("name", of: Color.self) == .red)
    for text in ["Red", "", "blue"] {
      let found = message { _ = try options(text).choice("name", of: Color.self) }
      #expect(found.contains("--name") && found.contains("red, green"), "\(found)")
    }
    #expect(try options("8, 16,32").units("name") == [8, 16, 32])
    for text in [
      "", "0", "-1", "8,x", "8.5", "16385", [String](repeating: "1", count: 65).joined(separator: ","),
    ] {
      #expect(throws: DataError.self, "\(text)") { try options(text).units("name") }
    }
  }
}
