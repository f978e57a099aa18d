import ApusGraph
import Foundation

/// Covers a random rectangle of images, so that a network does not rely on one part of what it sees.
///
/// Zhong et al., "Random erasing data augmentation" (2017).
public struct RandomErasing: InPlaceAugmentation {
  /// How likely an image loses a part.
  public let probability: Float
  /// The rectangle's share of the image's area.
  public let area: ClosedRange<Float>
  /// What it is covered with.
  public let fill: Float

  /// - Parameters:
  ///   - probability: How likely an image loses a part.
  ///   - area: The rectangle's share of the image's area, below 1.
  ///   - fill: What it is covered with: what gray is after normalization.
  public init(probability: Float = 0.5, area: ClosedRange<Float> = 0.02...0.33, fill: Float = 0) throws {
    guard area.lowerBound > 0, area.upperBound < 1 else {
      throw DataError(.setting, "shares of the area between 0 and 1 were expected, \(area) came")
    }
    self.probability = probability
    self.area = area
    self.fill = fill
  }

  /// Covers a rectangle or leaves the image.
  public func augment(
    _ values: UnsafeMutableBufferPointer<Float>, shape: Shape, random: inout PhiloxGenerator
  ) throws {
    let (height, width, channels) = try imageSizes(shape)
    guard random.uniform() < probability, let pixels = values.baseAddress else { return }
    for _ in 0..<10 {
      let share = area.lowerBound + (area.upperBound - area.lowerBound) * random.uniform()
      let target = share * Float(height * width)
      // From 0.3 to its inverse, the logarithm equally likely.
      let ratio = exp(log(Float(0.3)) * (2 * random.uniform() - 1))
      let (tall, wide) = (
        Int((target / ratio).squareRoot().rounded()), Int((target * ratio).squareRoot().rounded())
      )
      guard tall > 0, wide > 0, tall < height, wide < width else { continue }
      let top = random.uniform(below: height - tall + 1)
      let left = random.uniform(below: width - wide + 1)
      for row in top..<top + tall {
        (pixels + (row * width + left) * channels).update(repeating: fill, count: wide * channels)
      }
      return
    }
  }
}
