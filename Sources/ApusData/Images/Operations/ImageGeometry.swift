extension Image {
  /// A rectangle of the image.
  /// - Parameter region: The rectangle, inside the image.
  /// - Returns: The rectangle as an image.
  /// - Throws: `DataError` for a rectangle that is not inside the image.
  public func cropped(to region: ImageRegion) throws -> Image {
    try region.check(in: size)
    guard region.size != size else { return self }
    let rowCount = region.size.width * channels
    var result: [UInt8] = []
    result.reserveCapacity(region.size.height * rowCount)
    for row in region.top..<region.top + region.size.height {
      let start = (row * width + region.left) * channels
      result += pixels[start..<start + rowCount]
    }
    return Image(width: region.size.width, height: region.size.height, channels: channels, checked: result)
  }

  /// The largest rectangle in the middle with the proportions of `size`, brought to that size.
  /// - Parameters:
  ///   - size: The size in pixels.
  ///   - share: How much of the sides of that rectangle is kept: 0.875 is the usual share where networks are
  ///     trained on random crops.
  ///   - interpolation: How pixels are computed.
  /// - Returns: The center of the image in the given size.
  /// - Throws: `DataError` for a size without pixels and a share outside of 0...1.
  public func centerCropped(
    to size: ImageSize, share: Double = 1, interpolation: Interpolation = .bilinear
  ) throws -> Image {
    try size.check()
    guard share > 0, share <= 1 else {
      throw DataError(.setting, "a share of the sides above 0 and up to 1 was expected, \(share) came")
    }
    let region = ImageRegion(centeredIn: self.size, aspectRatioOf: size, share: share)
    return try cropped(to: region).resized(to: size, interpolation: interpolation)
  }

  /// The whole image in its proportions, as large as fits into `size`, in the middle of an even background.
  /// - Parameters:
  ///   - size: The size in pixels.
  ///   - background: The brightness of what is added, 0 to 255.
  ///   - interpolation: How pixels are computed.
  /// - Returns: The whole image, and the background around it.
  /// - Throws: `DataError` for a size without pixels.
  public func letterboxed(
    to size: ImageSize, background: UInt8 = 0, interpolation: Interpolation = .bilinear
  ) throws -> Image {
    try size.check()
    let inner = try resized(to: self.size.fitting(into: size), interpolation: interpolation)
    let (left, top) = ((size.width - inner.width) / 2, (size.height - inner.height) / 2)
    return try inner.padded(
      left: left, top: top, right: size.width - inner.width - left, bottom: size.height - inner.height - top,
      background: background)
  }

  /// The image with an even border; alpha, where there is some, is opaque there.
  /// - Parameters:
  ///   - left: Pixels on the left, from 0 on.
  ///   - top: Pixels above, from 0 on.
  ///   - right: Pixels on the right, from 0 on.
  ///   - bottom: Pixels below, from 0 on.
  ///   - background: The brightness of what is added, 0 to 255.
  /// - Returns: The larger image.
  /// - Throws: `DataError` for a border below 0, and for more than 2^28 pixels in all.
  public func padded(
    left: Int = 0, top: Int = 0, right: Int = 0, bottom: Int = 0, background: UInt8 = 0
  ) throws -> Image {
    guard min(left, top, right, bottom) >= 0, max(left, top, right, bottom) <= 1 << 24 else {
      throw DataError(.setting, "borders from 0 to 2^24 pixels were expected")
    }
    let outer = ImageSize(width: width + left + right, height: height + top + bottom)
    try outer.check()
    var fill = [UInt8](repeating: background, count: channels)
    if channels % 2 == 0 { fill[channels - 1] = 255 }
    func blank(_ count: Int) -> [UInt8] { Array(repeatElement(fill, count: count).joined()) }
    let (before, after) = (blank(left), blank(right))
    var result = blank(outer.width * top)
    result.reserveCapacity(outer.width * outer.height * channels)
    for row in 0..<height {
      result += before
      result += pixels[row * width * channels..<(row + 1) * width * channels]
      result += after
    }
    result += blank(outer.width * bottom)
    return Image(width: outer.width, height: outer.height, channels: channels, checked: result)
  }

  /// The image mirrored left to right.
  public func flippedHorizontally() -> Image { oriented(.mirrored) }

  /// The image mirrored top to bottom.
  public func flippedVertically() -> Image { oriented(.mirroredUpsideDown) }

  /// The image turned clockwise by a number of quarters.
  public func turned(quarters: Int) -> Image {
    // A camera held the other way makes an image that must be turned this way.
    let orientations: [ImageOrientation] = [.upright, .turnedLeft, .upsideDown, .turnedRight]
    return oriented(orientations[((quarters % 4) + 4) % 4])
  }
}
