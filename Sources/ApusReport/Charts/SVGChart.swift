import Foundation

/// A line chart drawn as SVG: axes with round ticks, a legend, gaps where values are not finite. Self-contained:
/// no scripts, fonts or references, so it can be put into a web page or opened by itself.
public struct SVGChart: Chart {
  /// A place on a line.
  public struct Point: Sendable, Equatable {
    /// Along the horizontal axis.
    public var x: Double
    /// Along the vertical axis.
    public var y: Double

    /// A place on a line.
    public init(x: Double, y: Double) {
      self.x = x
      self.y = y
    }
  }

  /// A named line.
  public struct Series: Sendable {
    /// The name in the legend.
    public var name: String
    /// The places that the line joins, in order.
    public var points: [Point]
    /// Whether it is drawn thin and pale, as a noisy line behind its own mean is.
    public var isFaint: Bool

    /// A named line.
    public init(_ name: String, _ points: [Point], isFaint: Bool = false) {
      self.name = name
      self.points = points
      self.isFaint = isFaint
    }
  }

  /// How numbers become places along an axis.
  public enum Scale: String, Sendable {
    /// In proportion.
    case linear
    /// By their logarithm; numbers that are not positive are left out.
    case logarithmic
  }

  /// The heading.
  public var title: String
  /// What the horizontal axis counts.
  public var xLabel: String
  /// What the vertical axis counts.
  public var yLabel: String
  /// The lines.
  public var series: [Series]
  /// The horizontal scale.
  public var xScale: Scale
  /// Places marked by a vertical line and a word.
  public var marks: [(x: Double, label: String)] = []
  /// Whether the horizontal axis counts things, such as epochs: its ticks are whole numbers then.
  public var countsAlongX = false
  /// Size in pixels; the drawing scales with its container.
  public var size = (width: 520.0, height: 320.0)

  private static let margin = (left: 66.0, right: 16.0, top: 48.0, bottom: 48.0)
  /// More than the mean width of a glyph, also where a page enlarges the text for small screens: fonts are not known here.
  private static let glyphWidth = 8.5
  /// Numbers beyond this are left out, so that differences of any two stay finite.
  private static let largest = 1e300
  /// Lines of so few points show each of them.
  private static let dottedCount = 24

  /// Colors that people with any color vision tell apart (after Okabe and Ito), lighter on dark screens. All
  /// rules bear the drawing's class, so that a page may hold the drawing without being changed by it.
  static let style = """
    .apus-chart{--chart-text:#5d6068;--chart-title:#1c1d20;--chart-grid:#e8e8e4;--chart-axis:#a3a6ac;\
    --chart-0:#0072b2;--chart-1:#d55e00;--chart-2:#009e73;--chart-3:#cc79a7;--chart-4:#e69f00;--chart-5:#56b4e9}\
    @media(prefers-color-scheme:dark){.apus-chart{--chart-text:#a0a3ab;--chart-title:#ececea;\
    --chart-grid:#2a2c32;--chart-axis:#62656d;--chart-0:#56b4e9;--chart-1:#f08a3e;--chart-2:#2fc79b;\
    --chart-3:#e39cc4;--chart-4:#f0b94a;--chart-5:#8fd0f5}}\
    .apus-chart text{font:12px Inter,system-ui,sans-serif;fill:var(--chart-text);font-variant-numeric:tabular-nums}\
    .apus-chart .title{font-size:14px;font-weight:600;fill:var(--chart-title)}\
    .apus-chart .grid{stroke:var(--chart-grid)}.apus-chart .axis{stroke:var(--chart-axis)}\
    .apus-chart .mark{stroke:var(--chart-axis);stroke-dasharray:4 3}\
    .apus-chart .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}\
    .apus-chart .faint{stroke-width:1;opacity:.45}
    """

