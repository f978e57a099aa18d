extension Report.Block {
  /// Longer lists that the reader opens are cut off here.
  private static let detailLimit = 20

  /// The block as HTML.
  func html() -> String {
    switch self {
    case .heading(let text): return "<h3>\(HTML.text(text))</h3>"
    case .paragraph(let text): return "<p class=\"note\">\(HTML.text(text))</p>"
    case .preformatted(let text):
      return "<div class=\"card\"><pre tabindex=\"0\">\(HTML.escaped(text))</pre></div>"
    case .charts(let charts):
      let cards = charts.map { "<div class=\"card\">\($0.svg())</div>" }
      return "<div class=\"charts\(charts.count == 1 ? " alone" : "")\">\(cards.joined())</div>"
    case .table(let table): return table.html()
    case .facts(let groups):
      let parts = groups.filter { !$0.facts.isEmpty }.map { $0.html() }
      return "<div class=\"facts\">\(parts.joined(separator: "\n"))</div>"
    case .gallery(let gallery): return gallery.html()
    case .image(let image, let title, let caption):
      let alt = title.isEmpty ? caption : title
      let head = title.isEmpty ? "" : "<b>\(HTML.text(title))</b> "
      return "<figure>\(image.html(alt: alt))<figcaption>\(head)\(HTML.text(caption))</figcaption></figure>"
    case .list(let items):
      return "<ul class=\"list\">\(items.map { "<li>\(HTML.text($0))</li>" }.joined())</ul>"
    case .details(let title, let items):
      let shown = items.prefix(Self.detailLimit).map { "<li>\(HTML.text($0))</li>" }
      let rest = items.count - shown.count
      let more = rest > 0 ? "<p class=\"note\">and \(Format.grouped(rest)) more</p>" : ""
      return "<details><summary>\(HTML.text(title)): \(Format.grouped(items.count))</summary>"
        + "<ul class=\"files\">\(shown.joined())</ul>\(more)</details>"
    case .confusionMatrix(let matrix): return matrix.html()
    }
  }
}

extension Report.FactGroup {
  func html() -> String {
    let head = title.isEmpty ? "" : "<h3>\(HTML.text(title))</h3>"
    let rows = facts.map { "<dt>\(HTML.text($0.name))</dt><dd>\(HTML.text($0.value))</dd>" }
    return "<div>\(head)<dl>\(rows.joined(separator: "\n"))</dl></div>"
  }
}

extension Report.Image {
  /// The image inside the page.
  func html(alt: String) -> String {
    "<img src=\"\(HTML.dataAddress(bytes, type: type))\" alt=\"\(HTML.escaped(alt))\" width=\"\(width)\" "
      + "height=\"\(height)\"\(isPixelated ? " class=\"pixelated\"" : "")>"
  }
}

extension Report.Gallery {
  func html() -> String {
    let list =
      items.isEmpty
      ? "" : "<ul class=\"gallery \(layout.rawValue)\">\n\(items.map(html).joined(separator: "\n"))\n</ul>"
    guard let query else { return list }
    return "<div class=\"query\"><ul class=\"gallery \(layout.rawValue)\">\(html(query))</ul>\(list)</div>"
  }

  private func html(_ item: Item) -> String {
    // The first image's words say what all of them show.
    let images = item.images.prefix(3).enumerated().map { $1.html(alt: $0 == 0 ? item.alt : "") }
    let mark = item.mark.map { " class=\"\($0.rawValue)\"" } ?? ""
    let caption = item.caption.isEmpty ? "" : "<span>\(HTML.text(item.caption))</span>"
    return "<li>\(images.joined())<div><b\(mark)>\(HTML.text(item.title))</b>\(caption)</div></li>"
  }
}

extension Report.Table {
  func html() -> String {
    let head = columns.indices.map {
      "<th scope=\"col\"\(style(of: $0))>\(HTML.text(columns[$0].title))</th>"
    }
    let lines = rows.map { row in
      let cells = columns.indices.map { column -> String in
        let content = column < row.count ? row[column].html() : ""
        return column == 0
          ? "<th scope=\"row\"\(style(of: column))>\(content)</th>"
          : "<td\(style(of: column))>\(content)</td>"
      }
      return "<tr>\(cells.joined())</tr>"
    }
    let label = HTML.escaped("Table: " + columns.map(\.title).filter { !$0.isEmpty }.joined(separator: ", "))
    return """
      <div class="scroll" role="region" aria-label="\(label)" tabindex="0"><table class="data \(width.rawValue)">
      <thead><tr>\(head.joined())</tr></thead>
      <tbody>
      \(lines.joined(separator: "\n"))
      </tbody></table></div>
      """
  }

  private func style(of column: Int) -> String {
    alignment(column) == .leading ? " class=\"leading\"" : ""
  }
}

extension Report.Table.Cell {
  func html() -> String {
    let bar = self.bar.map {
      "<span class=\"bar\"><i style=\"width:\(Format.fixed(100 * min(max($0, 0), 1), 1))%\"></i></span>"
    }
    return HTML.text(text) + (bar ?? "") + (detail.isEmpty ? "" : "<small>\(HTML.text(detail))</small>")
  }
}
