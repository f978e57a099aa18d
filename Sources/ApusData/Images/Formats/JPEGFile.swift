import ApusIO
import ApusJPEG
import Foundation

/// JPEG files, by libjpeg-turbo.
enum JPEGFile: ImageFileReader {
  static func header(_ bytes: [UInt8], path: String) throws -> ImageFileHeader {
    var header = apus_jpeg_header()
    var report = apus_jpeg_report()
    apus_jpeg_read_header(bytes, bytes.count, &header, &report)
    try check(report, path: path)
    let size = ImageSize(width: Int(header.width), height: Int(header.height))
    guard [1, 3, 4].contains(header.components) else {
      throw FileError(
        path: path, reason: .unsupported,
        problem: "as JPEG: 1, 3 or 4 components are read, it has \(header.components)")
    }
    return ImageFileHeader(
      size: size, channels: header.components == 1 ? 1 : 3,
      orientation: exif(bytes).map { ImageOrientation(exif: $0) } ?? .upright,
      greatestShrinkage: 8)
  }

  static func pixels(
    _ bytes: [UInt8], path: String, header: ImageFileHeader, region: ImageRegion, shrinkage: Int
  ) throws -> ImageFilePixels {
    let (width, height, channels) = (region.size.width, region.size.height, header.channels)
    var request = apus_jpeg_request(
      shrinkage: Int32(shrinkage), left: Int32(region.left), top: Int32(region.top), width: Int32(width),
      height: Int32(height))
    var report = apus_jpeg_report()
    let pixels = [UInt8](unsafeUninitializedCapacity: width * height * channels) { buffer, count in
      apus_jpeg_decode(bytes, bytes.count, &request, buffer.baseAddress, &report)
      count = report.status == APUS_JPEG_DONE ? buffer.count : 0
    }
    try check(report, path: path)
    return ImageFilePixels(
      image: Image(width: width, height: height, channels: channels, checked: pixels),
      warning: report.warnings > 0 ? message(report) : nil)
  }

  /// The bytes of a file.
  static func encoded(_ image: Image, quality: Int) throws -> [UInt8] {
    guard (1...100).contains(quality) else {
      throw DataError(.setting, "a JPEG quality from 1 to 100 was expected, \(quality) came")
    }
    guard max(image.width, image.height) <= 65_500 else {
      throw DataError(.sample, "a JPEG image has at most 65500 pixels a side, \(image.size) came")
    }
    let opaque = try image.converted(toChannels: image.channels < 3 ? 1 : 3)
    var report = apus_jpeg_report()
    var start: UnsafeMutablePointer<UInt8>?
    let count = apus_jpeg_encode(
      opaque.pixels, Int32(opaque.width), Int32(opaque.height), Int32(opaque.channels), Int32(quality),
      &start, &report)
    defer { free(start) }
    guard report.status == APUS_JPEG_DONE else {
      throw DataError(.sample, "libjpeg cannot write the image: \(message(report))")
    }
    return Array(UnsafeBufferPointer(start: start, count: count))
  }

  /// The TIFF data of the first EXIF segment, if there is one.
  private static func exif(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
    var position = 2
    while position + 4 <= bytes.count, bytes[position] == 0xff {
      let marker = bytes[position + 1]
      // Bytes of 0xff fill up; from the first scan on there is no metadata.
      if marker == 0xff {
        position += 1
        continue
      }
      guard marker != 0xda, marker != 0xd9 else { return nil }
      let end = position + 2 + Int(bytes[position + 2]) << 8 + Int(bytes[position + 3])
      let start = position + 4
      guard end >= start, end <= bytes.count else { return nil }
      if marker == 0xe1, bytes[start..<end].starts(with: Array("Exif".utf8) + [0, 0]) {
        return bytes[(start + 6)..<end]
      }
      position = end
    }
    return nil
  }

  private static func message(_ report: apus_jpeg_report) -> String {
    withUnsafeBytes(of: report.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  private static func check(_ report: apus_jpeg_report, path: String) throws {
    let reason: FileError.Reason
    switch report.status {
    case APUS_JPEG_DONE: return
    case APUS_JPEG_TRUNCATED: reason = .truncated
    case APUS_JPEG_UNSUPPORTED: reason = .unsupported
    case APUS_JPEG_NO_MEMORY: reason = .tooLarge
    default: reason = .corrupt
    }
    throw FileError(
      path: path, reason: reason, problem: "as JPEG: \(message(report))",
      advice: reason == .unsupported
        ? "Convert it to 8-bit JPEG or to PNG." : "Copy or download the file again.")
  }
}
