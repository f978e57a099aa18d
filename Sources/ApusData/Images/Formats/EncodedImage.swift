import ApusIO

/// How a file becomes an image.
public struct ImageDecoding: Sendable, Hashable {
  /// 1 to 4 to have the image converted; nil leaves it as the file has it.
  public var channels: Int?
  /// The brightness on which an image is laid whose alpha falls away; white by default.
  public var background: UInt8
  /// Whether the image is turned as the camera's EXIF data say.
  public var appliesOrientation: Bool

  /// Settings by which images are decoded.
  public init(channels: Int? = nil, background: UInt8 = 255, appliesOrientation: Bool = true) {
    self.channels = channels
    self.background = background
    self.appliesOrientation = appliesOrientation
  }
}

/// An image as it is stored, in memory, of which only the header has been read.
public struct EncodedImage: Sendable {
  /// What errors call it.
  public let path: String
  /// What its bytes say that it is.
  public let format: ImageFormat
  /// How many pixels it has as it is stored, before any turning.
  public var storedSize: ImageSize { header.size }
  let bytes: [UInt8]
  let header: ImageFileHeader

  /// The stored image at `path`.
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - pixelLimit: Images of more pixels are refused; a few bytes can claim to be gigabytes.
  /// - Throws: `FileError` for a file that is missing, damaged, in a format that is not read or of too many
  ///   pixels.
  public init(contentsOf path: String, pixelLimit: Int = Image.defaultPixelLimit) throws {
    try self.init(FileReader(path: path), pixelLimit: pixelLimit)
  }

  /// Bytes as a person reads them: as text where they are some, else in base 16.
  static func shown(_ bytes: [UInt8]) -> String {
    guard bytes.allSatisfy({ (0x20..<0x7f).contains($0) || $0 == 0x0a || $0 == 0x0d || $0 == 0x09 }) else {
      let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
      return "the bytes \(digits.joined(separator: " "))"
    }
    let text = String(decoding: bytes, as: UTF8.self)
    return "\"\(text.prefix { !$0.isNewline })\""
  }

  /// The stored image that `source` holds.
  /// - Parameters:
  ///   - source: The bytes of the file.
  ///   - pixelLimit: Images of more pixels are refused; a few bytes can claim to be gigabytes.
  /// - Throws: `FileError` for a file that is missing, damaged, in a format that is not read or of too many
  ///   pixels.
  public init(_ source: any ByteSource, pixelLimit: Int = Image.defaultPixelLimit) throws {
    let start = try source.bytes(at: 0, count: min(ImageFormat.signatureByteCount, source.byteCount))
    guard let format = ImageFormat(startingWith: start) else {
      throw FileError(
        path: source.path, reason: .unsupported,
        problem: "an image in \(ImageFormat.list) was expected, "
          + (start.isEmpty ? "the file is empty" : "the file begins with \(Self.shown(start))"),
        advice: "Convert it to PNG or JPEG.")
    }
    guard source.byteCount <= Self.byteLimit else {
      throw FileError(
        path: source.path, reason: .tooLarge,
        problem: "it has \(source.byteCount) bytes, images of \(Self.byteLimit) are read at most")
    }
    path = source.path
    self.format = format
    bytes = try source.bytes(at: 0, count: source.byteCount)
    header = try format.reader.header(bytes, path: path)
    // Either factor fits 32 bits, so their product cannot overflow.
    guard header.size.width * header.size.height <= pixelLimit else {
      throw FileError(
        path: source.path, reason: .tooLarge,
        problem: "it has \(header.size) pixels, \(pixelLimit) in all are read at most",
        advice: "Make it smaller, or pass a larger `pixelLimit`.")
    }
  }

  private static let byteLimit = 1 << 30

  /// The size of the decoded image.
  public func size(_ decoding: ImageDecoding = ImageDecoding()) -> ImageSize {
    decoding.appliesOrientation && header.orientation.swapsSides ? header.size.turned : header.size
  }

  /// The whole image.
  /// - Parameter decoding: Channels, background and orientation.
  /// - Returns: The image, with the channels and the orientation asked for.
  /// - Throws: `FileError` for a file that is missing, damaged, in a format that is not read or of too many
  ///   pixels.
  public func image(_ decoding: ImageDecoding = ImageDecoding()) throws -> Image {
    try inspected(decoding).image
  }

  /// The numbers of an image of gray values as they are in the file, or each pixel's place in its palette; nil where
  /// there are numbers above 255.
  func numbers() throws -> Image? {
    if let values = try format.reader.storedValues(bytes, path: path, header: header) {
      guard values.allSatisfy({ $0 <= 255 }) else { return nil }
      return Image(
        width: header.size.width, height: header.size.height, channels: 1, checked: values.map { UInt8($0) }
      ).oriented(header.orientation)
    }
    guard header.greatestValue <= 255 else { return nil }
    let image = try image()
    let white = header.greatestValue
    return white == 255
      ? image
      : Image(
        width: image.width, height: image.height, channels: image.channels,
        checked: image.pixels.map { UInt8((Int($0) * white + 127) / 255) })
  }

  /// The image of a mask: small numbers of 16 bits as they are, where an image to be looked at would be black.
  func maskImage() throws -> Image {
    if header.greatestValue > 255, let numbers = try numbers() { return numbers }
    return try image()
  }

