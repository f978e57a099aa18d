import ApusIO

/// What a file of an image is, by its bytes: names are often wrong.
public enum ImageFormat: String, Sendable, CaseIterable {
  /// Portable Network Graphics.
  case png = "PNG"
  /// Joint Photographic Experts Group, baseline or progressive.
  case jpeg = "JPEG"
  /// WebP, lossy or lossless.
  case webp = "WebP"
  /// Graphics Interchange Format.
  case gif = "GIF"
  /// The plain images of the Netpbm programs: PBM, PGM and PPM.
  case netpbm = "Netpbm"
  /// Windows bitmap.
  case bmp = "BMP"
  /// Tagged Image File Format, classic or BigTIFF; the first page.
  case tiff = "TIFF"
  /// High Efficiency Image Format with HEVC; read where libheif is installed.
  case heic = "HEIC"
  /// AV1 Image File Format; read where libheif is installed.
  case avif = "AVIF"

  /// How many of a file's first bytes tell its format.
  static let signatureByteCount = 32

  /// The formats in a sentence.
  static let list = "PNG, JPEG, WebP, GIF, PGM, PPM, PBM, BMP, TIFF, HEIC or AVIF"

  /// The format of a file that begins with the given bytes, 32 if there are as many; nil if it is none of them.
  public init?(startingWith bytes: [UInt8]) {
    if PNGFile.recognizes(bytes) {
      self = .png
    } else if bytes.starts(with: [0xff, 0xd8, 0xff]) {
      self = .jpeg
    } else if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) {
      self = .webp
    } else if bytes.starts(with: "GIF87a".utf8) || bytes.starts(with: "GIF89a".utf8) {
      self = .gif
    } else if NetpbmFile.recognizes(bytes) {
      self = .netpbm
    } else if BMPFile.recognizes(bytes) {
      self = .bmp
    } else if TIFFFile.recognizes(bytes) {
      self = .tiff
    } else if let format = HEIFFile.format(bytes) {
      self = format
    } else {
      return nil
    }
  }

  /// The format of the file at `path`, or nil if it is none of them.
  /// - Parameter path: The path of the file.
  /// - Throws: `FileError` for a file that is missing or unreadable.
  public init?(ofFile path: String) throws {
    let reader = try FileReader(path: path)
    let count = min(Self.signatureByteCount, reader.byteCount)
    self.init(startingWith: try reader.bytes(at: 0, count: count))
  }

  /// How names of such files end, in lower case; the usual one first.
  public var fileExtensions: [String] {
    switch self {
    case .png: ["png"]
    case .jpeg: ["jpg", "jpeg", "jpe", "jfif"]
    case .webp: ["webp"]
    case .gif: ["gif"]
    case .netpbm: ["ppm", "pgm", "pbm", "pnm"]
    case .bmp: ["bmp", "dib"]
    case .tiff: ["tif", "tiff"]
    case .heic: ["heic", "heif", "hif"]
    case .avif: ["avif"]
    }
  }
}
