extension CalibrationReport {
  /// A reliability diagram as a self-contained SVG: for each bin with samples, a bar as high as the share of right
  /// answers, beside the line on which a model is as often right as it is sure. Bars of few samples are pale.
  public func svg(title: String = "Reliability") -> String {
    let (width, height, left, bottom, top, right) = (520.0, 400.0, 66.0, 352.0, 48.0, 504.0)
    func x(_ share: Double) -> String { ReportText.fixed(left + share * (right - left), 1) }
    func y(_ share: Double) -> String { ReportText.fixed(bottom - share * (bottom - top), 1) }
    var parts = ["<text class=\"title\" x=\"4\" y=\"20\">\(HTML.escaped(title))</text>"]
    for tick in stride(from: 0.0, through: 1, by: 0.2) {
      let label = ReportText.percent(tick, digits: 0)
      parts.append("<path class=\"grid\" d=\"M\(x(0)) \(y(tick))H\(x(1))\"/>")
      parts.append(
        "<text x=\"\(ReportText.fixed(left - 8, 1))\" y=\"\(y(tick))\" dy=\"4\" text-anchor=\"end\">\(label)</text>"
      )
      parts.append(
        "<text x=\"\(x(tick))\" y=\"\(ReportText.fixed(bottom + 18, 1))\" text-anchor=\"middle\">\(label)</text>"
      )
    }
    let fullest = Double(bins.map(\.count).max() ?? 1)
    for bin in bins where bin.count > 0 {
      let opacity = 0.3 + 0.7 * (Double(bin.count) / max(1, fullest)).squareRoot()
      let words =
        "sure to \(ReportText.percent(bin.lower, digits: 0)) – \(ReportText.percent(bin.upper, digits: 0)): "
        + "\(bin.count) samples, \(ReportText.percent(bin.accuracy)) right"
      parts.append(
        "<path class=\"column\" fill-opacity=\"\(ReportText.fixed(opacity, 2))\" d=\"M\(x(bin.lower + 0.004)) \(y(0))"
          + "V\(y(bin.accuracy))H\(x(bin.upper - 0.004))V\(y(0))Z\"><title>\(HTML.escaped(words))</title></path>"
      )
      // Where the bar's mean confidence lies on the line: the distance is the gap.
      parts.append(
        "<circle class=\"dot\" cx=\"\(x(bin.confidence))\" cy=\"\(y(bin.accuracy))\" r=\"3.5\"/>")
    }
    parts.append("<path class=\"diagonal\" d=\"M\(x(0)) \(y(0))L\(x(1)) \(y(1))\"/>")
    parts.append("<path class=\"axis\" d=\"M\(x(0)) \(y(0))H\(x(1))\"/>")
    parts.append(
      "<text x=\"\(ReportText.fixed((left + right) / 2, 1))\" y=\"\(ReportText.fixed(height - 10, 1))\" "
        + "text-anchor=\"middle\">how sure the model is</text>")
    parts.append(
      "<text transform=\"translate(14 \(ReportText.fixed((top + bottom) / 2, 1))) rotate(-90)\" "
        + "text-anchor=\"middle\">how often it is right</text>")
    return """
      <svg class="apus-chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(ReportText.fixed(width, 0)) \
      \(ReportText.fixed(height, 0))" role="img" aria-label="\(HTML.escaped(title)): how often the model is right, \
      by how sure it is">
      <style>\(SVGChart.style).apus-chart .diagonal{stroke:var(--chart-axis);stroke-dasharray:5 4;fill:none}\
      .apus-chart .column{fill:var(--chart-0)}.apus-chart .dot{fill:var(--chart-1)}</style>
      \(parts.joined(separator: "\n"))
      </svg>
      """
  }
}

extension DataCurve {
  /// The measured errors and the power law through them, up to twice the samples, as a self-contained SVG.
  public func svg(title: String = "Errors by number of samples") -> String {
    let last = points.last?.count ?? 1
    let first = points.first?.count ?? 1
    let steps = 24
    let law = (0...steps).map { step -> SVGChart.Point in
      let share = Double(step) / Double(steps)
      let count = Double(first) + share * Double(2 * last - first)
      return SVGChart.Point(x: count, y: 100 * error(at: Int(count)))
    }
    let tries = points.flatMap { point in
      point.errors.map { SVGChart.Point(x: Double(point.count), y: 100 * $0) }
    }
    var chart = SVGChart(
      title: title, xLabel: "samples to learn from", yLabel: "wrong answers, %",
      series: [
        SVGChart.Series("measured", points.map { .init(x: Double($0.count), y: 100 * $0.error) }),
        SVGChart.Series("expected", law),
      ])
    // Each try by itself: a break after each keeps them dots.
    chart.series.append(
      SVGChart.Series("tries", tries.flatMap { [$0, SVGChart.Point(x: .nan, y: .nan)] }))
    chart.marks = [(Double(last), "now")]
    chart.countsAlongX = true
    return chart.svg()
  }
}