  /// The whole image, and what its decoder did not like but read all the same.
  func inspected(_ decoding: ImageDecoding = ImageDecoding()) throws -> ImageFilePixels {
    var read = try pixels(region: ImageRegion(all: size(decoding)), shrinkage: 1, decoding)
    read.image = try decoding.converted(read.image)
    return read
  }

  /// A region of the image in another size.
  /// - Parameters:
  ///   - region: Which pixels, of the image as it is seen.
  ///   - size: What they are brought to.
  ///   - interpolation: How.
  ///   - isReduced: Lets JPEG files be decoded at a half, a quarter or an eighth of their size, as long as
  ///     the region keeps twice the pixels across and down that are wanted: several times as fast for large
  ///     photos, with hardly visible differences.
  ///   - decoding: Channels, background and orientation.
  /// - Returns: The region in its new size.
  /// - Throws: `FileError` for a file that is missing, damaged, in a format that is not read or of too many
  ///   pixels. `DataError` for a region outside of the image and a size without pixels.
  public func image(
    region: ImageRegion, resizedTo size: ImageSize, interpolation: Image.Interpolation = .bilinear,
    isReduced: Bool = false, _ decoding: ImageDecoding = ImageDecoding()
  ) throws -> Image {
    try region.check(in: self.size(decoding))
    try size.check()
    var shrinkage = 1
    while isReduced, shrinkage < header.greatestShrinkage,
      min(region.size.width / size.width, region.size.height / size.height) >= 4 * shrinkage
    {
      shrinkage *= 2
    }
    let image = try decoding.converted(pixels(region: region, shrinkage: shrinkage, decoding).image)
    return try image.resized(to: size, interpolation: interpolation)
  }

  private func pixels(
    region: ImageRegion, shrinkage: Int, _ decoding: ImageDecoding
  ) throws -> ImageFilePixels {
    let orientation = decoding.appliesOrientation ? header.orientation : .upright
    var stored = orientation.storedRegion(region, in: header.size)
    if shrinkage > 1 { stored = stored.shrunk(by: shrinkage, in: header.size) }
    var read = try format.reader.pixels(
      bytes, path: path, header: header, region: stored, shrinkage: shrinkage)
    // Readers that cannot do better give the whole image.
    if read.image.size != stored.size { read.image = try read.image.cropped(to: stored) }
    read.image = read.image.oriented(orientation)
    return read
  }
}

extension ImageRegion {
  /// The region of an image shrunk by a whole number, its sizes rounded up.
  fileprivate func shrunk(by shrinkage: Int, in whole: ImageSize) -> ImageRegion {
    let right = min(
      (left + size.width + shrinkage / 2) / shrinkage, (whole.width + shrinkage - 1) / shrinkage)
    let bottom = min(
      (top + size.height + shrinkage / 2) / shrinkage, (whole.height + shrinkage - 1) / shrinkage)
    let (left, top) = (min(left / shrinkage, right - 1), min(top / shrinkage, bottom - 1))
    return ImageRegion(left: left, top: top, width: right - left, height: bottom - top)
  }
}

extension ImageDecoding {
  fileprivate func converted(_ image: Image) throws -> Image {
    try channels.map { try image.converted(toChannels: $0, background: background) } ?? image
  }
}

/// What a file says of its image before the pixels.
struct ImageFileHeader: Sendable {
  let size: ImageSize
  /// The channels of the pixels; where this is known only later, the most that there can be.
  let channels: Int
  var orientation = ImageOrientation.upright
  /// Whether there are further frames or pages, which are not read.
  var isAnimated = false
  /// The reader can shrink images by powers of 2 up to this.
  var greatestShrinkage = 1
  /// The number in the file that stands for white, 255 in what is read.
  var greatestValue = 255
}

/// The pixels of a file, and what its decoder did not like but read all the same.
struct ImageFilePixels {
  var image: Image
  var warning: String?
}

/// Reads one format.
protocol ImageFileReader {
  /// Reads what precedes the pixels, and takes no memory for these.
  static func header(_ bytes: [UInt8], path: String) throws -> ImageFileHeader

  /// Reads the region of the image shrunk by `shrinkage`, or the whole image.
  static func pixels(
    _ bytes: [UInt8], path: String, header: ImageFileHeader, region: ImageRegion, shrinkage: Int
  ) throws -> ImageFilePixels

  /// The numbers of an image of one number a pixel, where decoding it as an image changes them: its places in a palette,
  /// gray values of more than 8 bits; nil for other images.
  static func storedValues(_ bytes: [UInt8], path: String, header: ImageFileHeader) throws -> [UInt16]?
}

extension ImageFileReader {
  static func storedValues(_ bytes: [UInt8], path: String, header: ImageFileHeader) throws -> [UInt16]? {
    nil
  }
}

extension ImageFormat {
  var reader: any ImageFileReader.Type {
    switch self {
    case .png: PNGFile.self
    case .jpeg: JPEGFile.self
    case .webp: WebPFile.self
    case .gif: GIFFile.self
    case .netpbm: NetpbmFile.self
    case .bmp: BMPFile.self
    case .tiff: TIFFFile.self
    case .heic, .avif: HEIFFile.self
    }
  }
}
