import ApusReport
import Testing

@Suite struct HTMLTests {
  @Test func markupIsEscaped() {
    #expect(
      HTML.escaped("<a href=\"x\">'&'</a>") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;")
    #expect(HTML.escaped("é 猫 🙂\n\t") == "é 猫 🙂\n\t")
    #expect(
      HTML.escaped("a\0b\u{1b}c\u{7f}d\u{85}e\u{ffff}") == "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}")
  }

  @Test func percentSignsStayWithTheirNumber() {
    #expect(HTML.text("95.2 % of a %") == "95.2\u{202f}% of a %")
    #expect(HTML.text("5 %<") == "5\u{202f}%&lt;")
  }

  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ])
  func dataAddressesAreBase64OfRFC4648(text: String, expected: String) {
    #expect(HTML.dataAddress(Array(text.utf8), type: "image/png") == "data:image/png;base64,\(expected)")
  }
}
