import ApusData
import ApusIO
import ApusTrain

/// A part of the page with a heading.
struct PhotoSection {
  let id: String
  let title: String
  /// How to read what follows.
  let note: String
  let body: String

  var html: String {
    let note = self.note.isEmpty ? "" : "<p class=\"note\">\(HTML.escaped(self.note))</p>\n"
    return "<section id=\"\(id)\">\n<h2>\(HTML.escaped(title))</h2>\n\(note)\(body)\n</section>"
  }
}

/// What pages about networks for photos have in common.
enum PhotoPage {
  /// A page of sections, with what matters most at its head.
  static func html(
    title: String, introduction: String, figures: [(value: String, meaning: String)], sections: [PhotoSection]
  ) -> String {
    let links = sections.map { "<a href=\"#\($0.id)\">\(HTML.escaped($0.title))</a>" }
    let cells = figures.map {
      "<div><b>\(HTML.escaped($0.value))</b><span>\(HTML.escaped($0.meaning))</span></div>"
    }
    let body =
      [
        "<h1>\(HTML.escaped(title))</h1>", "<p class=\"lead\">\(HTML.escaped(introduction))</p>",
        "<div class=\"figures\">\(cells.joined())</div>",
        "<nav aria-label=\"Contents\">\(links.joined())</nav>",
      ] + sections.map(\.html) + [
        "<footer>Written by apus. This page is one file: it needs no other and asks for nothing from the network.</footer>"
      ]
    return ReportPage.html(title: title, body: body.joined(separator: "\n"), style: PhotoReportStyle.css)
  }

  /// How it learned, stretch by stretch.
  /// - Parameters:
  ///   - measures: The title of a chart, the quantity's name, and what its axis is called.
  ///   - note: What the curves should do, as the beginning of a sentence.
  static func learning(
    _ phases: [PhotoReport.Phase], measures: [(title: String, quantity: String, label: String)], note: String
  ) -> PhotoSection? {
    let phases = phases.filter { !$0.history.epochs.isEmpty || $0.rates != nil }
    guard !phases.isEmpty else { return nil }
    let blocks = phases.map { phase in
      let cards = charts(of: phase, measures).map { "<div class=\"card\">\($0)</div>" }
      return (phases.count > 1 ? "<h3>\(HTML.escaped(phase.name))</h3>" : "")
        + "<div class=\"charts\">\(cards.joined())</div>"
    }
    let finder =
      phases.contains { $0.rates != nil }
      ? " The last chart is the search for the learning rate: the loss while the rate grew; a rate was "
        + "taken from where the loss falls steadily." : ""
    return PhotoSection(
      id: "learning", title: "How it learned",
      note: "An epoch is one look at all the photos. \(note); where the "
        + "validation line turns away from the training line, the network begins to learn photos by heart instead of "
        + "what they show." + finder,
      body: blocks.joined(separator: "\n"))
  }

  private static func charts(
    of phase: PhotoReport.Phase, _ measures: [(title: String, quantity: String, label: String)]
  ) -> [String] {
    let history = phase.history
    let epochs = history.epochs.indices.map { Double($0 + 1) }
    var charts = measures.compactMap { title, quantity, label -> String? in
      let series = [("training", quantity), ("validation", "val_" + quantity)].map { name, key in
        SVGChart.Series(
          name, zip(epochs, history[key]).filter { $1.isFinite }.map { SVGChart.Point(x: $0, y: $1) })
      }.filter { !$0.points.isEmpty }
      guard !series.isEmpty else { return nil }
      var chart = SVGChart(title: title, xLabel: "epoch", yLabel: label, series: series)
      chart.countsAlongX = true
      return chart.svg()
    }
    if history.epochs.count > 1 {
      var chart = SVGChart(
        title: "Learning rate", xLabel: "epoch", yLabel: "learning rate",
        series: [
          SVGChart.Series(
            "at the epoch's end", zip(epochs, history.epochs).map { .init(x: $0, y: $1.learningRate) })
        ])
      chart.countsAlongX = true
      charts.append(chart.svg())
    }
    return charts + (phase.rates.map { [$0.svg()] } ?? [])
  }

  /// Names and values, in blocks; the last one with the checksum of the model.
  static func origin(
    _ blocks: [(title: String, facts: [(name: String, value: String)])], modelPath: String?
  ) -> PhotoSection {
    var blocks = blocks
    if let modelPath, let hash = try? SHA256.hash(ofFile: modelPath), !blocks.isEmpty {
      blocks[blocks.count - 1].facts.append(("SHA-256 of the model", hash))
    }
    let parts = blocks.filter { !$0.facts.isEmpty }.map { title, facts in
      let rows = facts.map { "<dt>\(HTML.escaped($0.name))</dt><dd>\(HTML.escaped($0.value))</dd>" }
      return "<div><h3>\(title)</h3><dl>\(rows.joined(separator: "\n"))</dl></div>"
    }
    return PhotoSection(
      id: "origin", title: "What it was trained on", note: "",
      body: "<div class=\"facts\">\(parts.joined(separator: "\n"))</div>")
  }

  /// Where the weights come from, for `origin`.
  static func facts(_ origin: PhotoOrigin, network: String, size: ImageSize, seconds: Double) -> [(
    name: String, value: String
  )] {
    var facts: [(name: String, value: String)] = []
    if let folder = origin.folder { facts.append(("Folder", folder)) }
    if let count = origin.trainingCount {
      facts.append(("Learned from", "\(PhotoReport.grouped(count)) photos"))
    }
    if let count = origin.validationCount {
      facts.append(("Stopped by", "\(PhotoReport.grouped(count)) other photos"))
    }
    facts += [
      ("Network", network),
      ("First weights", origin.firstWeights ?? "random: it learned from these photos alone"),
      ("It sees", "\(size) pixels of each photo"),
    ]
    if let date = origin.date { facts.append(("Trained", date)) }
    return facts + [("Time", PhotoReport.duration(seconds))]
  }

  /// A table whose first column names its rows.
  static func table(_ head: [String], _ rows: [[String]], isNarrow: Bool = false) -> String {
    let titles = head.map { "<th scope=\"col\">\(HTML.escaped($0))</th>" }.joined()
    let lines = rows.map { row in
      "<tr><th scope=\"row\">\(row.first ?? "")</th>"
        + row.dropFirst().map { "<td>\($0)</td>" }.joined() + "</tr>"
    }
    return """
      <div class="scroll"><table class="scores\(isNarrow ? " narrow" : "")">
      <thead><tr>\(titles)</tr></thead>
      <tbody>
      \(lines.joined(separator: "\n"))
      </tbody></table></div>
      """
  }

  /// What a person should know who uses the network.
  static func limits(_ lines: [String]) -> PhotoSection {
    let items = lines.map { "<li>\(HTML.escaped($0))</li>" }.joined()
    return PhotoSection(
      id: "limits", title: "What it cannot do", note: "", body: "<ul class=\"limits\">\(items)</ul>")
  }

  /// What was said of the photos while they were looked at.
  static func notes(_ notes: [String]) -> PhotoSection? {
    guard !notes.isEmpty else { return nil }
    let items = notes.map { "<li>\(HTML.escaped($0))</li>" }.joined()
    return PhotoSection(
      id: "photos", title: "What was odd about the photos", note: "",
      body: "<ul class=\"files\">\(items)</ul>")
  }
}
