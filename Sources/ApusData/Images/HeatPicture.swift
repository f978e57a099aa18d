import ApusGraph

// Maps of numbers as pictures.
extension Image {
  /// A map `[rows, columns]` of numbers in colours.
  /// - Parameters:
  ///   - map: Numbers; 0 and below get the first colour, the largest the last.
  ///   - size: The picture's size; one pixel a number when nil.
  ///   - colours: The colours.
  public init(heat map: Literal, size: ImageSize? = nil, colours: ColourMap = .heat) throws {
    let (shares, size) = try Self.shares(map, size: size, cut: 1)
    let pixels = shares.flatMap { share in (0..<3).map { colours[Double(share)][$0] } }
    try self.init(width: size.width, height: size.height, channels: 3, pixels: pixels)
  }

  /// The picture with a map of numbers laid over it: where they are large it is tinted, elsewhere it is paled.
  /// - Parameters:
  ///   - map: Numbers `[rows, columns]`, spread over the whole picture; 0 and below are shown as nothing.
  ///   - colours: The colours.
  ///   - cut: The share of the map's numbers that get different colours; the largest ones beyond it look alike. Below 1
  ///     for maps in which a few pixels stand out by far.
  public func overlaid(with map: Literal, colours: ColourMap = .heat, cut: Double = 1) throws -> Image {
    let (shares, _) = try Self.shares(map, size: size, cut: cut)
    let base = try converted(toChannels: 3)
    let grey = try base.converted(toChannels: 1)
    var result = base.pixels
    for (pixel, share) in shares.enumerated() {
      let colour = colours[Double(share)]
      // The photo in grey where nothing is, so that the colours that there are mean something.
      let opacity = 0.15 + 0.5 * share
      for channel in 0..<3 {
        let ground = 0.65 * Float(grey.pixels[pixel]) + 0.35 * Float(result[pixel * 3 + channel])
        result[pixel * 3 + channel] = UInt8(ground * (1 - opacity) + Float(colour[channel]) * opacity)
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
    let kept = cut > 0 ? min(cut, 1) : 0
    let largest = sorted[max(Int(kept * Double(sorted.count)) - 1, 0)]
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
