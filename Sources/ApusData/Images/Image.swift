import ApusGraph
import ApusIO

/// An image of 8-bit pixels in memory: rows from the top, channels side by side.
public struct Image: Sendable, Equatable {
  /// Number of pixels across.
  public let width: Int
  /// Number of pixels down.
  public let height: Int
  /// 1 for gray, 2 for gray and alpha, 3 for red, green and blue, 4 for these and alpha.
  public let channels: Int
  /// `height * width * channels` values in 0...255.
  public let pixels: [UInt8]

  /// Images of more pixels are refused before memory is taken for them: 2^26 pixels of four channels
  /// are a quarter of a gigabyte.
  public static let defaultPixelLimit = 1 << 26

  /// An image with the given pixels, which must be as many as the sizes say.
  /// - Parameters:
  ///   - width: Number of pixels across.
  ///   - height: Number of pixels down.
  ///   - channels: 1 for gray, 2 for gray and alpha, 3 for red, green and blue, 4 for these and alpha.
  ///   - pixels: `height * width * channels` values, row by row.
  /// - Throws: `DataError` unless sizes, channels and the number of pixels fit together.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) throws {
    guard width > 0, height > 0, (1...4).contains(channels), width <= 1 << 24, height <= 1 << 24,
      pixels.count == width * height * channels
    else {
      throw DataError(
        .shape,
        "\(pixels.count) values cannot be an image of \(width) by \(height) pixels and \(channels) channels")
    }
    self.init(width: width, height: height, channels: channels, checked: pixels)
  }

  init(width: Int, height: Int, channels: Int, checked pixels: [UInt8]) {
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// Its size in pixels.
  public var size: ImageSize { ImageSize(width: width, height: height) }

  /// Reads a PNG, JPEG, WebP, GIF, PGM, PPM, PBM, BMP, TIFF, HEIC or AVIF file; its first bytes say which it is. The last
  /// two need libheif, which is looked for when the first one is read.
  ///
  /// Images are decoded to 8 bits of gray or RGB, with alpha where there is some: turned by their EXIF orientation, palettes
  /// and CMYK as RGB, 16 bits as 8. Of an animation the first frame is read.
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - channels: 1 to 4 to have the image converted, transparent parts before white where alpha falls away;
  ///     nil leaves it as the file has it.
  ///   - pixelLimit: Images of more pixels are refused.
  /// - Throws: `FileError` for a file that is missing, damaged, in a format that is not read or of too many
  ///   pixels.
  public init(
    contentsOf path: String, channels: Int? = nil, pixelLimit: Int = Image.defaultPixelLimit
  ) throws {
    try self.init(FileReader(path: path), channels: channels, pixelLimit: pixelLimit)
  }

  /// Reads the image file that `source` holds.
  /// - Parameters:
  ///   - source: The bytes of the file.
  ///   - channels: 1 to 4 to have the image converted, transparent parts on white where alpha is dropped; nil
  ///     leaves it as the file has it.
  ///   - pixelLimit: Images of more pixels are refused.
  /// - Throws: `FileError` for a file that is missing, damaged, in a format that is not read or of too many
  ///   pixels.
  public init(
    _ source: any ByteSource, channels: Int? = nil, pixelLimit: Int = Image.defaultPixelLimit
  ) throws {
    self = try EncodedImage(source, pixelLimit: pixelLimit).image(ImageDecoding(channels: channels))
  }

  /// Writes the image as a PNG file.
  /// - Parameter path: The path; an existing file is replaced.
  /// - Throws: `FileError` where the file cannot be written.
  public func writePNG(to path: String) throws { try AtomicFile.write(pngBytes(), to: path) }

  /// The bytes of a PNG file of the image.
  /// - Returns: The bytes.
  /// - Throws: `DataError` where libpng cannot write it.
  public func pngBytes() throws -> [UInt8] { try PNGFile.encoded(self) }

  /// The bytes of a JPEG file of the image: a tenth of a PNG file's for photos, and not quite the same pixels. What is
  /// transparent is laid on white.
  /// - Parameter quality: From 1 to 100; from 85 on hardly anybody sees a difference.
  /// - Returns: The bytes.
  /// - Throws: `DataError` for another quality, and for more than 65,500 pixels a side.
  public func jpegBytes(quality: Int = 85) throws -> [UInt8] { try JPEGFile.encoded(self, quality: quality) }

  /// The image as numbers in 0...1: `float32` `[height, width, channels]`.
  public func literal() -> Literal {
    Literal(pixels.map { Float($0) / 255 }, shape: [height, width, channels])
  }

  /// The image that numbers in 0...1 stand for, of shape `[height, width]` or `[height, width, channels]`;
  /// what lies outside is clipped, and what is no number becomes black.
  /// - Parameter literal: The numbers, `[height, width]` or `[height, width, channels]`, of a floating-point
  ///   type.
  /// - Throws: `DataError` for other shapes and types.
  public init(_ literal: Literal) throws {
    let sizes = literal.shape.dimensions + (literal.shape.rank == 2 ? [1] : [])
    guard sizes.count == 3, literal.dtype.isFloating else {
      throw DataError(
        .shape,
        "an image of numbers [height, width, channels] was expected, \(literal.dtype) \(literal.shape) came")
    }
    let pixels = literal.doubles.map { value in
      value.isNaN ? 0 : UInt8(min(max(value * 255, 0), 255).rounded())
    }
    try self.init(width: sizes[1], height: sizes[0], channels: sizes[2], pixels: pixels)
  }
}
