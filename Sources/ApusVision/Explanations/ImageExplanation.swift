import ApusData
import ApusGraph
import ApusTasks

/// Which parts of an image an output of a network came from.
public struct ImageExplanation: Sendable {
  /// The image's file.
  public let file: String
  /// What the network saw of it: a part, in the size of its input.
  public let image: Image
  /// The output that is explained.
  public let output: Int
  /// What the output is called.
  public let name: String
  /// What the model predicts for the image.
  public let prediction: Prediction
  /// `[rows, columns]`, spread over the whole image: what is large raises the output.
  public let heat: Literal
  /// How the heat was found.
  public let method: ImageExplainer.Method

  /// The probability of the output; nil for numbers.
  public var probability: Double? {
    switch prediction {
    case .category(let probabilities), .labels(let probabilities, _): probabilities[output]
    case .numbers, .mask, .text: nil
    }
  }

  /// The input image with the heat map laid over it.
  /// - Returns: The image, enlarged where it is small.
  /// - Throws: `DataError` where there is no memory for it.
  public func overlay() throws -> Image {
    // Of single pixels a few stand out by far; without a cut nothing else would be seen.
    let map = method == .integratedGradients ? heat.smoothed() : heat
    return try image.enlarged().overlaid(heatmap: map, cut: method == .integratedGradients ? 0.995 : 1)
  }

  /// Where most of the heat lies.
  public struct Focus: Sendable, Equatable {
    /// In words: "at the upper left".
    public let place: String
    /// The share of the image that holds half of the heat: 0.02 is one spot, 0.5 everywhere.
    public let share: Double
  }

  /// Where most of the heat lies; nil if there is none.
  public var focus: Focus? {
    let (rows, columns) = (heat.shape[0], heat.shape[1])
    let numbers = heat.doubles.map { $0.isFinite ? max($0, 0) : 0 }
    let total = numbers.reduce(0, +)
    guard total > 0 else { return nil }
    var (down, across, sum, count) = (0.0, 0.0, 0.0, 0)
    for (place, value) in numbers.enumerated() {
      down += value * (Double(place / columns) + 0.5) / Double(rows)
      across += value * (Double(place % columns) + 0.5) / Double(columns)
    }
    for value in numbers.sorted(by: >) where sum < total / 2 {
      sum += value
      count += 1
    }
    func third(_ mean: Double, _ names: [String]) -> String { names[mean < 0.42 ? 0 : mean > 0.58 ? 2 : 1] }
    let words = [
      third(down / total, ["upper", "", "lower"]), third(across / total, ["left", "", "right"]),
    ].filter { !$0.isEmpty }
    let place =
      switch words {
      case []: "in the middle"
      case ["upper"]: "in the upper half"
      case ["lower"]: "in the lower half"
      default: words.count == 2 ? "at the \(words.joined(separator: " "))" : "on the \(words[0]) side"
      }
    return Focus(place: place, share: Double(count) / Double(numbers.count))
  }

  /// One sentence for people.
  public var summary: String {
    guard let focus else {
      return "nothing in this image raises the output for \(name)"
    }
    let spread =
      switch focus.share {
      case ..<0.08: "in one spot"
      case ..<0.25: "in one region"
      default: "spread wide"
      }
    return "the evidence for \(name) lies mostly \(focus.place), \(spread)"
  }
}

extension Literal {
  /// A map `[rows, columns]` with each number replaced by the mean of the 3 by 3 around it: single pixels are hard to see.
  func smoothed() -> Literal {
    let (rows, columns) = (shape[0], shape[1])
    let numbers = doubles
    let means = (0..<rows * columns).map { place -> Float in
      let (row, column) = (place / columns, place % columns)
      var (sum, count) = (0.0, 0.0)
      for y in max(0, row - 1)...min(rows - 1, row + 1) {
        for x in max(0, column - 1)...min(columns - 1, column + 1) {
          sum += numbers[y * columns + x]
          count += 1
        }
      }
      return Float(sum / count)
    }
    return Literal(means, shape: shape)
  }
}