  /// A chart.
  public init(
    title: String, xLabel: String, yLabel: String, series: [Series], xScale: Scale = .linear
  ) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.series = series
    self.xScale = xScale
  }

  /// The drawing.
  public func svg() -> String {
    let points = series.flatMap(\.points).filter(isDrawable)
    let xRange = Self.range(points.map { place($0.x) }, margin: 0)
    let yRange = Self.range(points.map(\.y), margin: 0.05)
    let yTicks = Self.ticks(yRange).map { (value: $0, label: Self.label($0)) }
    let isLegendBelow = titleWidth + legendWidth > size.width
    let area = (
      left: max(Self.margin.left, 28 + Self.glyphWidth * Double(yTicks.map(\.label.count).max() ?? 0)),
      right: size.width - Self.margin.right, top: Self.margin.top + (isLegendBelow ? 22 : 0),
      bottom: size.height - Self.margin.bottom
    )
    func x(_ value: Double) -> Double {
      area.left + (place(value) - xRange.lower) / (xRange.upper - xRange.lower) * (area.right - area.left)
    }
    func y(_ value: Double) -> Double {
      area.bottom - (value - yRange.lower) / (yRange.upper - yRange.lower) * (area.bottom - area.top)
    }
    var body = ""
    for tick in yTicks {
      body += Self.line(area.left, y(tick.value), area.right, y(tick.value), "grid")
      body += Self.text(area.left - 8, y(tick.value) + 4, tick.label, "end")
    }
    for tick in xTicks(xRange) {
      body += Self.line(x(tick), area.bottom, x(tick), area.bottom + 5, "axis")
      body += Self.text(x(tick), area.bottom + 18, Self.label(tick), "middle")
    }
    body += Self.line(area.left, area.bottom, area.right, area.bottom, "axis")
    body += Self.line(area.left, area.top, area.left, area.bottom, "axis")
    for (index, line) in series.enumerated() {
      body += path(
        line.points.map { isDrawable($0) ? (x($0.x), y($0.y)) : nil }, color(index), isFaint: line.isFaint)
    }
    for (index, mark) in marks.enumerated() where isDrawable(Point(x: mark.x, y: 0)) {
      let isRight = x(mark.x) > (area.left + area.right) / 2
      body += Self.line(x(mark.x), area.top, x(mark.x), area.bottom, "mark")
      body += Self.text(
        x(mark.x) + (isRight ? -5 : 5), area.top + 12 + 17 * Double(index), mark.label,
        isRight ? "end" : "start")
    }
    body += legend(from: isLegendBelow ? area.left : area.right - legendWidth, at: isLegendBelow ? 42 : 20)
    body += Self.text(4, 20, title, "start", "title")
    body += Self.text((area.left + area.right) / 2, size.height - 10, xLabel, "middle")
    body += "<text transform=\"translate(13 \(Self.number((area.top + area.bottom) / 2))) rotate(-90)\" "
    body += "text-anchor=\"middle\">\(HTML.text(yLabel))</text>\n"
    let box = "0 0 \(Self.number(size.width)) \(Self.number(size.height))"
    return """
      <svg class="apus-chart" xmlns="http://www.w3.org/2000/svg" viewBox="\(box)" role="img" \
      aria-label="\(HTML.escaped(title))">
      <style>\(Self.style)</style>
      \(body)</svg>
      """
  }

  private func color(_ index: Int) -> String { "var(--chart-\(index % 6))" }

  private func place(_ x: Double) -> Double { xScale == .logarithmic ? log10(x) : x }

  private func isDrawable(_ point: Point) -> Bool {
    abs(point.x) <= Self.largest && abs(point.y) <= Self.largest && (xScale == .linear || point.x > 0)
  }

  /// The range of the values with a margin, a share of it; widened where there is none.
  static func range(_ values: [Double], margin: Double) -> (lower: Double, upper: Double) {
    guard let lower = values.min(), let upper = values.max() else { return (0, 1) }
    let share = upper > lower ? (upper - lower) * margin : abs(lower) * 0.1
    // Of nothing, or of what is too small to be divided, there is no share.
    let pad = share.isNormal || upper > lower ? share : 0.5
    return (lower - pad, upper + pad)
  }

  /// Multiples of 1, 2 or 5 times a power of ten inside a range, about five of them.
  package static func ticks(_ range: (lower: Double, upper: Double), whole: Bool = false) -> [Double] {
    let span = range.upper - range.lower
    guard span > 0, span.isFinite else { return [range.lower] }
    let rough = span / 5
    let power = pow(10, floor(log10(rough)))
    let round = power * ([1, 2, 5].first { $0 * power >= rough } ?? 10)
    guard round.isNormal else { return [range.lower] }
    let step = whole ? max(1, round.rounded()) : round
    let first = Int((range.lower / step).rounded(.up)), last = Int((range.upper / step).rounded(.down))
    return first <= last ? (first...last).map { Double($0) * step } : []
  }

  private func xTicks(_ range: (lower: Double, upper: Double)) -> [Double] {
    guard xScale == .logarithmic else { return Self.ticks(range, whole: countsAlongX) }
    let powers =
      Int(range.lower.rounded(.up))...max(Int(range.upper.rounded(.down)), Int(range.lower.rounded(.up)))
    return powers.map { pow(10, Double($0)) }.filter { $0.isNormal && log10($0) <= range.upper }
  }

  /// A line broken where a point is missing; the points of short lines become dots.
  private func path(_ points: [(x: Double, y: Double)?], _ color: String, isFaint: Bool) -> String {
    var commands = "", dots = ""
    var runs: [[(x: Double, y: Double)]] = [[]]
    for point in points {
      if let point { runs[runs.count - 1].append(point) } else { runs.append([]) }
    }
    for run in runs {
      for point in run where run.count == 1 || (points.count <= Self.dottedCount && !isFaint) {
        dots +=
          "<circle cx=\"\(Self.number(point.x))\" cy=\"\(Self.number(point.y))\" r=\"3.5\" style=\"fill:\(color)\"/>\n"
      }
      guard run.count > 1 else { continue }
      for (index, point) in run.enumerated() {
        commands += "\(index == 0 ? "M" : "L")\(Self.number(point.x)) \(Self.number(point.y))"
      }
    }
    let kind = isFaint ? "line faint" : "line"
    let line =
      commands.isEmpty ? "" : "<path class=\"\(kind)\" d=\"\(commands)\" style=\"stroke:\(color)\"/>\n"
    return line + dots
  }

  private var titleWidth: Double { Double(title.count) * (Self.glyphWidth + 2.5) }

  private var legendWidth: Double {
    series.reduce(0) { $0 + Self.keyWidth + Self.glyphWidth * Double($1.name.count) }
  }

  /// Room for a line's sample and what separates it from its neighbors.
  private static let keyWidth = 38.0

  private func legend(from left: Double, at height: Double) -> String {
    var result = ""
    var x = left
    for (index, line) in series.enumerated() {
      result +=
        "<line x1=\"\(Self.number(x))\" y1=\"\(Self.number(height - 4))\" x2=\"\(Self.number(x + 16))\" "
      result += "y2=\"\(Self.number(height - 4))\" style=\"stroke:\(color(index));stroke-width:3\"/>\n"
      result += Self.text(x + 22, height, line.name, "start")
      x += Self.keyWidth + Self.glyphWidth * Double(line.name.count)
    }
    return result
  }

  private static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ kind: String) -> String {
    "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" class=\"\(kind)\"/>\n"
  }

  private static func text(
    _ x: Double, _ y: Double, _ text: String, _ anchor: String, _ kind: String? = nil
  ) -> String {
    "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\""
      + (kind.map { " class=\"\($0)\"" } ?? "") + ">\(HTML.text(text))</text>\n"
  }

  /// Tenths of a pixel are as fine as anybody sees.
  private static func number(_ value: Double) -> String { String(format: "%.1f", value) }

  package static func label(_ value: Double) -> String { Format.number(value) }
}
