extension Image {
  /// The image with another number of channels.
  ///
  /// Colors become gray by ITU-R 601's weights in whole numbers, as Pillow's `convert("L")` has them.
  /// Where alpha falls away, the image is laid on a background of the given brightness.
  /// - Parameters:
  ///   - target: The number of channels, 1 to 4.
  ///   - background: The brightness behind transparent parts, 0 to 255.
  /// - Returns: The image with that many channels.
  /// - Throws: `DataError` for another number of channels.
  public func converted(toChannels target: Int, background: UInt8 = 255) throws -> Image {
    guard (1...4).contains(target) else {
      throw DataError(.setting, "1 to 4 channels were expected, \(target) came")
    }
    guard target != channels else { return self }
    let hadAlpha = channels % 2 == 0
    let hasAlpha = target % 2 == 0
    let sourceColors = channels <= 2 ? 1 : 3
    let targetColors = target <= 2 ? 1 : 3
    var result = [UInt8](repeating: 255, count: width * height * target)
    for pixel in 0..<width * height {
      let from = pixel * channels
      let to = pixel * target
      let alpha = hadAlpha ? pixels[from + sourceColors] : 255
      func color(_ index: Int) -> UInt8 {
        let value = pixels[from + (sourceColors == 1 ? 0 : index)]
        guard hadAlpha && !hasAlpha else { return value }
        let mixed = Int(value) * Int(alpha) + Int(background) * (255 - Int(alpha))
        return UInt8((mixed + 127) / 255)
      }
      if targetColors == 3 {
        for index in 0..<3 { result[to + index] = color(index) }
      } else if sourceColors == 1 {
        result[to] = color(0)
      } else {
        let sum = 19_595 * Int(color(0)) + 38_470 * Int(color(1)) + 7471 * Int(color(2))
        result[to] = UInt8((sum + 0x8000) >> 16)
      }
      if hasAlpha { result[to + targetColors] = alpha }
    }
    return Image(width: width, height: height, channels: target, checked: result)
  }

  /// The image without its alpha where all of it is opaque.
  func withoutNeedlessAlpha() throws -> Image {
    guard channels % 2 == 0 else { return self }
    var index = channels - 1
    while index < pixels.count {
      guard pixels[index] == 255 else { return self }
      index += channels
    }
    return try converted(toChannels: channels - 1)
  }
}
