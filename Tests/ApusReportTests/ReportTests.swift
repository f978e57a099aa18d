import ApusReport
import ApusTestSupport
import Foundation
import Testing

@Suite struct ReportTests {
  private static let evil = "<script>alert('x')</script> & \"co\""

  /// A page with every kind of block, all of whose texts are one text.
  static func everything(_ text: String) -> Report {
    let image = Report.Image(bytes: [1, 2, 3], type: "image/png", width: 2, height: 1)
    let item = Report.Gallery.Item([image, image], alt: text, title: text, caption: text, mark: .wrong)
    let chart = SVGChart(title: text, xLabel: text, yLabel: text, series: [.init(text, [.init(x: 0, y: 0)])])
    let blocks: [Report.Block] = [
      .heading(text), .paragraph(text), .preformatted(text),
      .charts([
        chart, PredictionChart(targetName: text, truths: [1, 2], predictions: [2, 1]),
        ReliabilityChart(
          title: text, bins: [.init(lower: 0.5, upper: 1, count: 3, confidence: 0.7, accuracy: 0.6)]),
        SVGDrawing("<svg></svg>"),
      ]),
      .table(
        .init(
          [.init(text), .init(text, .leading)],
          rows: [[.init(text), .init(text, detail: text, bar: 0.5)], [.init(text)]], width: .narrow)),
      .facts([.init(text, [.init(text, text)])]),
      .gallery(.init([item], layout: .pairs, query: item)), .image(image, title: text, caption: text),
      .list([text]), .details(title: text, items: [text]),
      .confusionMatrix(.init(classNames: [text, text], counts: [[1, 2], [3]])),
      .confusionMatrix(
        .init(
          classNames: (0..<41).map { text + "\($0)" },
          counts: (0..<41).map { row in (0..<41).map { row == 1 && $0 == 2 ? 5 : 0 } })),
    ]
    return Report(
      title: text, lead: text, figures: [.init(text, text)],
      sections: [text, text, ""].map { .init(id: $0, title: text, note: text, blocks: blocks) }, footer: text)
  }

  @Test func textIsNeverMarkup() throws {
    let page = Self.everything(Self.evil).html()
    #expect(!page.contains("<script") && !page.contains("alert('x')") && !page.contains("\"co\""))
    #expect(page.ranges(of: "&lt;script&gt;").count > 100)
    // The same tags, whatever the texts are: nothing leaks out of text or attributes.
    let plain = Self.everything("plain").html()
    func tags(_ page: String) -> [String] { page.matches(of: #/<(/?[a-z0-9]+)/#).map { String($0.1) } }
    #expect(tags(page) == tags(plain))
  }

  @Test func aPageLoadsNothing() {
    let page = Self.everything("x").html()
    let addresses = page.matches(of: #/(?:src|href)="([^"]*)"/#).map { String($0.1) }
    #expect(addresses.count > 10 && addresses.allSatisfy { $0.hasPrefix("data:") || $0.hasPrefix("#") })
    #expect(!page.contains("url(") && !page.contains("@import") && !page.contains("<script"))
    #expect(!page.replacing("http://www.w3.org/2000/svg", with: "").contains("http"))
  }

  @Test func idsAreUniqueAndLinksReachThem() {
    let page = Self.everything("a b&c").html()
    let ids = page.matches(of: #/<section id="([^"]*)"/#).map { String($0.1) }
    #expect(ids == ["a-b-c", "a-b-c-2", "section"])
    #expect(page.matches(of: #/href="#([^"]+)"/#).map { String($0.1) } == ids)
  }

  @Test func pagesAreAccessible() throws {
    let page = Self.everything("x").html()
    #expect(page.ranges(of: "<img ").count == page.matches(of: #/<img [^>]*alt="/#).count)
    #expect(page.ranges(of: "<th").count == page.matches(of: #/<th(ead)? ?(scope="(row|col)")?/#).count)
    #expect(!page.contains("<th>") && page.ranges(of: "<h1").count == 1)
    // No level is left out.
    var last = 1
    for level in page.matches(of: #/<h([1-6])/#).compactMap({ Int($0.1) }) {
      #expect(level <= last + 1)
      last = level
    }
    #expect(page.ranges(of: "<svg class").count == page.ranges(of: "role=\"img\" aria-label=").count)
  }

  @Test func emptySectionsAndBlocksAreLeftOut() {
    var report = Report(title: "t", footer: "")
    report.sections = [
      .init(
        id: "empty", title: "Empty",
        blocks: [
          .heading(""), .charts([]), .list([]), .details(title: "d", items: []), .gallery(.init([])),
          .facts([.init("g", [])]), .table(.init(["a"], rows: [])),
          .confusionMatrix(.init(classNames: [], counts: [])),
        ]),
      .init(id: "note", title: "Note", note: "n", blocks: [.list([])]),
    ]
    let page = report.html()
    #expect(!page.contains("Empty") && page.contains("Note"))
    #expect(!page.contains("<ul") && !page.contains("<nav") && !page.contains("<footer"))
  }

  @Test func longListsAreCutOff() {
    let report = Report(
      title: "t",
      sections: [
        .init(id: "s", title: "s", blocks: [.details(title: "Files", items: (0..<1025).map { "file \($0)" })])
      ])
    let page = report.html()
    #expect(page.contains("<summary>Files: 1,025</summary>") && page.contains("and 1,005 more"))
    #expect(page.contains("file 19<") && !page.contains("file 20<"))
  }

  @Test func matricesOfManyClassesBecomeLists() {
    let names = (0..<41).map { "class\($0)" }
    var counts = names.map { _ in [Int](repeating: 0, count: 41) }
    (counts[3][4], counts[3][3], counts[7][1]) = (2, 6, 5)
    let page = Report(
      title: "t",
      sections: [
        .init(id: "s", title: "s", blocks: [.confusionMatrix(.init(classNames: names, counts: counts))])
      ]
    ).html()
    #expect(!page.contains("class=\"matrix\""))
    let rows = page.matches(
      of: #/<tr><th scope="row"[^>]*>(.*?)<\/th><td[^>]*>(.*?)<\/td><td>(.*?)<\/td><td>(.*?)<\/td>/#)
    #expect(
      rows.map { "\($0.1) \($0.2) \($0.3) \($0.4)" } == [
        "class7 class1 5 100.0\u{202f}%", "class3 class4 2 25.0\u{202f}%",
      ])
  }

  @Test func cellsShowIntervalsAndUnknownNumbers() {
    typealias Cell = Report.Table.Cell
    #expect(Cell.percent(0.95, interval: (0.9, 0.98)) == Cell("95.0 %", detail: "90.0 – 98.0 %"))
    #expect(
      Cell.percent(.nan, interval: (0, 1)) == "–" && Cell.percent(0.5, interval: (.nan, 1)).detail.isEmpty)
    #expect(Cell.number(1.23456, interval: (1, 2)) == Cell("1.235", detail: "1 – 2"))
    #expect(Cell.number(0.5, interval: (0.25, 0.75), decimals: 2) == Cell("0.50", detail: "0.25 – 0.75"))
    #expect(Cell.count(12_345) == "12,345")
  }

  @Test func pagesAreWritten() throws {
    try withTemporaryFolder { folder in
      let report = Self.everything("x")
      try report.write(to: folder + "/report.html")
      #expect(try String(contentsOfFile: folder + "/report.html", encoding: .utf8) == report.html())
      #expect(throws: (any Error).self) { try report.write(to: folder + "/none/report.html") }
    }
  }
}
