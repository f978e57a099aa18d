import Foundation

/// A line chart drawn as SVG: axes with round ticks, a legend, gaps where values are not finite. Self-contained:
/// no scripts, fonts or references, so it can be put into a web page or opened by itself.
public struct SVGChart: Sendable {
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

    /// A named line.
    public init(_ name: String, _ points: [Point]) {
      self.name = name
      self.points = points
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
  /// Size in pixels; the drawing scales with its container.
  public var size = (width: 640.0, height: 360.0)

  /// Told apart by people with any colour vision (Okabe and Ito's set).
  static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]
  private static let margin = (left: 64.0, right: 16.0, top: 36.0, bottom: 48.0)

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
    let xRange = range(points.map { place($0.x) })
    let yRange = range(points.map(\.y))
    let area = (
      left: Self.margin.left, right: size.width - Self.margin.right, top: Self.margin.top,
      bottom: size.height - Self.margin.bottom
    )
    func x(_ value: Double) -> Double {
      area.left + (place(value) - xRange.lower) / (xRange.upper - xRange.lower) * (area.right - area.left)
    }
    func y(_ value: Double) -> Double {
      area.bottom - (value - yRange.lower) / (yRange.upper - yRange.lower) * (area.bottom - area.top)
    }
    var body = ""
    for tick in Self.ticks(yRange) {
      body += Self.line(area.left, y(tick), area.right, y(tick), "grid")
      body += Self.text(area.left - 8, y(tick) + 4, Self.label(tick), "end")
    }
    for tick in xTicks(xRange) {
      body += Self.line(x(tick), area.bottom, x(tick), area.bottom + 5, "axis")
      body += Self.text(x(tick), area.bottom + 18, Self.label(tick), "middle")
    }
    body += Self.line(area.left, area.bottom, area.right, area.bottom, "axis")
    body += Self.line(area.left, area.top, area.left, area.bottom, "axis")
    for (index, line) in series.enumerated() {
      body += path(line.points.map { isDrawable($0) ? (x($0.x), y($0.y)) : nil }, color(index))
    }
    for mark in marks where isDrawable(Point(x: mark.x, y: 0)) {
      body += Self.line(x(mark.x), area.top, x(mark.x), area.bottom, "mark")
      body += Self.text(x(mark.x) + 4, area.top + 12, mark.label, "start")
    }
    body += legend(right: area.right)
    body += Self.text(area.left, 20, title, "start", "title")
    body += Self.text((area.left + area.right) / 2, size.height - 10, xLabel, "middle")
    body += "<text transform=\"translate(14 \(Self.number((area.top + area.bottom) / 2))) rotate(-90)\" "
    body += "text-anchor=\"middle\">\(Self.escaped(yLabel))</text>\n"
    let box = "0 0 \(Self.number(size.width)) \(Self.number(size.height))"
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="\(box)" role="img" aria-label="\(Self.escaped(title))">
      <style>text{font:12px system-ui,sans-serif;fill:#444}.title{font-size:14px;font-weight:600;fill:#111}\
      .grid{stroke:#e4e4e4}.axis{stroke:#888}.mark{stroke:#999;stroke-dasharray:4 3}</style>
      \(body)</svg>
      """
  }

  private func color(_ index: Int) -> String { Self.colors[index % Self.colors.count] }

  private func place(_ x: Double) -> Double { xScale == .logarithmic ? log10(x) : x }

  private func isDrawable(_ point: Point) -> Bool {
    point.x.isFinite && point.y.isFinite && (xScale == .linear || point.x > 0)
  }

  /// The range of the values, widened where there is none.
  private func range(_ values: [Double]) -> (lower: Double, upper: Double) {
    guard let lower = values.min(), let upper = values.max() else { return (0, 1) }
    if upper > lower { return (lower, upper) }
    let half = max(abs(lower) * 0.1, 0.5)
    return (lower - half, upper + half)
  }

  /// Multiples of 1, 2 or 5 times a power of ten inside a range, about five of them.
  static func ticks(_ range: (lower: Double, upper: Double)) -> [Double] {
    let span = range.upper - range.lower
    guard span > 0, span.isFinite else { return [range.lower] }
    let rough = span / 5
    let power = pow(10, floor(log10(rough)))
    let step = power * ([1, 2, 5].first { $0 * power >= rough } ?? 10)
    let first = Int((range.lower / step).rounded(.up)), last = Int((range.upper / step).rounded(.down))
    return first <= last ? (first...last).map { Double($0) * step } : []
  }

  private func xTicks(_ range: (lower: Double, upper: Double)) -> [Double] {
    guard xScale == .logarithmic else { return Self.ticks(range) }
    let powers =
      Int(range.lower.rounded(.up))...max(Int(range.upper.rounded(.down)), Int(range.lower.rounded(.up)))
    return powers.map { pow(10, Double($0)) }.filter { log10($0) <= range.upper }
  }

  /// A line broken where a point is missing; a lone point becomes a dot.
  private func path(_ points: [(x: Double, y: Double)?], _ color: String) -> String {
    var commands = "", dots = ""
    var runs: [[(x: Double, y: Double)]] = [[]]
    for point in points {
      if let point { runs[runs.count - 1].append(point) } else { runs.append([]) }
    }
    for run in runs {
      if run.count == 1 {
        dots +=
          "<circle cx=\"\(Self.number(run[0].x))\" cy=\"\(Self.number(run[0].y))\" r=\"3\" fill=\"\(color)\"/>\n"
      }
      guard run.count > 1 else { continue }
      for (index, point) in run.enumerated() {
        commands += "\(index == 0 ? "M" : "L")\(Self.number(point.x)) \(Self.number(point.y))"
      }
    }
    let line =
      commands.isEmpty
      ? "" : "<path d=\"\(commands)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\"/>\n"
    return line + dots
  }

  private func legend(right: Double) -> String {
    var result = ""
    var x = right
    for (index, line) in series.enumerated().reversed() {
      // Widths of glyphs are not known here; seven pixels is more than their mean at this size.
      let width = Double(line.name.count) * 7
      result += Self.text(x - width, 20, line.name, "start")
      x -= width + 22
      result += "<line x1=\"\(Self.number(x))\" y1=\"16\" x2=\"\(Self.number(x + 16))\" y2=\"16\" "
      result += "stroke=\"\(color(index))\" stroke-width=\"3\"/>\n"
      x -= 16
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
      + (kind.map { " class=\"\($0)\"" } ?? "") + ">\(escaped(text))</text>\n"
  }

  /// Tenths of a pixel are as fine as anybody sees.
  private static func number(_ value: Double) -> String { String(format: "%.1f", value) }

  static func label(_ value: Double) -> String { String(format: "%.4g", value) }

  private static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
  }
}
