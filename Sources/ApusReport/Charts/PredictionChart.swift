import Foundation

/// Predicted against true values as dots, with the line on which they are equal.
public struct PredictionChart: Chart {
  /// The name of the target.
  public var targetName: String
  /// The true values.
  public var truths: [Double]
  /// The predicted values, in the same order.
  public var predictions: [Double]

  /// More dots than this cover each other: every n-th is drawn then.
  private static let dotLimit = 2000

  /// A chart of true and predicted values.
  ///
  /// - Parameters:
  ///   - targetName: The name of the target.
  ///   - truths: The true values.
  ///   - predictions: The predicted values, in the same order; values without a partner are left out.
  public init(targetName: String, truths: [Double], predictions: [Double]) {
    self.targetName = targetName
    self.truths = truths
    self.predictions = predictions
  }

  /// The drawing; without any finite pair, axes from 0 to 1.
  public func svg() -> String {
    let (width, height, left, bottom, top, right) = (520.0, 440.0, 64.0, 392.0, 16.0, 504.0)
    let pairs = zip(truths, predictions).filter { $0.isFinite && $1.isFinite }
    let range = SVGChart.range(pairs.flatMap { [$0, $1] }, margin: 0.04)
    func x(_ value: Double) -> Double {
      left + (value - range.lower) / (range.upper - range.lower) * (right - left)
    }
    func y(_ value: Double) -> Double {
      bottom - (value - range.lower) / (range.upper - range.lower) * (bottom - top)
    }
    func place(_ value: Double) -> String { String(format: "%.1f", value) }

    var parts: [String] = []
    for tick in SVGChart.ticks(range) {
      let label = HTML.escaped(SVGChart.label(tick))
      parts.append("<path class=\"grid\" d=\"M\(place(left)) \(place(y(tick)))H\(place(right))\"/>")
      parts.append("<path class=\"grid\" d=\"M\(place(x(tick))) \(place(top))V\(place(bottom))\"/>")
      parts.append(
        "<text x=\"\(place(left - 8))\" y=\"\(place(y(tick) + 4))\" text-anchor=\"end\">\(label)</text>")
      parts.append(
        "<text x=\"\(place(x(tick)))\" y=\"\(place(bottom + 18))\" text-anchor=\"middle\">\(label)</text>")
    }
    parts.append(
      "<path class=\"diagonal\" d=\"M\(place(left)) \(place(bottom))L\(place(right)) \(place(top))\"/>")
    let step = max(1, (pairs.count + Self.dotLimit - 1) / Self.dotLimit)
    for index in stride(from: 0, to: pairs.count, by: step) {
      let (truth, prediction) = pairs[index]
      parts.append(
        "<circle class=\"dot\" cx=\"\(place(x(truth)))\" cy=\"\(place(y(prediction)))\" r=\"3.2\"/>")
    }
    let name = HTML.escaped(targetName)
    parts.append(
      "<text x=\"\(place((left + right) / 2))\" y=\"\(place(height - 10))\" text-anchor=\"middle\">true \(name)</text>"
    )
    parts.append(
      "<text transform=\"translate(14 \(place((top + bottom) / 2))) rotate(-90)\" text-anchor=\"middle\">"
        + "predicted \(name)</text>")
    return """
      <svg class="apus-chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(place(width)) \(place(height))" \
      role="img" aria-label="predicted against true \(name)">
      <style>\(SVGChart.style).apus-chart .diagonal{stroke:var(--chart-axis);stroke-dasharray:5 4}\
      .apus-chart .dot{fill:var(--chart-0);fill-opacity:.5}</style>
      \(parts.joined(separator: "\n"))
      </svg>
      """
  }
}
