import ApusHEIF
import ApusIO

/// HEIC and AVIF files, by libheif where it is installed: the primary image.
enum HEIFFile: ImageFileReader {
  /// The two formats that the container holds, by the brands at its start; nil for other files.
  static func format(_ start: [UInt8]) -> ImageFormat? {
    guard start.count >= 12, start[4..<8].elementsEqual("ftyp".utf8) else { return nil }
    // The main brand, a version, and the brands that the file is compatible with.
    let brands = [8] + stride(from: 16, through: start.count - 4, by: 4)
    for place in brands {
      switch String(decoding: start[place..<place + 4], as: UTF8.self) {
      case "avif", "avis": return .avif
      case "heic", "heix", "heim", "heis", "hevc", "hevx": return .heic
      default: continue
      }
    }
    return start[8..<12].elementsEqual("mif1".utf8) ? .heic : nil
  }

  static func header(_ bytes: [UInt8], path: String) throws -> ImageFileHeader {
    try header(bytes, path: path, library: HEIFLibrary.shared)
  }

  static func header(_ bytes: [UInt8], path: String, library: HEIFLibrary?) throws -> ImageFileHeader {
    let header = try stored(bytes, path: path, library: try needed(library, bytes, path: path))
    return ImageFileHeader(
      size: ImageSize(width: Int(header.width), height: Int(header.height)), channels: Int(header.channels),
      isAnimated: header.more_images > 0)
  }

  static func pixels(
    _ bytes: [UInt8], path: String, header: ImageFileHeader, region: ImageRegion, shrinkage: Int
  ) throws -> ImageFilePixels {
    let library = try needed(HEIFLibrary.shared, bytes, path: path)
    var stored = try stored(bytes, path: path, library: library)
    let (width, height, channels) = (header.size.width, header.size.height, header.channels)
    var report = apus_heif_report()
    let pixels = [UInt8](unsafeUninitializedCapacity: width * height * channels) { buffer, count in
      apus_heif_decode(library.pointer, bytes, bytes.count, &stored, buffer.baseAddress, &report)
      count = report.status == APUS_HEIF_DONE ? buffer.count : 0
    }
    try check(report, bytes, path: path)
    return ImageFilePixels(
      image: Image(width: width, height: height, channels: channels, checked: pixels),
      warning: header.isAnimated ? "its main image of several is read" : nil)
  }

  private static func stored(
    _ bytes: [UInt8], path: String, library: HEIFLibrary
  ) throws -> apus_heif_header {
    var header = apus_heif_header()
    var report = apus_heif_report()
    apus_heif_read_header(library.pointer, bytes, bytes.count, &header, &report)
    try check(report, bytes, path: path)
    return header
  }

  private static func name(_ bytes: [UInt8]) -> String {
    (format(Array(bytes.prefix(ImageFormat.signatureByteCount))) ?? .heic).rawValue
  }

  private static func needed(
    _ library: HEIFLibrary?, _ bytes: [UInt8], path: String
  ) throws -> HEIFLibrary {
    if let library { return library }
    throw FileError(
      path: path, reason: .unsupported,
      problem: "as \(name(bytes)): libheif, which reads it, is not installed",
      advice: "\(HEIFLibrary.installation), or convert it to JPEG or PNG.")
  }

  private static func check(_ report: apus_heif_report, _ bytes: [UInt8], path: String) throws {
    let reason: FileError.Reason
    switch report.status {
    case APUS_HEIF_DONE: return
    case APUS_HEIF_UNSUPPORTED: reason = .unsupported
    case APUS_HEIF_NO_MEMORY: reason = .tooLarge
    default: reason = .corrupt
    }
    let message = withUnsafeBytes(of: report.message) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    throw FileError(
      path: path, reason: reason, problem: "as \(name(bytes)): \(message)",
      advice: reason == .unsupported
        ? "Install libheif's decoders (libheif-plugin-libde265 and libheif-plugin-dav1d, where these are packages), or "
          + "convert it to JPEG or PNG."
        : "Copy or download the file again.")
  }
}

/// libheif, looked for by name when the first file needs it: the build does not.
struct HEIFLibrary: @unchecked Sendable {
  /// Its functions, which never change and stay until the end of the process.
  let pointer: OpaquePointer

  /// The library of the given name; nil where there is none.
  init?(name: String) {
    guard let pointer = apus_heif_open(name) else { return nil }
    self.pointer = pointer
  }

  #if os(macOS)
    static let installation = "Install it with `brew install libheif`"
    static let shared =
      HEIFLibrary(name: "libheif.1.dylib") ?? HEIFLibrary(name: "/opt/homebrew/lib/libheif.1.dylib")
      ?? HEIFLibrary(name: "/usr/local/lib/libheif.1.dylib")
  #else
    static let installation = "Install it with `apt-get install libheif1`"
    static let shared = HEIFLibrary(name: "libheif.so.1")
  #endif
}
