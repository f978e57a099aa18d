/// The one builder of pages: a head, the title with what matters most, a table of contents, the sections, a footer.
struct Page {
  let report: Report

  /// With fewer sections nobody needs a table of contents.
  private static let contentsCount = 3

  func html() -> String {
    let sections = report.sections.filter { !$0.isEmpty }
    let ids = Self.uniqueIDs(sections.map(\.id))
    var parts = ["<h1>\(HTML.text(report.title))</h1>"]
    if !report.lead.isEmpty { parts.append("<p class=\"lead\">\(HTML.text(report.lead))</p>") }
    if !report.figures.isEmpty {
      let figures = report.figures.map {
        "<div><b>\(HTML.text($0.value))</b><span>\(HTML.text($0.meaning))</span></div>"
      }
      parts.append("<div class=\"figures\">\(figures.joined())</div>")
    }
    if sections.count >= Self.contentsCount {
      let links = Self.withChapters(
        zip(ids, sections).map { ($1.chapter, "<a href=\"#\($0)\">\(HTML.text($1.title))</a>") },
        heading: { "<b>\(HTML.text($0))</b>" })
      parts.append("<nav aria-label=\"Contents\">\(links.joined())</nav>")
    }
    parts += Self.withChapters(
      zip(ids, sections).map { ($1.chapter, Self.section($1, id: $0)) },
      heading: { "<p class=\"chapter\">\(HTML.text($0))</p>" })
    if !report.footer.isEmpty { parts.append("<footer>\(HTML.text(report.footer))</footer>") }
    // The empty icon keeps browsers from asking for one.
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <link rel="icon" href="data:,">
      <title>\(HTML.escaped(report.title))</title>
      <style>
      \(PageStyle.css)
      </style>
      </head>
      <body>
      <main>
      \(parts.joined(separator: "\n"))
      </main>
      </body>
      </html>

      """
  }

  /// Parts with a heading before the first of each chapter.
  private static func withChapters(
    _ parts: [(chapter: String, html: String)], heading: (String) -> String
  ) -> [String] {
    var last = ""
    return parts.flatMap { chapter, html in
      defer { last = chapter }
      return chapter.isEmpty || chapter == last ? [html] : [heading(chapter), html]
    }
  }

  private static func section(_ section: Report.Section, id: String) -> String {
    var parts = ["<section id=\"\(id)\">", "<h2>\(HTML.text(section.title))</h2>"]
    if !section.note.isEmpty { parts.append("<p class=\"note\">\(HTML.text(section.note))</p>") }
    parts += section.blocks.filter { !$0.isEmpty }.map { $0.html() }
    return (parts + ["</section>"]).joined(separator: "\n")
  }

  /// Names of letters, digits and hyphens, none of them twice.
  static func uniqueIDs(_ ids: [String]) -> [String] {
    var taken: Set<String> = []
    return ids.map { id in
      let safe = id.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
      let base = safe.isEmpty ? "section" : String(safe)
      var name = base
      var number = 2
      while !taken.insert(name).inserted {
        name = "\(base)-\(number)"
        number += 1
      }
      return name
    }
  }
}
