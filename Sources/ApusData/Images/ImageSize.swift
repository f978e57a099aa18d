import ApusGraph

/// The size of an image in pixels.
public struct ImageSize: Sendable, Hashable, Codable, CustomStringConvertible {
  /// Number of pixels across.
  public var width: Int
  /// Number of pixels down.
  public var height: Int

  /// A size of `width` by `height` pixels.
  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// A square.
  public init(_ side: Int) { self.init(width: side, height: side) }

  /// Width by height: `640 by 480`.
  public var description: String { "\(width) by \(height)" }

  /// The largest size with the same proportions that fits into `target`.
  public func fitting(into target: ImageSize) -> ImageSize {
    let scale = min(Double(target.width) / Double(width), Double(target.height) / Double(height))
    return ImageSize(
      width: min(max(1, Int(saturating: (Double(width) * scale).rounded())), target.width),
      height: min(max(1, Int(saturating: (Double(height) * scale).rounded())), target.height))
  }

  /// The size with its sides exchanged.
  var turned: ImageSize { ImageSize(width: height, height: width) }

  /// Throws unless there is something to see, and no more than images are made of.
  func check() throws {
    guard width > 0, height > 0, width <= 1 << 24, height <= 1 << 24, width * height <= 1 << 28 else {
      throw DataError(.setting, "a size from 1 by 1 to 2^28 pixels in all was expected, \(self) came")
    }
  }
}

/// A rectangle of an image's pixels.
public struct ImageRegion: Sendable, Hashable {
  /// Number of pixels to its left.
  public var left: Int
  /// Number of pixels above it.
  public var top: Int
  /// Its size.
  public var size: ImageSize

  /// A rectangle by its corner and size.
  public init(left: Int, top: Int, width: Int, height: Int) {
    self.left = left
    self.top = top
    size = ImageSize(width: width, height: height)
  }

  /// All of an image.
  public init(all size: ImageSize) { self.init(left: 0, top: 0, width: size.width, height: size.height) }

  /// The largest rectangle in the middle of an image with the proportions of `target`, shrunk to `share` of its
  /// sides.
  public init(centeredIn size: ImageSize, aspectRatioOf target: ImageSize, share: Double = 1) {
    let scale = min(
      Double(size.width) / Double(target.width), Double(size.height) / Double(target.height))
    let width = (Double(target.width) * scale * share).rounded()
    let height = (Double(target.height) * scale * share).rounded()
    let inner = ImageSize(
      width: min(max(Int(saturating: width), 1), size.width),
      height: min(max(Int(saturating: height), 1), size.height))
    self.init(
      left: (size.width - inner.width) / 2, top: (size.height - inner.height) / 2, width: inner.width,
      height: inner.height)
  }

  /// Throws unless the rectangle has pixels and all of them lie in an image of the given size.
  func check(in whole: ImageSize) throws {
    guard left >= 0, top >= 0, size.width > 0, size.height > 0, left <= whole.width - size.width,
      top <= whole.height - size.height
    else {
      throw DataError(
        .setting,
        "\(size) pixels from column \(left) and row \(top) on do not lie in an image of \(whole) pixels")
    }
  }
}
