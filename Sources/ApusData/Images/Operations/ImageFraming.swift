import ApusGraph
import ApusKernels

/// Which region of an image is used, and the size that it is resized to.
public struct ImageFraming: Sendable, Hashable {
  /// The part.
  public var region: ImageRegion
  /// Its size afterwards.
  public var size: ImageSize
  /// How pixels are computed.
  public var interpolation: Image.Interpolation

  /// A part of an image in another size.
  public init(
    region: ImageRegion, size: ImageSize, interpolation: Image.Interpolation = .bilinear
  ) {
    self.region = region
    self.size = size
    self.interpolation = interpolation
  }
}

/// How images of different sizes are brought to one size.
public enum ImageFitting: Sendable, Hashable, Codable {
  /// The whole image, its proportions given up.
  case stretch
  /// The middle of the image, of the largest rectangle with the right proportions the given share of the sides;
  /// 0.875 is usual where networks are trained on random crops.
  case crop(share: Double)
  /// The whole image in its proportions, the rest filled with a gray of the given brightness.
  case pad(background: UInt8)

  /// The middle of the image, as much as there is in the right proportions.
  public static let crop = ImageFitting.crop(share: 1)
  /// The whole image in its proportions, the rest black.
  public static let pad = ImageFitting.pad(background: 0)
}

extension Sample {
  /// The sample with a part of its first feature, an image `[height, width, channels]` of numbers, in its place.
  func framed(_ framing: ImageFraming) throws -> Sample {
    let (image, shape) = try floatImage()
    let whole = ImageSize(width: shape.width, height: shape.height)
    try framing.region.check(in: whole)
    try framing.size.check()
    let values = try image.withUnsafeBytes { source in
      try resample(
        framing.region, of: source, size: whole, channels: shape.channels, to: framing.size,
        framing.interpolation, as: Float.self)
    }
    var result = self
    result.features[0] = Literal(
      values, shape: [framing.size.height, framing.size.width, shape.channels])
    if let labelMap { result.target = try labelMap.framed(framing) }
    return result
  }

  /// The sample with its first feature, an image `[height, width, channels]`, in another size.
  package func resized(to size: ImageSize) throws -> Sample {
    let shape = try floatImage().shape
    let whole = ImageSize(width: shape.width, height: shape.height)
    return whole == size ? self : try framed(ImageFraming(region: ImageRegion(all: whole), size: size))
  }

  /// The first feature, which must be an image of `float32`, and its sizes.
  func floatImage() throws -> (image: Literal, shape: (height: Int, width: Int, channels: Int)) {
    guard let image = features.first, image.dtype == .float32 else {
      throw DataError(
        .type,
        "an image of type float32 was expected as first feature, sample \(id) has "
          + (features.first.map { "\($0.dtype)" } ?? "none"), samples: [id])
    }
    return (image, try imageSizes(image.shape))
  }
}

extension Literal {
  /// The labels `[height, width]` of a part of an image.
  func framed(_ framing: ImageFraming) throws -> Literal {
    let labels = try withUnsafeBytes { source in
      // Taken over bit by bit, whatever the type says.
      try resample(
        framing.region, of: source, size: ImageSize(width: shape[1], height: shape[0]), channels: 1,
        to: framing.size, .nearest, as: Float.self)
    }
    return Literal(
      labels.map { Int32(bitPattern: $0.bitPattern) }, shape: [framing.size.height, framing.size.width])
  }
}

extension Image {
  /// Writes the pixels as numbers in 0...1.
  func writeNumbers(to target: UnsafeMutablePointer<Float>) {
    apus_bytes_to_floats(target, pixels, Int64(pixels.count), 255)
  }
}
