import ApusGraph
import Foundation

/// An augmentation that crops a random region of an image.
///
/// It goes first in a loader's list: then datasets of files decode no more than that part, from the image in
/// its full size.
public protocol FramingAugmentation: Augmentation {
  /// The part of an image of the given size.
  func framing(of size: ImageSize, random: inout PhiloxGenerator) throws -> ImageFraming
}

extension FramingAugmentation {
  /// The sample with the part in place of its first feature.
  /// - Parameters:
  ///   - sample: The sample.
  ///   - random: The source of all random numbers.
  /// - Returns: The changed sample.
  /// - Throws: `DataError` for settings that make no sense, and for a first feature that is no `float32`
  ///   image `[height, width, channels]`.
  public func augmented(_ sample: Sample, random: inout PhiloxGenerator) throws -> Sample {
    let shape = try sample.floatImage().shape
    return try sample.framed(
      framing(of: ImageSize(width: shape.width, height: shape.height), random: &random))
  }
}

/// Cuts a part of random size and proportions out of an image and brings it to one size: the augmentation that
/// most networks for photos are trained with.
///
/// Szegedy et al., "Going deeper with convolutions" (2014); the same choices as torchvision's RandomResizedCrop.
public struct RandomResizedCrop: FramingAugmentation {
  /// The size of what comes out.
  public let size: ImageSize
  /// The part's share of the image's area.
  public let area: ClosedRange<Double>
  /// The part's width over its height.
  public let aspectRatio: ClosedRange<Double>
  /// How pixels are computed.
  public let interpolation: Image.Interpolation

  /// - Parameters:
  ///   - size: The size of what comes out.
  ///   - area: The part's share of the image's area, each share in the range equally likely. From 0.08 on for
  ///     large datasets; a few thousand photos want more, such as 0.35.
  ///   - aspectRatio: The region's width over its height; its logarithm is uniform over the range.
  ///   - interpolation: How pixels are computed.
  /// - Throws: `DataError` for a size without pixels, shares of the area that are not above 0 and up to 1,
  ///   and aspect ratios that are not above 0.
  public init(
    _ size: ImageSize, area: ClosedRange<Double> = 0.08...1, aspectRatio: ClosedRange<Double> = 0.75...4 / 3,
    interpolation: Image.Interpolation = .bilinear
  ) throws {
    guard area.lowerBound > 0, area.upperBound <= 1, aspectRatio.lowerBound > 0,
      aspectRatio.upperBound.isFinite
    else {
      throw DataError(
        .setting,
        "shares of the area above 0 and up to 1 and positive aspectRatio were expected, \(area) and "
          + "\(aspectRatio) came")
    }
    try size.check()
    self.size = size
    self.area = area
    self.aspectRatio = aspectRatio
    self.interpolation = interpolation
  }

  /// A random part; the middle of images in which ten tries found no place for one.
  public func framing(of whole: ImageSize, random: inout PhiloxGenerator) -> ImageFraming {
    func between(_ low: Double, _ high: Double) -> Double { low + (high - low) * Double(random.uniform()) }
    for _ in 0..<10 {
      let target = Double(whole.width * whole.height) * between(area.lowerBound, area.upperBound)
      let ratio = exp(
        between(log(aspectRatio.lowerBound), log(aspectRatio.upperBound)))
      let width = Int((target * ratio).squareRoot().rounded())
      let height = Int((target / ratio).squareRoot().rounded())
      guard width > 0, height > 0, width <= whole.width, height <= whole.height else { continue }
      let top = random.uniform(below: whole.height - height + 1)
      let left = random.uniform(below: whole.width - width + 1)
      return ImageFraming(
        region: ImageRegion(left: left, top: top, width: width, height: height), size: size,
        interpolation: interpolation)
    }
    let region = ImageRegion(centeredIn: whole, aspectRatioOf: size)
    return ImageFraming(region: region, size: size, interpolation: interpolation)
  }
}
