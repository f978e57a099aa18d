/// How the images of a dataset are read.
public struct ImageLoading: Sendable, Hashable {
  /// The size that all of them are brought to.
  public var size: ImageSize
  /// 3 for colors, 1 for gray.
  public var channels: Int
  /// What happens to images of other proportions.
  public var fitting: ImageFitting
  /// How pixels are computed.
  public var interpolation: Image.Interpolation
  /// Whether large JPEG photos are decoded at a half, a quarter or an eighth of their size, as long as twice the
  /// pixels are left that are needed. Several times as fast, with hardly visible differences.
  public var isReduced: Bool
  /// The brightness on which transparent images are laid.
  public var background: UInt8
  /// Images of more pixels are refused.
  public var pixelLimit: Int

  /// Images of one size, the middle of each in its full height or width unless something else is said.
  public init(
    _ size: ImageSize, channels: Int = 3, fitting: ImageFitting = .crop,
    interpolation: Image.Interpolation = .bilinear, isReduced: Bool = true, background: UInt8 = 255,
    pixelLimit: Int = Image.defaultPixelLimit
  ) {
    self.size = size
    self.channels = channels
    self.fitting = fitting
    self.interpolation = interpolation
    self.isReduced = isReduced
    self.background = background
    self.pixelLimit = pixelLimit
  }

  /// - Throws: `DataError` for sizes, channels and shares that make no sense.
  package func check() throws {
    try size.check()
    guard (1...4).contains(channels) else {
      throw DataError(.setting, "1 to 4 channels were expected, \(channels) came")
    }
    if case .crop(let share) = fitting, !(share > 0 && share <= 1) {
      throw DataError(.setting, "a share of the sides above 0 and up to 1 was expected, \(share) came")
    }
  }

  private var decoding: ImageDecoding { ImageDecoding(channels: channels, background: background) }

  /// The part of the image at `path` that `framing` chooses.
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - framing: Chooses the region and the size that it is brought to, given the image's size.
  /// - Returns: The image.
  /// - Throws: `FileError` for a file that is missing, damaged, in a format that is not read or of too many
  ///   pixels. `DataError` for a region outside of the image.
  public func image(at path: String, framing: (ImageSize) throws -> ImageFraming) throws -> Image {
    let file = try EncodedImage(contentsOf: path, pixelLimit: pixelLimit)
    let frame = try framing(file.size(decoding))
    return try file.image(
      region: frame.region, resizedTo: frame.size, interpolation: frame.interpolation, isReduced: isReduced,
      decoding)
  }

  /// The region of an image of a given size that is used; smaller than `size` where the rest is filled.
  func framing(of whole: ImageSize) -> ImageFraming {
    let (region, target) =
      switch fitting {
      case .stretch: (ImageRegion(all: whole), size)
      case .crop(let share): (ImageRegion(centeredIn: whole, aspectRatioOf: size, share: share), size)
      case .pad: (ImageRegion(all: whole), whole.fitting(into: size))
      }
    return ImageFraming(region: region, size: target, interpolation: interpolation)
  }

  /// The image at `path` in the size of all.
  /// - Parameter path: The path of the file.
  /// - Returns: The image.
  /// - Throws: `FileError` for a file that is missing, damaged, in a format that is not read or of too many
  ///   pixels. `DataError` for a region outside of the image.
  public func image(at path: String) throws -> Image {
    let image = try image(at: path, framing: framing)
    guard case .pad(let background) = fitting else { return image }
    return try image.letterboxed(to: size, background: background)
  }

  /// An image that is in memory already, in the size and channels of all.
  /// - Parameter image: The image.
  /// - Returns: The image in the size and channels of all.
  /// - Throws: `DataError` for settings that make no sense.
  public func framed(_ image: Image) throws -> Image {
    try check()
    let image = try image.converted(toChannels: channels, background: background)
    switch fitting {
    case .stretch: return try image.resized(to: size, interpolation: interpolation)
    case .crop(let share):
      return try image.centerCropped(to: size, share: share, interpolation: interpolation)
    case .pad(let background):
      return try image.letterboxed(to: size, background: background, interpolation: interpolation)
    }
  }
}
