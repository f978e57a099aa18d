import ApusIO
import CPNG

/// PNG files, by libpng's simplified interface: no callbacks, errors as return values.
enum PNGFile {
  static func recognizes(_ start: [UInt8]) -> Bool {
    start.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  }

  /// The picture in 8 bits with the channels that the file has; a palette becomes colours.
  static func read(_ source: any ByteSource, pixelLimit: Int) throws -> Image {
    try checkSize(source, pixelLimit: pixelLimit)
    let bytes = try source.bytes(at: 0, count: source.byteCount)
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    return try bytes.withUnsafeBytes { bytes in
      guard png_image_begin_read_from_memory(&image, bytes.baseAddress, bytes.count) != 0 else {
        throw failure(image, source)
      }
      // 16-bit files without a colour space are meant as all others are, not as linear light.
      image.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
      let isColour = image.format & UInt32(PNG_FORMAT_FLAG_COLOR) != 0
      let hasAlpha = image.format & UInt32(PNG_FORMAT_FLAG_ALPHA) != 0
      image.format =
        (isColour ? UInt32(PNG_FORMAT_FLAG_COLOR) : 0) | (hasAlpha ? UInt32(PNG_FORMAT_FLAG_ALPHA) : 0)
      let channels = (isColour ? 3 : 1) + (hasAlpha ? 1 : 0)
      let (width, height) = (Int(image.width), Int(image.height))
      var pixels = [UInt8](repeating: 0, count: width * height * channels)
      let status = pixels.withUnsafeMutableBytes {
        png_image_finish_read(&image, nil, $0.baseAddress, 0, nil)
      }
      guard status != 0 else { throw failure(image, source) }
      // Warnings remain, such as of a colour profile that libpng does not like: the pixels are sound.
      return try Image(width: width, height: height, channels: channels, pixels: pixels)
    }
  }

  static func encoded(_ picture: Image) throws -> [UInt8] {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    image.width = UInt32(picture.width)
    image.height = UInt32(picture.height)
    image.format =
      (picture.channels > 2 ? UInt32(PNG_FORMAT_FLAG_COLOR) : 0)
      | (picture.channels % 2 == 0 ? UInt32(PNG_FORMAT_FLAG_ALPHA) : 0)
    defer { png_image_free(&image) }
    // Deflate never adds more than a few bytes a block to what it cannot compress.
    let rawCount = picture.pixels.count + picture.height
    var bytes = [UInt8](repeating: 0, count: rawCount + rawCount / 1000 + 4096)
    var count = bytes.count
    let status = picture.pixels.withUnsafeBytes { pixels in
      bytes.withUnsafeMutableBytes {
        png_image_write_to_memory(&image, $0.baseAddress, &count, 0, pixels.baseAddress, 0, nil)
      }
    }
    guard status != 0 else {
      throw DataError(.sample, "libpng cannot write the picture: \(message(image))")
    }
    return Array(bytes[..<count])
  }

  /// Reads the sizes from the header, which always comes first, before libpng takes memory for them.
  private static func checkSize(_ source: any ByteSource, pixelLimit: Int) throws {
    let header = try source.bytes(at: 0, count: 24)
    let sizes = [16, 20].map { start in header[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
    guard header[12..<16].elementsEqual("IHDR".utf8), sizes.allSatisfy({ $0 > 0 && $0 < 1 << 31 }) else {
      throw FileError(path: source.path, reason: .corrupt, problem: "as PNG: its header is damaged")
    }
    guard sizes[0] * sizes[1] <= pixelLimit else {
      throw FileError(
        path: source.path, reason: .tooLarge,
        problem: "it has \(sizes[0]) by \(sizes[1]) pixels, \(pixelLimit) in all are read at most",
        advice: "Make it smaller, or pass a larger `pixelLimit`.")
    }
    // A pixel takes a bit at least, and a compressed byte gives 1032 at most.
    guard sizes[0] * sizes[1] / 8 / 1032 <= source.byteCount else {
      throw FileError(
        path: source.path, reason: .corrupt,
        problem: "as PNG: \(sizes[0]) by \(sizes[1]) pixels cannot come of \(source.byteCount) bytes",
        advice: "Copy or download the file again.")
    }
  }

  private static func failure(_ image: png_image, _ source: any ByteSource) -> FileError {
    FileError(
      path: source.path, reason: .corrupt, problem: "as PNG: \(message(image))",
      advice: "Copy or download the file again.")
  }

  private static func message(_ image: png_image) -> String {
    withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
