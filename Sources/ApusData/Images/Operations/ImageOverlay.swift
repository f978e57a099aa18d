import ApusGraph

extension Image {
  /// Colors for labels that are easy to tell apart, for people with any color vision too (after Okabe and Ito); the
  /// first is for the background.
  public static let labelColors: [[UInt8]] = [
    [0, 0, 0], [213, 94, 0], [0, 114, 178], [0, 158, 115], [240, 228, 66], [204, 121, 167], [86, 180, 233],
    [230, 159, 0],
  ]

  /// The image in colors with another color over the pixels of each label but 0.
  /// - Parameters:
  ///   - labels: A class for each pixel, of an integer type, `[height, width]`.
  ///   - colors: Red, green and blue for each label; they begin again where there are more labels.
  ///   - opacity: How much of the color is seen, in 0...1.
  /// - Returns: The image with colors over it, in red, green and blue.
  /// - Throws: `DataError` for labels of another shape or type, for fewer than two colors and for an opacity
  ///   outside of 0...1.
  public func overlaid(
    labels: Literal, colors: [[UInt8]] = Image.labelColors, opacity: Double = 0.5
  ) throws -> Image {
    guard labels.dtype.isInteger, labels.shape == [height, width] else {
      throw DataError(
        .shape,
        "labels [\(height), \(width)] of an integer type were expected, \(labels.dtype) \(labels.shape) came")
    }
    guard colors.count > 1, colors.allSatisfy({ $0.count == 3 }), 0...1 ~= opacity else {
      throw DataError(
        .setting, "two colors or more of red, green and blue and an opacity in 0...1 were expected")
    }
    let base = try converted(toChannels: 3)
    var pixels = base.pixels
    for (index, label) in labels.doubles.map({ Int(saturating: $0) }).enumerated() where label > 0 {
      let color = colors[(label - 1) % (colors.count - 1) + 1]
      for channel in 0..<3 {
        let old = Double(pixels[index * 3 + channel])
        pixels[index * 3 + channel] = UInt8((old + (Double(color[channel]) - old) * opacity).rounded())
      }
    }
    return Image(width: width, height: height, channels: 3, checked: pixels)
  }
}
