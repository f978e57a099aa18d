import ApusIO
import CPNG

/// PNG files, by libpng's simplified interface: no callbacks, errors as return values.
enum PNGFile: ImageFileReader {
  static func recognizes(_ start: [UInt8]) -> Bool {
    start.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  }

  /// Reads the sizes from the chunk that always comes first.
  static func header(_ bytes: [UInt8], path: String) throws -> ImageFileHeader {
    guard bytes.count >= 33 else {
      throw FileError(
        path: path, reason: .truncated, problem: "as PNG: its header is cut",
        advice: "Copy or download the file again.")
    }
    let sizes = [16, 20].map { number(in: bytes, at: $0) }
    guard bytes[12..<16].elementsEqual("IHDR".utf8), sizes.allSatisfy({ $0 > 0 && $0 < 1 << 31 }) else {
      throw FileError(path: path, reason: .corrupt, problem: "as PNG: its header is damaged")
    }
    let depth = Int(bytes[24])
    // Palettes and gray may have transparency that only later chunks tell of.
    return ImageFileHeader(
      size: ImageSize(width: sizes[0], height: sizes[1]), channels: 4,
      orientation: chunk("eXIf", of: bytes).map { ImageOrientation(exif: $0) } ?? .upright,
      greatestValue: (1...16).contains(depth) && bytes[25] != 3 ? (1 << depth) - 1 : 255)
  }

  private static func number(in bytes: [UInt8], at start: Int) -> Int {
    bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
  }

  /// The content of the first chunk of the given name.
  private static func chunk(_ name: String, of bytes: [UInt8]) -> ArraySlice<UInt8>? {
    var position = 8
    while position + 12 <= bytes.count {
      let count = number(in: bytes, at: position)
      let start = position + 8
      guard count <= bytes.count - start - 4 else { return nil }
      if bytes[position + 4..<start].elementsEqual(name.utf8) { return bytes[start..<start + count] }
      position = start + count + 4
    }
    return nil
  }

  /// The image in 8 bits with the channels that the file has; a palette becomes colors.
  static func pixels(
    _ bytes: [UInt8], path: String, header: ImageFileHeader, region: ImageRegion, shrinkage: Int
  ) throws -> ImageFilePixels {
    try read(bytes, path: path, header: header) { image in
      // 16-bit files without a color space are meant as all others are, not as linear light.
      image.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
      let isColor = image.format & UInt32(PNG_FORMAT_FLAG_COLOR) != 0
      let hasAlpha = image.format & UInt32(PNG_FORMAT_FLAG_ALPHA) != 0
      image.format =
        (isColor ? UInt32(PNG_FORMAT_FLAG_COLOR) : 0) | (hasAlpha ? UInt32(PNG_FORMAT_FLAG_ALPHA) : 0)
      return (isColor ? 3 : 1) + (hasAlpha ? 1 : 0)
    }
  }

  /// Each pixel's place in the palette, or gray values of 16 bits; nil for other images.
  static func storedValues(_ bytes: [UInt8], path: String, header: ImageFileHeader) throws -> [UInt16]? {
    if let places = try places(bytes, path: path, header: header) { return places.pixels.map { UInt16($0) } }
    return try longNumbers(bytes, path: path, header: header)
  }

  /// Each pixel's place in the palette, as an image of one channel; nil if the file has no palette.
  private static func places(_ bytes: [UInt8], path: String, header: ImageFileHeader) throws -> Image? {
    guard bytes.count >= 33, bytes[25] == 3 else { return nil }
    // As libpng finds the file, it gives the places, and colors beside them.
    return try read(bytes, path: path, header: header) { _ in 1 }.image
  }

