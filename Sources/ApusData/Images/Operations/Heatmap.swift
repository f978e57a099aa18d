import ApusGraph

// Maps of numbers an images.
extension Image {
  /// A map `[rows, columns]` of numbers in colors.
  /// - Parameters:
  ///   - map: Numbers; 0 and below get the first color, the largest the last.
  ///   - size: The image's size; one pixel a number when nil.
  ///   - colormap: Which color stands for which number.
  /// - Throws: `DataError` for a map of another shape or type, and for a size without pixels.
  public init(heatmap map: Literal, size: ImageSize? = nil, colormap: Colormap = .heat) throws {
    let (shares, size) = try Self.shares(map, size: size, cut: 1)
    let pixels = shares.flatMap { share in (0..<3).map { colormap[Double(share)][$0] } }
    try self.init(width: size.width, height: size.height, channels: 3, pixels: pixels)
  }

  /// The image with a map of numbers laid over it: where they are large it is tinted, elsewhere it is paled.
  /// - Parameters:
  ///   - map: Numbers `[rows, columns]`, spread over the whole image; 0 and below are shown as nothing.
  ///   - colormap: Which color stands for which number.
  ///   - cut: The share of the map's numbers that get different colors; the largest ones beyond it look
  ///     alike. Below 1 for maps in which a few pixels stand out by far.
  /// - Returns: The tinted image, in red, green and blue.
  /// - Throws: `DataError` for a map of another shape or type, and for a cut outside of 0...1.
  public func overlaid(heatmap map: Literal, colormap: Colormap = .heat, cut: Double = 1) throws -> Image {
    let (shares, _) = try Self.shares(map, size: size, cut: cut)
    let base = try converted(toChannels: 3)
    let gray = try base.converted(toChannels: 1)
    var result = base.pixels
    for (pixel, share) in shares.enumerated() {
      let color = colormap[Double(share)]
      // The photo in gray where nothing is, so that the colors that there are mean something.
      let opacity = 0.15 + 0.5 * share
      for channel in 0..<3 {
        let ground = 0.65 * Float(gray.pixels[pixel]) + 0.35 * Float(result[pixel * 3 + channel])
        result[pixel * 3 + channel] = UInt8(ground * (1 - opacity) + Float(color[channel]) * opacity)
      }
    }
    return Image(width: width, height: height, channels: 3, checked: result)
  }

  /// The map in another size, its numbers as shares of the largest.
  private static func shares(
    _ map: Literal, size: ImageSize?, cut: Double
  ) throws -> (shares: [Float], size: ImageSize) {
    let sizes = map.shape.dimensions
    guard sizes.count == 2, sizes.allSatisfy({ $0 > 0 }), map.dtype.isFloating else {
      throw DataError(.shape, "a map of numbers [rows, columns] was expected, \(map.dtype) \(map.shape) came")
    }
    let numbers = map.doubles.map { $0.isFinite ? Float(max($0, 0)) : 0 }
    let sorted = numbers.sorted()
    guard cut > 0, cut <= 1 else {
      throw DataError(.setting, "a cut above 0 and up to 1 was expected, \(cut) came")
    }
    let largest = sorted[max(Int(cut * Double(sorted.count)) - 1, 0)]
    let scaled = numbers.map { largest > 0 ? min($0 / largest, 1) : 0 }
    let source = ImageSize(width: sizes[1], height: sizes[0])
    guard let size, size != source else { return (scaled, source) }
    try size.check()
    let spread = try scaled.withUnsafeBytes { bytes in
      try resample(
        ImageRegion(all: source), of: bytes, size: source, channels: 1, to: size, .bicubic, as: Float.self)
    }
    return (spread.map { min(max($0, 0), 1) }, size)
  }
}
