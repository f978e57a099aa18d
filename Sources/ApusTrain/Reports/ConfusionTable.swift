/// A confusion matrix as a table, coloured by how often.
package struct ConfusionTable {
  private let report: ClassificationReport

  /// Beyond this many classes nobody reads a matrix.
  private static let classLimit = 40

  /// The table of a report; nil where there are too many classes to be read.
  package init?(_ report: ClassificationReport) {
    guard report.classNames.count <= Self.classLimit else { return nil }
    self.report = report
  }

  /// The table and the meaning of its colours.
  package func html() -> String {
    let head = report.classNames.map { "<th scope=\"col\"><span>\(HTML.escaped($0))</span></th>" }
    let rows = report.counts.enumerated().map { truth, row in
      let cells = row.enumerated().map { cell(truth: truth, prediction: $0, count: $1) }
      return "<tr><th scope=\"row\">\(HTML.escaped(report.classNames[truth]))</th>\(cells.joined())</tr>"
    }
    return """
      <div class="scroll"><table class="matrix">
      <thead><tr><th></th>\(head.joined())</tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table></div>
      <p class="axes"><span>Rows: what it is. Columns: what the model says.</span>\
      <span><i style="background:rgb(var(--heat))"></i>right</span>\
      <span><i style="background:rgb(var(--wrong))"></i>wrong</span></p>
      """
  }

  private func cell(truth: Int, prediction: Int, count: Int) -> String {
    let names = report.classNames
    let title = HTML.escaped("\(count) × \(names[truth]), predicted \(names[prediction])")
    guard count > 0 else { return "<td class=\"zero\" title=\"\(title)\">0</td>" }
    // The root makes the few per cent of a mistake visible beside the ninety of what is right.
    let share = Double(count) / Double(max(1, report.support(truth)))
    let alpha = truth == prediction ? 0.12 + 0.83 * share : min(0.95, 0.06 + 1.1 * share.squareRoot())
    var kinds: [String] = truth == prediction ? [] : ["miss"]
    if alpha > 0.55 { kinds.append("strong") }
    let kind = kinds.isEmpty ? "" : " class=\"\(kinds.joined(separator: " "))\""
    return "<td\(kind) style=\"--a:\(ReportText.fixed(alpha, 2))\" title=\"\(title)\">\(count)</td>"
  }
}
