import ApusData

extension Image {
  /// The image with dark and light exchanged.
  func inverted() throws -> Image {
    try Image(width: width, height: height, channels: channels, pixels: pixels.map { 255 - $0 })
  }

  /// Images for people have at least so many pixels on their shorter side.
  private static let smallestSide = 160

  /// The image, enlarged by a whole factor if it is tiny.
  func enlarged() throws -> Image {
    let shorter = min(width, height)
    guard shorter < Self.smallestSide, shorter > 0 else { return self }
    let factor = (Self.smallestSide + shorter - 1) / shorter
    return try resized(to: ImageSize(width: width * factor, height: height * factor), interpolation: .nearest)
  }
}