  /// The numbers of a gray image of 16 bits, of one channel; nil for other images.
  private static func longNumbers(
    _ bytes: [UInt8], path: String, header: ImageFileHeader
  ) throws -> [UInt16]? {
    guard bytes.count >= 33, bytes[24] == 16, bytes[25] == 0 else { return nil }
    // Without what the file says of its colors, libpng takes 16 bits as linear light, and changes none of them.
    let plain = try read(essentials(of: bytes), path: path, header: header) { image in
      image.format = UInt32(PNG_FORMAT_FLAG_LINEAR)
      return 2
    }.image.pixels
    return plain.withUnsafeBytes { bytes in
      (0..<bytes.count / 2).map { bytes.loadUnaligned(fromByteOffset: $0 * 2, as: UInt16.self) }
    }
  }

  /// A file with nothing but its header, its pixels and its end.
  private static func essentials(of bytes: [UInt8]) -> [UInt8] {
    var result = Array(bytes.prefix(8)), position = 8
    while position + 12 <= bytes.count {
      let end = position + 12 + number(in: bytes, at: position)
      guard end <= bytes.count else { return bytes }
      if ["IHDR", "IDAT", "IEND"].contains(where: {
        bytes[position + 4..<position + 8].elementsEqual($0.utf8)
      }) {
        result += bytes[position..<end]
      }
      position = end
    }
    return result
  }

  /// The whole image.
  /// - Parameters:
  ///   - bytes: The bytes of the file.
  ///   - path: What errors call it.
  ///   - header: Its header.
  ///   - prepare: Says how pixels are wanted, and of how many bytes.
  /// - Returns: The pixels as `prepare` asked for them.
  /// - Throws: `FileError` for a damaged file.
  private static func read(
    _ bytes: [UInt8], path: String, header: ImageFileHeader, prepare: (inout png_image) -> Int
  ) throws -> ImageFilePixels {
    // A pixel takes a bit at least, and a compressed byte gives 1032 at most.
    guard header.size.width * header.size.height / 8 / 1032 <= bytes.count else {
      throw FileError(
        path: path, reason: .corrupt,
        problem: "as PNG: \(header.size) pixels cannot come of \(bytes.count) bytes",
        advice: "Copy or download the file again.")
    }
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    return try bytes.withUnsafeBytes { bytes in
      guard png_image_begin_read_from_memory(&image, bytes.baseAddress, bytes.count) != 0 else {
        throw failure(image, path)
      }
      let channels = prepare(&image)
      let (width, height) = (Int(image.width), Int(image.height))
      var pixels = [UInt8](repeating: 0, count: width * height * channels)
      var colors = [UInt8](repeating: 0, count: 4 * 256)
      let status = pixels.withUnsafeMutableBytes {
        png_image_finish_read(&image, nil, $0.baseAddress, 0, &colors)
      }
      guard status != 0 else { throw failure(image, path) }
      // Warnings remain, such as of a color profile that libpng does not like: the pixels are sound.
      return ImageFilePixels(
        image: try Image(width: width, height: height, channels: channels, pixels: pixels))
    }
  }

  static func encoded(_ source: Image) throws -> [UInt8] {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    image.width = UInt32(source.width)
    image.height = UInt32(source.height)
    image.format =
      (source.channels > 2 ? UInt32(PNG_FORMAT_FLAG_COLOR) : 0)
      | (source.channels % 2 == 0 ? UInt32(PNG_FORMAT_FLAG_ALPHA) : 0)
    defer { png_image_free(&image) }
    // Deflate never adds more than a few bytes a block to what it cannot compress.
    let rawCount = source.pixels.count + source.height
    var bytes = [UInt8](repeating: 0, count: rawCount + rawCount / 1000 + 4096)
    var count = bytes.count
    let status = source.pixels.withUnsafeBytes { pixels in
      bytes.withUnsafeMutableBytes {
        png_image_write_to_memory(&image, $0.baseAddress, &count, 0, pixels.baseAddress, 0, nil)
      }
    }
    guard status != 0 else {
      throw DataError(.sample, "libpng cannot write the image: \(message(image))")
    }
    return Array(bytes[..<count])
  }

  private static func failure(_ image: png_image, _ path: String) -> FileError {
    FileError(
      path: path, reason: .corrupt, problem: "as PNG: \(message(image))",
      advice: "Copy or download the file again.")
  }

  private static func message(_ image: png_image) -> String {
    withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
