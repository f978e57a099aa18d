import ApusReport
import Foundation

/// The loss over a learning rate that grew from batch to batch: the learning rate range test of Smith, arXiv:1506.01186.
public struct LearningRateCurve: Sendable, Equatable {
  /// The learning rates, growing.
  public let rates: [Double]
  /// The loss at each, an exponential moving average over the batches before.
  public let losses: [Double]

  /// A curve of as many losses as rates.
  public init(rates: [Double], losses: [Double]) {
    let count = min(rates.count, losses.count)
    self.rates = Array(rates.prefix(count))
    self.losses = Array(losses.prefix(count))
  }

  /// A rate in the middle of the longest stretch on which the loss falls: what `suggestion` goes by, as it
  /// is hardly moved by noise. As in fastai, half-way between the first and the second third of that stretch.
  public var valley: Double? {
    guard losses.count > 1 else { return nil }
    // Length of the longest falling subsequence that ends at each loss.
    var lengths = [Int](repeating: 1, count: losses.count)
    var last = 0
    for index in losses.indices.dropFirst() {
      for earlier in 0..<index where losses[index] < losses[earlier] {
        lengths[index] = max(lengths[index], lengths[earlier] + 1)
      }
      if lengths[index] > lengths[last] { last = index }
    }
    guard lengths[last] > 1 else { return nil }
    let first = max(0, last - lengths[last])
    return rates[first + (last - first) / 2]
  }

  /// The rate at which the loss falls fastest, by its slope over the logarithm of the rate.
  public var steepest: Double? {
    guard losses.count > 2 else { return nil }
    var best: (slope: Double, rate: Double)?
    for index in 1..<losses.count - 1 {
      let slope = (losses[index + 1] - losses[index - 1]) / (log(rates[index + 1]) - log(rates[index - 1]))
      if slope < best?.slope ?? 0 { best = (slope, rates[index]) }
    }
    return best?.rate
  }

  /// A tenth of the rate with the smallest loss.
  public var minimum: Double? {
    guard let smallest = losses.indices.min(by: { losses[$0] < losses[$1] }) else { return nil }
    return rates[smallest] / 10
  }

  /// A learning rate to start with; nil when the loss never fell.
  public var suggestion: Double? { valley ?? steepest }

  /// A chart with the suggestions marked, as a self-contained SVG.
  public func svg() -> String { chart().svg() }

  /// A chart with the suggestions marked.
  public func chart() -> SVGChart {
    var chart = SVGChart(
      title: "Learning rate range test", xLabel: "learning rate", yLabel: "loss (smoothed)",
      series: [SVGChart.Series("loss", zip(rates, losses).map { SVGChart.Point(x: $0, y: $1) })],
      xScale: .logarithmic)
    if let valley { chart.marks.append((valley, "valley \(SVGChart.label(valley))")) }
    if let steepest, steepest != valley {
      chart.marks.append((steepest, "steepest \(SVGChart.label(steepest))"))
    }
    return chart
  }

  /// A plot for a terminal: stars for losses, a column of bars at the suggestion.
  /// - Parameters:
  ///   - width: Columns of the plot, at least 10.
  ///   - height: Lines of the plot, at least 3.
  /// - Returns: Lines of text, each with its line break.
  public func text(width: Int = 64, height: Int = 12) -> String {
    let width = max(10, width), height = max(3, height)
    guard let low = losses.min(), let high = losses.max(), let first = rates.first, let last = rates.last,
      last > first
    else { return "no losses were measured\n" }
    func column(_ rate: Double) -> Int {
      Int((log(rate / first) / log(last / first) * Double(width - 1)).rounded())
    }
    var rows = [[Character]](repeating: Array(repeating: " ", count: width), count: height)
    if let suggestion {
      for row in rows.indices { rows[row][column(suggestion)] = "|" }
    }
    for (rate, loss) in zip(rates, losses) {
      let share = high > low ? (high - loss) / (high - low) : 0.5
      rows[Int((share * Double(height - 1)).rounded())][column(rate)] = "*"
    }
    var lines = rows.enumerated().map { index, row in
      let label = index == 0 ? high : index == height - 1 ? low : nil
      return (label.map { String(format: "%9.4f ", $0) } ?? String(repeating: " ", count: 10)) + "│"
        + String(row)
    }
    lines.append(String(repeating: " ", count: 10) + "└" + String(repeating: "─", count: width))
    let left = String(format: "%.0e", first), right = String(format: "%.0e", last)
    let gap = String(repeating: " ", count: max(1, width - left.count - right.count))
    lines.append(String(repeating: " ", count: 11) + left + gap + right)
    if let suggestion { lines.append("suggested learning rate: \(String(format: "%.2e", suggestion))") }
    return lines.joined(separator: "\n") + "\n"
  }
}
