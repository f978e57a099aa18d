/// A reliability diagram: for each bin of predictions, a bar as high as the share of right ones, beside the line on
/// which a model is as often right as it is confident. Bars of few samples are pale.
public struct ReliabilityChart: Chart {
  /// Predictions of about the same confidence.
  public struct Bin: Sendable, Equatable {
    /// The lowest confidence of the bin, 0...1.
    public var lower: Double
    /// The highest.
    public var upper: Double
    /// Number of samples.
    public var count: Int
    /// The mean confidence of the samples, 0...1.
    public var confidence: Double
    /// The share of the samples that are predicted right, 0...1.
    public var accuracy: Double

    /// Predictions of about the same confidence.
    ///
    /// - Parameters:
    ///   - lower: The lowest confidence of the bin, 0...1.
    ///   - upper: The highest.
    ///   - count: Number of samples.
    ///   - confidence: Their mean confidence, 0...1.
    ///   - accuracy: The share of them that is predicted right, 0...1.
    public init(lower: Double, upper: Double, count: Int, confidence: Double, accuracy: Double) {
      self.lower = lower
      self.upper = upper
      self.count = count
      self.confidence = confidence
      self.accuracy = accuracy
    }
  }

  /// The heading.
  public var title: String
  /// The bins; those without samples are not drawn.
  public var bins: [Bin]

  /// A reliability diagram.
  ///
  /// - Parameters:
  ///   - title: The heading.
  ///   - bins: The bins; those without samples are not drawn.
  public init(title: String = "Reliability", bins: [Bin]) {
    self.title = title
    self.bins = bins
  }

  /// The drawing.
  public func svg() -> String {
    let (width, height, left, bottom, top, right) = (520.0, 400.0, 66.0, 352.0, 48.0, 504.0)
    func x(_ share: Double) -> String { Format.fixed(left + share * (right - left), 1) }
    func y(_ share: Double) -> String { Format.fixed(bottom - share * (bottom - top), 1) }
    var parts = ["<text class=\"title\" x=\"4\" y=\"20\">\(HTML.text(title))</text>"]
    for tick in stride(from: 0.0, through: 1, by: 0.2) {
      let label = HTML.text(Format.percent(tick, digits: 0))
      parts.append("<path class=\"grid\" d=\"M\(x(0)) \(y(tick))H\(x(1))\"/>")
      parts.append(
        "<text x=\"\(Format.fixed(left - 8, 1))\" y=\"\(y(tick))\" dy=\"4\" text-anchor=\"end\">\(label)</text>"
      )
      parts.append(
        "<text x=\"\(x(tick))\" y=\"\(Format.fixed(bottom + 18, 1))\" text-anchor=\"middle\">\(label)</text>")
    }
    let drawn = bins.filter {
      $0.count > 0 && [$0.lower, $0.upper, $0.confidence, $0.accuracy].allSatisfy(\.isFinite)
    }
    let fullest = Double(drawn.map(\.count).max() ?? 1)
    for bin in drawn {
      let opacity = 0.3 + 0.7 * (Double(bin.count) / fullest).squareRoot()
      let words =
        "confidence \(Format.percentRange(bin.lower, bin.upper, digits: 0)): "
        + "\(Format.count(bin.count, "sample")), \(Format.percent(bin.accuracy)) right"
      parts.append(
        "<path class=\"column\" fill-opacity=\"\(Format.fixed(opacity, 2))\" d=\"M\(x(bin.lower + 0.004)) \(y(0))"
          + "V\(y(bin.accuracy))H\(x(bin.upper - 0.004))V\(y(0))Z\"><title>\(HTML.text(words))</title></path>"
      )
      // Where the bar's mean confidence lies on the line: the distance is the gap.
      parts.append("<circle class=\"dot\" cx=\"\(x(bin.confidence))\" cy=\"\(y(bin.accuracy))\" r=\"3.5\"/>")
    }
    parts.append("<path class=\"diagonal\" d=\"M\(x(0)) \(y(0))L\(x(1)) \(y(1))\"/>")
    parts.append("<path class=\"axis\" d=\"M\(x(0)) \(y(0))H\(x(1))\"/>")
    parts.append(
      "<text x=\"\(Format.fixed((left + right) / 2, 1))\" y=\"\(Format.fixed(height - 10, 1))\" "
        + "text-anchor=\"middle\">confidence</text>")
    parts.append(
      "<text transform=\"translate(14 \(Format.fixed((top + bottom) / 2, 1))) rotate(-90)\" "
        + "text-anchor=\"middle\">accuracy</text>")
    return """
      <svg class="apus-chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Format.fixed(width, 0)) \
      \(Format.fixed(height, 0))" role="img" aria-label="\(HTML.escaped(title)): accuracy by confidence">
      <style>\(SVGChart.style).apus-chart .diagonal{stroke:var(--chart-axis);stroke-dasharray:5 4;fill:none}\
      .apus-chart .column{fill:var(--chart-0)}.apus-chart .dot{fill:var(--chart-1)}</style>
      \(parts.joined(separator: "\n"))
      </svg>
      """
  }
}
