import ApusIO
import ApusTIFF

/// TIFF and BigTIFF files, by libtiff: the first page.
enum TIFFFile: ImageFileReader {
  static func recognizes(_ start: [UInt8]) -> Bool {
    // 42 for the classic format, 43 for the one of files above 4 GB.
    [[0x49, 0x49, 42, 0], [0x4d, 0x4d, 0, 42], [0x49, 0x49, 43, 0], [0x4d, 0x4d, 0, 43]].contains {
      start.starts(with: $0)
    }
  }

  static func header(_ bytes: [UInt8], path: String) throws -> ImageFileHeader {
    let header = try stored(bytes, path: path)
    return ImageFileHeader(
      size: ImageSize(width: Int(header.width), height: Int(header.height)), channels: Int(header.channels),
      orientation: ImageOrientation(rawValue: Int(header.orientation)) ?? .upright,
      isAnimated: header.has_more_pages != 0, greatestValue: Int(header.greatest_value))
  }

  static func pixels(
    _ bytes: [UInt8], path: String, header: ImageFileHeader, region: ImageRegion, shrinkage: Int
  ) throws -> ImageFilePixels {
    let (width, height, channels) = (header.size.width, header.size.height, header.channels)
    var report = apus_tiff_report()
    let pixels = [UInt8](unsafeUninitializedCapacity: width * height * channels) { buffer, count in
      apus_tiff_decode(bytes, bytes.count, buffer.baseAddress, &report)
      count = report.status == APUS_TIFF_DONE ? buffer.count : 0
    }
    try check(report, path: path)
    return ImageFilePixels(
      image: Image(width: width, height: height, channels: channels, checked: pixels),
      warning: report.warnings > 0
        ? message(report) : header.isAnimated ? "its first page of several is read" : nil)
  }

  static func storedValues(_ bytes: [UInt8], path: String, header: ImageFileHeader) throws -> [UInt16]? {
    guard try stored(bytes, path: path).has_single_values != 0 else { return nil }
    var report = apus_tiff_report()
    let size = header.size.width * header.size.height
    let values = [UInt16](unsafeUninitializedCapacity: size) { buffer, count in
      apus_tiff_decode_values(bytes, bytes.count, buffer.baseAddress, &report)
      count = report.status == APUS_TIFF_DONE ? buffer.count : 0
    }
    try check(report, path: path)
    return values
  }

  private static func stored(_ bytes: [UInt8], path: String) throws -> apus_tiff_header {
    var header = apus_tiff_header()
    var report = apus_tiff_report()
    apus_tiff_read_header(bytes, bytes.count, &header, &report)
    try check(report, path: path)
    return header
  }

  private static func message(_ report: apus_tiff_report) -> String {
    withUnsafeBytes(of: report.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  private static func check(_ report: apus_tiff_report, path: String) throws {
    let reason: FileError.Reason
    switch report.status {
    case APUS_TIFF_DONE: return
    case APUS_TIFF_TRUNCATED: reason = .truncated
    case APUS_TIFF_UNSUPPORTED: reason = .unsupported
    case APUS_TIFF_NO_MEMORY: reason = .tooLarge
    default: reason = .corrupt
    }
    throw FileError(
      path: path, reason: reason, problem: "as TIFF: \(message(report))",
      advice: reason == .unsupported
        ? "Convert it to PNG, or to TIFF of 8 or 16 bits a channel." : "Copy or download the file again.")
  }
}
