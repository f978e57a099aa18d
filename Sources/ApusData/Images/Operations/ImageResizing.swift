import ApusKernels

extension Image {
  /// How the pixels of an image in another size come of the old ones. All but `nearest` take the mean over as many
  /// old pixels as a new one covers where an image shrinks, so that nothing aliases; what they give is Pillow's.
  public enum Interpolation: String, Sendable, CaseIterable, Codable {
    /// The one under the middle: for maps of labels, whose values must not mix.
    case nearest
    /// The plain mean.
    case box
    /// Weights that fall off linearly.
    case bilinear
    /// Keys's cubic, a = -0.5: sharper, overshoots a little at edges.
    case bicubic
    /// A sinc of three lobes: the sharpest, and overshoots.
    case lanczos

    /// The number that the C code has for it.
    var filter: Int32 {
      switch self {
      case .nearest, .box: Int32(APUS_FILTER_BOX)
      case .bilinear: Int32(APUS_FILTER_BILINEAR)
      case .bicubic: Int32(APUS_FILTER_BICUBIC)
      case .lanczos: Int32(APUS_FILTER_LANCZOS)
      }
    }
  }

  /// The image in another size.
  ///
  /// Where there is alpha, colors count by it, so that those of invisible pixels do not show.
  /// - Parameters:
  ///   - newSize: The size in pixels.
  ///   - interpolation: How pixels are computed.
  /// - Returns: The image in the new size.
  /// - Throws: `DataError` for a size without pixels, or of more than 2^28.
  public func resized(to newSize: ImageSize, interpolation: Interpolation = .bilinear) throws -> Image {
    try newSize.check()
    guard newSize != size else { return self }
    let hasAlpha = channels % 2 == 0 && interpolation != .nearest
    var source = pixels
    if hasAlpha { apus_premultiply_alpha(&source, Int64(width * height), Int64(channels)) }
    var result = try source.withUnsafeBytes { source in
      try resample(
        ImageRegion(all: size), of: source, size: size, channels: channels, to: newSize, interpolation)
    }
    if hasAlpha {
      apus_unpremultiply_alpha(&result, Int64(newSize.width * newSize.height), Int64(channels))
    }
    return Image(width: newSize.width, height: newSize.height, channels: channels, checked: result)
  }
}

/// A region of the elements of an image in another size.
func resample<Element: ResampledElement>(
  _ region: ImageRegion, of source: UnsafeRawBufferPointer, size: ImageSize, channels: Int,
  to newSize: ImageSize,
  _ interpolation: Image.Interpolation, as type: Element.Type = UInt8.self
) throws -> [Element] {
  let pixelBytes = channels * MemoryLayout<Element>.size
  _ = try checkedShape(
    [newSize.height, newSize.width, channels], pixelBytes == channels ? .uint8 : .float32, for: "an image")
  var isFailed = false
  let result = [Element](
    unsafeUninitializedCapacity: newSize.width * newSize.height * channels
  ) { target, count in
    var context = apus_resample_context(
      pixels: source.baseAddress.map { $0 + (region.top * size.width + region.left) * pixelBytes },
      row_bytes: Int64(size.width * pixelBytes), width: Int64(region.size.width),
      height: Int64(region.size.height), channels: Int64(channels), result: target.baseAddress,
      new_width: Int64(newSize.width), new_height: Int64(newSize.height), filter: interpolation.filter)
    if interpolation == .nearest {
      apus_resample_nearest(&context, Int64(pixelBytes))
    } else {
      isFailed = Element.resample(&context) != 0
    }
    count = isFailed ? 0 : target.count
  }
  guard !isFailed else {
    throw DataError(
      .sample, "there is no memory to bring \(region.size) pixels to \(newSize)",
      advice: "Resize smaller images.")
  }
  return result
}

/// What a channel of an image can be made of.
protocol ResampledElement {
  static func resample(_ context: UnsafePointer<apus_resample_context>) -> Int32
}

extension UInt8: ResampledElement {
  static func resample(_ context: UnsafePointer<apus_resample_context>) -> Int32 {
    apus_resample_bytes(context)
  }
}

extension Float: ResampledElement {
  static func resample(_ context: UnsafePointer<apus_resample_context>) -> Int32 {
    apus_resample_floats(context)
  }
}
