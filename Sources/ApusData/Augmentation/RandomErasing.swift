import ApusGraph
import Foundation

/// Covers a random rectangle of images (random erasing, cutout), so that a network does not rely on one region.
///
/// Zhong et al., "Random erasing data augmentation" (2017).
public struct RandomErasing: InPlaceAugmentation {
  /// The probability that an image loses a region, in 0...1.
  public let probability: Float
  /// The rectangle's share of the image's area.
  public let area: ClosedRange<Float>
  /// The value of the rectangle.
  public let fill: Float

  /// - Parameters:
  ///   - probability: The probability that an image loses a region, in 0...1.
  ///   - area: The rectangle's share of the image's area, below 1.
  ///   - fill: The value of the rectangle: that of gray after normalization.
  /// - Throws: `DataError` for a probability outside 0...1, shares of the area that are not between 0 and 1,
  ///   and a fill that is no finite number.
  public init(probability: Float = 0.5, area: ClosedRange<Float> = 0.02...0.33, fill: Float = 0) throws {
    guard area.lowerBound > 0, area.upperBound < 1 else {
      throw DataError(.setting, "shares of the area between 0 and 1 were expected, \(area) came")
    }
    try checkSetting("probability", probability, in: 0...1)
    try checkFill(fill)
    self.probability = probability
    self.area = area
    self.fill = fill
  }

  /// Covers a rectangle or leaves the image.
  /// - Parameters:
  ///   - values: The `float32` elements of one sample, in row-major order.
  ///   - shape: Their shape, `[height, width, channels]`.
  ///   - random: The source of all random numbers.
  /// - Throws: `DataError` unless the shape is `[height, width, channels]`.
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
