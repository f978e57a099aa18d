import ApusData
import ApusReport

extension Image {
  /// The image for a report: small images as PNG, larger ones as JPEG.
  ///
  /// - Parameters:
  ///   - isLossless: Whether it is PNG; only for images with a side below 100 pixels if nil.
  ///   - quality: The quality of JPEG, 1...100.
  ///   - isPixelated: Whether pixels stay sharp squares when enlarged; for images with a side below 100 pixels if nil.
  /// - Throws: `DataError` if the image cannot be encoded.
  /// - Returns: The text.
  public func reportImage(
    isLossless: Bool? = nil, quality: Int = 82, isPixelated: Bool? = nil
  ) throws -> Report.Image {
    let isPNG = isLossless ?? (min(width, height) < 100)
    return Report.Image(
      bytes: isPNG ? try pngBytes() : try jpegBytes(quality: quality),
      type: isPNG ? "image/png" : "image/jpeg",
      width: width, height: height, isPixelated: isPixelated)
  }
}
