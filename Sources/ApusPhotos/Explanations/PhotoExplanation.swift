import ApusData
import ApusGraph

/// Where in a photo a classifier saw a class.
public struct PhotoExplanation: Sendable {
  /// The photo's file.
  public let file: String
  /// What the network saw of it: a part, in the network's size.
  public let picture: Image
  /// The class that was looked for.
  public let label: Int
  /// The names of all classes.
  public let classNames: [String]
  /// The probabilities of all classes.
  public let probabilities: [Double]
  /// `[rows, columns]`, spread over the whole picture: what is large speaks for the class.
  public let heat: Literal
  /// How the heat was found.
  public let method: PhotoExplainer.Method

  /// An explanation from its parts.
  public init(
    file: String, picture: Image, label: Int, classNames: [String], probabilities: [Double], heat: Literal,
    method: PhotoExplainer.Method
  ) {
    self.file = file
    self.picture = picture
    self.label = label
    self.classNames = classNames
    self.probabilities = probabilities
    self.heat = heat
    self.method = method
  }

  /// The name of the class that was looked for.
  public var className: String { classNames[label] }
  /// The probability of the class that was looked for.
  public var probability: Double { probabilities[label] }

  /// Pictures for people have at least so many pixels on their shorter side.
  private static let smallestSide = 160

  /// What the network saw, enlarged if it is tiny.
  public func enlargedPicture() throws -> Image {
    let shorter = min(picture.width, picture.height)
    guard shorter < Self.smallestSide else { return picture }
    let factor = (Self.smallestSide + shorter - 1) / shorter
    return try picture.resized(
      to: ImageSize(width: picture.width * factor, height: picture.height * factor), interpolation: .nearest)
  }

  /// What the network saw, with the heat laid over it.
  public func overlay() throws -> Image {
    // Of single pixels a few stand out by far; without a cut nothing else would be seen.
    let map = method == .integratedGradients ? heat.smoothed() : heat
    return try enlargedPicture().overlaid(heatmap: map, cut: method == .integratedGradients ? 0.995 : 1)
  }

  /// Where most of the heat lies.
  public struct Focus: Sendable, Equatable {
    /// In words: "at the upper left".
    public let place: String
    /// The share of the picture that holds half of the heat: 0.02 is one spot, 0.5 everywhere.
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
      return "nothing in this photo speaks for \(className)"
    }
    let spread =
      switch focus.share {
      case ..<0.08: "in one spot"
      case ..<0.25: "in one region"
      default: "spread wide"
      }
    return "what speaks for \(className) lies mostly \(focus.place), \(spread)"
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
