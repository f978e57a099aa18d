import ApusIO
import CWebP

/// WebP files, by libwebp; of an animation the first frame.
enum WebPFile: ImageFileReader {
  static func header(_ bytes: [UInt8], path: String) throws -> ImageFileHeader {
    var features = WebPBitstreamFeatures()
    let status = WebPGetFeaturesInternal(bytes, bytes.count, &features, WEBP_DECODER_ABI_VERSION)
    guard status == VP8_STATUS_OK else {
      throw failure(path, status == VP8_STATUS_NOT_ENOUGH_DATA ? .truncated : .corrupt)
    }
    return ImageFileHeader(
      size: ImageSize(width: Int(features.width), height: Int(features.height)),
      channels: features.has_alpha != 0 ? 4 : 3,
      orientation: chunk("EXIF", of: bytes).map { ImageOrientation(exif: tiff($0)) } ?? .upright,
      isAnimated: features.has_animation != 0)
  }

  static func pixels(
    _ bytes: [UInt8], path: String, header: ImageFileHeader, region: ImageRegion, shrinkage: Int
  ) throws -> ImageFilePixels {
    let (width, height) = (header.size.width, header.size.height)
    let channels = header.isAnimated ? 4 : header.channels
    var pixels = [UInt8](repeating: 0, count: width * height * channels)
    let isDone = pixels.withUnsafeMutableBufferPointer { target in
      if header.isAnimated { return readFirstFrame(bytes, into: target) }
      let rowBytes = Int32(width * channels)
      let decode = channels == 4 ? WebPDecodeRGBAInto : WebPDecodeRGBInto
      return decode(bytes, bytes.count, target.baseAddress, target.count, rowBytes) != nil
    }
    guard isDone else {
      // RIFF states how long the file is: what is shorter was cut.
      let stated = bytes.count >= 8 ? bytes[4..<8].reversed().reduce(0) { $0 << 8 | Int($1) } + 8 : .max
      throw failure(path, stated > bytes.count ? .truncated : .corrupt)
    }
    let image = Image(width: width, height: height, channels: channels, checked: pixels)
    // Animations are decoded with alpha, which few of them need.
    return ImageFilePixels(
      image: header.isAnimated ? try image.withoutNeedlessAlpha() : image,
      warning: header.isAnimated ? "its first frame of several is read" : nil)
  }

  private static func readFirstFrame(_ bytes: [UInt8], into target: UnsafeMutableBufferPointer<UInt8>) -> Bool
  {
    bytes.withUnsafeBufferPointer { bytes in
      var data = WebPData(bytes: bytes.baseAddress, size: bytes.count)
      var options = WebPAnimDecoderOptions()
      guard WebPAnimDecoderOptionsInitInternal(&options, WEBP_DEMUX_ABI_VERSION) != 0,
        let decoder = WebPAnimDecoderNewInternal(&data, &options, WEBP_DEMUX_ABI_VERSION)
      else { return false }
      defer { WebPAnimDecoderDelete(decoder) }
      var frame: UnsafeMutablePointer<UInt8>?
      var time: Int32 = 0
      guard WebPAnimDecoderGetNext(decoder, &frame, &time) != 0, let frame, let start = target.baseAddress
      else { return false }
      start.update(from: frame, count: target.count)
      return true
    }
  }

  /// The content of the first chunk of the given name.
  private static func chunk(_ name: String, of bytes: [UInt8]) -> ArraySlice<UInt8>? {
    var position = 12
    while position + 8 <= bytes.count {
      let count = bytes[position + 4..<position + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
      let start = position + 8
      guard count <= bytes.count - start else { return nil }
      if bytes[position..<position + 4].elementsEqual(name.utf8) { return bytes[start..<start + count] }
      // Chunks begin at even places.
      position = start + count + count % 2
    }
    return nil
  }

  /// EXIF data without the mark that some writers put before it.
  private static func tiff(_ exif: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    exif.starts(with: Array("Exif".utf8) + [0, 0]) ? exif.dropFirst(6) : exif
  }

  private static func failure(_ path: String, _ reason: FileError.Reason) -> FileError {
    FileError(
      path: path, reason: reason,
      problem: reason == .truncated ? "as WebP: it ends before the image does" : "as WebP: it is damaged",
      advice: "Copy or download the file again.")
  }
}
