extension Image {
  /// The picture with another number of channels.
  ///
  /// Colours become grey by ITU-R 601's weights in whole numbers, as Pillow's `convert("L")` has them.
  /// Where alpha falls away, the picture is laid on a background of the given brightness.
  public func converted(toChannels target: Int, background: UInt8 = 255) throws -> Image {
    guard (1...4).contains(target) else {
      throw DataError(.setting, "1 to 4 channels were expected, \(target) came")
    }
    guard target != channels else { return self }
    let hadAlpha = channels % 2 == 0
    let hasAlpha = target % 2 == 0
    let sourceColours = channels <= 2 ? 1 : 3
    let targetColours = target <= 2 ? 1 : 3
    var result = [UInt8](repeating: 255, count: width * height * target)
    for pixel in 0..<width * height {
      let from = pixel * channels
      let to = pixel * target
      let alpha = hadAlpha ? pixels[from + sourceColours] : 255
      func colour(_ index: Int) -> UInt8 {
        let value = pixels[from + (sourceColours == 1 ? 0 : index)]
        guard hadAlpha && !hasAlpha else { return value }
        let mixed = Int(value) * Int(alpha) + Int(background) * (255 - Int(alpha))
        return UInt8((mixed + 127) / 255)
      }
      if targetColours == 3 {
        for index in 0..<3 { result[to + index] = colour(index) }
      } else if sourceColours == 1 {
        result[to] = colour(0)
      } else {
        let sum = 19_595 * Int(colour(0)) + 38_470 * Int(colour(1)) + 7471 * Int(colour(2))
        result[to] = UInt8((sum + 0x8000) >> 16)
      }
      if hasAlpha { result[to + targetColours] = alpha }
    }
    return Image(width: width, height: height, channels: target, checked: result)
  }

  /// How a picture is brought to another size.
  public enum Resampling: Sendable {
    /// The mean of what each new pixel covers: for making smaller.
    case area
    /// Between the four nearest pixels: for making larger.
    case bilinear
  }

  /// The picture in another size.
  ///
  /// - Parameter resampling: nil takes the mean over the covered area in each direction that shrinks, and
  ///   interpolates where it grows.
  public func resized(width newWidth: Int, height newHeight: Int, _ resampling: Resampling? = nil) throws
    -> Image
  {
    guard newWidth > 0, newHeight > 0, newWidth <= 1 << 24, newHeight <= 1 << 24,
      newWidth * newHeight <= 1 << 28
    else {
      throw DataError(
        .setting, "a size from 1 by 1 to 2^28 pixels in all was expected, \(newWidth) by \(newHeight) came")
    }
    guard newWidth != width || newHeight != height else { return self }
    let across = Self.weights(from: width, to: newWidth, resampling)
    let down = Self.weights(from: height, to: newHeight, resampling)
    // One direction after the other: the weights of both kinds are products.
    var rows = [Float](repeating: 0, count: height * newWidth * channels)
    for row in 0..<height {
      for (column, weights) in across.enumerated() {
        for (offset, weight) in weights.values.enumerated() {
          let from = (row * width + weights.start + offset) * channels
          let to = (row * newWidth + column) * channels
          for channel in 0..<channels { rows[to + channel] += weight * Float(pixels[from + channel]) }
        }
      }
    }
    let rowCount = newWidth * channels
    var result = [UInt8](repeating: 0, count: newHeight * rowCount)
    var sums = [Float](repeating: 0, count: rowCount)
    for (row, weights) in down.enumerated() {
      for index in 0..<rowCount { sums[index] = 0 }
      for (offset, weight) in weights.values.enumerated() {
        let from = (weights.start + offset) * rowCount
        for index in 0..<rowCount { sums[index] += weight * rows[from + index] }
      }
      for index in 0..<rowCount {
        result[row * rowCount + index] = UInt8(min(max(sums[index], 0), 255).rounded())
      }
    }
    return Image(width: newWidth, height: newHeight, channels: channels, checked: result)
  }

  /// For each new pixel along one direction, the old ones that make it up and their shares.
  private static func weights(
    from count: Int, to newCount: Int, _ resampling: Resampling?
  ) -> [(start: Int, values: [Float])] {
    let scale = Double(count) / Double(newCount)
    let kind = resampling ?? (newCount < count ? .area : .bilinear)
    return (0..<newCount).map { index in
      switch kind {
      case .area:
        let (low, high) = (Double(index) * scale, Double(index + 1) * scale)
        let start = min(Int(low), count - 1)
        let end = min(max(Int(high.rounded(.up)), start + 1), count)
        let shares = (start..<end).map { min(Double($0 + 1), high) - max(Double($0), low) }
        let total = shares.reduce(0, +)
        return (start, shares.map { Float($0 / total) })
      case .bilinear:
        // Pixels are squares: their middles lie at halves.
        let place = min(max((Double(index) + 0.5) * scale - 0.5, 0), Double(count - 1))
        let start = min(Int(place), max(0, count - 2))
        let share = Float(place - Double(start))
        return count == 1 ? (0, [1]) : (start, [1 - share, share])
      }
    }
  }
}
