import ApusIO

/// Windows bitmaps (BMP): 1, 4, 8, 16, 24 and 32 bits a pixel, RLE4, RLE8 and bit fields, rows from the bottom or the
/// top. Headers of OS/2 and of all versions of Windows.
enum BMPFile: ImageFileReader {
  /// Number of bytes that tell a bitmap from a text that begins with BM.
  static let signatureByteCount = 18

  static func recognizes(_ start: [UInt8]) -> Bool {
    guard start.count >= signatureByteCount, start.starts(with: "BM".utf8) else { return false }
    return [12, 16, 40, 52, 56, 64, 108, 124].contains(Int(start[14]) | Int(start[15]) << 8)
      && start[16] == 0 && start[17] == 0
  }

  static func header(_ bytes: [UInt8], path: String) throws -> ImageFileHeader {
    let layout = try BMPLayout(bytes, path: path)
    return ImageFileHeader(size: layout.size, channels: layout.channels)
  }

  static func pixels(
    _ bytes: [UInt8], path: String, header: ImageFileHeader, region: ImageRegion, shrinkage: Int
  ) throws -> ImageFilePixels {
    let layout = try BMPLayout(bytes, path: path)
    let pixels = layout.hasPalette ? try layout.paletteColors(bytes) : try layout.colors(bytes)
    let (width, height) = (layout.size.width, layout.size.height)
    let image = Image(width: width, height: height, channels: layout.channels, checked: pixels)
    return ImageFilePixels(image: image.withoutMissingAlpha())
  }

  static func storedValues(_ bytes: [UInt8], path: String, header: ImageFileHeader) throws -> [UInt16]? {
    let layout = try BMPLayout(bytes, path: path)
    return layout.hasPalette ? try layout.indices(bytes).map { UInt16($0) } : nil
  }
}

/// What precedes the pixels of a bitmap, and where they lie.
struct BMPLayout {
  /// How pixels are packed, by its number in the file.
  enum Compression: Int {
    case none = 0
    case rle8 = 1
    case rle4 = 2
    case bitFields = 3
    case alphaBitFields = 6
  }

  let path: String
  let size: ImageSize
  let bitCount: Int
  let compression: Compression
  let isTopDown: Bool
  /// Where the pixels begin.
  let pixelStart: Int
  /// Red, green and blue of each place; empty where there is no palette.
  let palette: [SIMD3<UInt8>]
  /// Which bits are red, green, blue and alpha, for 16 and 32 bits.
  let masks: [UInt32]

  var hasPalette: Bool { bitCount <= 8 }
  private var isGray: Bool { palette.allSatisfy { $0.x == $0.y && $0.x == $0.z } }
  var channels: Int { hasPalette ? (isGray ? 1 : 3) : masks.count == 4 ? 4 : 3 }

  init(_ bytes: [UInt8], path: String) throws {
    func failure(_ reason: FileError.Reason, _ problem: String) -> FileError {
      FileError(
        path: path, reason: reason, problem: "as BMP: \(problem)",
        advice: reason == .unsupported ? "Convert it to PNG." : "Copy or download the file again.")
    }
    func number(_ start: Int, _ count: Int = 4) throws -> Int {
      guard start + count <= bytes.count else { throw failure(.truncated, "its header is cut") }
      return bytes[start..<start + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    func signed(_ start: Int) throws -> Int {
      Int(Int32(truncatingIfNeeded: try number(start)))
    }
    let headerSize = try number(14)
    let isOld = headerSize == 12
    let width = isOld ? try number(18, 2) : try signed(18)
    let height = isOld ? try number(20, 2) : try signed(22)
    let bits = isOld ? try number(24, 2) : try number(28, 2)
    let packing = isOld || headerSize < 40 ? 0 : try number(30)
    guard (1...1 << 24).contains(width), (1...1 << 24).contains(abs(height)) else {
      throw failure(.corrupt, "a size of \(width) by \(abs(height)) pixels was found")
    }
    guard let compression = Compression(rawValue: packing) else {
      throw failure(.unsupported, "it is packed in the way \(packing), which is not read")
    }
    let isSound =
      switch compression {
      case .none: [1, 4, 8, 16, 24, 32].contains(bits)
      case .rle8: bits == 8
      case .rle4: bits == 4
      case .bitFields, .alphaBitFields: bits == 16 || bits == 32
      }
    guard isSound else {
      throw failure(.unsupported, "\(bits) bits a pixel are not read when packed this way")
    }

    var tableStart = 14 + headerSize
    var masks: [UInt32] = []
    if compression == .bitFields || compression == .alphaBitFields {
      let hasAlpha = headerSize >= 56 || compression == .alphaBitFields
      masks = try (0..<(hasAlpha ? 4 : 3)).map { UInt32(try number(54 + 4 * $0)) }
      // Short headers have their masks after them.
      if headerSize == 40 { tableStart += 4 * masks.count }
      if masks.count == 4, masks[3] == 0 { masks.removeLast() }
      guard
        masks.allSatisfy({ mask in
          let shifted = mask == 0 ? 0 : mask >> UInt32(mask.trailingZeroBitCount)
          return shifted > 0 && shifted & (shifted &+ 1) == 0
        })
      else { throw failure(.corrupt, "its bit fields are no runs of bits") }
    } else if bits == 16 {
      masks = [0x7c00, 0x3e0, 0x1f]
    } else if bits == 32 {
      masks = [0xff0000, 0xff00, 0xff]
    }

    let start = try number(10)
    guard start >= tableStart else { throw failure(.corrupt, "its pixels begin inside its header") }
    if bits <= 8 {
      let used = isOld || headerSize < 40 ? 0 : try number(46)
      let entrySize = isOld ? 3 : 4
      let count = min(used == 0 ? 1 << bits : used, 1 << bits, (start - tableStart) / entrySize)
      guard count > 0 else { throw failure(.corrupt, "it has no palette") }
      palette = try (0..<count).map { entry in
        let color = try number(tableStart + entry * entrySize, 3)
        return SIMD3(UInt8(color >> 16), UInt8(color >> 8 & 255), UInt8(color & 255))
      }
    } else {
      palette = []
    }
    self.path = path
    size = ImageSize(width: width, height: abs(height))
    bitCount = bits
    self.compression = compression
    isTopDown = height < 0
    pixelStart = start
    self.masks = masks
  }

  private func failure(_ reason: FileError.Reason, _ problem: String) -> FileError {
    FileError(
      path: path, reason: reason, problem: "as BMP: \(problem)", advice: "Copy or download the file again.")
  }

  /// Where the row begins that is seen as `row`. Rows take whole groups of four bytes; the last one's rest may lack.
  private func rowStarts(_ bytes: [UInt8]) throws -> (Int) -> Int {
    let stride = (size.width * bitCount + 31) / 32 * 4
    let needed = stride * (size.height - 1) + (size.width * bitCount + 7) / 8
    guard bytes.count - pixelStart >= needed else {
      throw failure(
        .truncated, "\(needed) bytes of pixels were expected, \(max(0, bytes.count - pixelStart)) follow")
    }
    return { [self] row in pixelStart + (isTopDown ? row : size.height - 1 - row) * stride }
  }

  /// Each pixel's place in the palette, from the top.
  func indices(_ bytes: [UInt8]) throws -> [UInt8] {
    if compression == .rle8 || compression == .rle4 { return try unpacked(bytes) }
    let start = try rowStarts(bytes)
    let (perByte, mask) = (8 / bitCount, UInt8((1 << bitCount) - 1))
    var result: [UInt8] = []
    result.reserveCapacity(size.width * size.height)
    for row in 0..<size.height {
      let from = start(row)
      for column in 0..<size.width {
        let shift = UInt8(8 - bitCount - column % perByte * bitCount)
        result.append(bytes[from + column / perByte] >> shift & mask)
      }
    }
    return result
  }

  /// The pixels of an image with a palette. Places beyond its end are black.
  func paletteColors(_ bytes: [UInt8]) throws -> [UInt8] {
    let indices = try indices(bytes)
    func color(_ index: UInt8) -> SIMD3<UInt8> { Int(index) < palette.count ? palette[Int(index)] : .zero }
    if isGray { return indices.map { color($0).x } }
    var result: [UInt8] = []
    result.reserveCapacity(indices.count * 3)
    for index in indices {
      let color = color(index)
      result.append(color.x)
      result.append(color.y)
      result.append(color.z)
    }
    return result
  }

  /// The pixels of an image of 16, 24 or 32 bits.
  func colors(_ bytes: [UInt8]) throws -> [UInt8] {
    let start = try rowStarts(bytes)
    var result: [UInt8] = []
    result.reserveCapacity(size.width * size.height * channels)
    let byteCount = bitCount / 8
    let fields = masks.map { mask in
      (
        mask: mask, shift: UInt32(mask.trailingZeroBitCount),
        greatest: UInt64(mask >> UInt32(mask.trailingZeroBitCount))
      )
    }
    for row in 0..<size.height {
      var from = start(row)
      for _ in 0..<size.width {
        if byteCount == 3 {
          result.append(bytes[from + 2])
          result.append(bytes[from + 1])
          result.append(bytes[from])
        } else {
          var pixel = UInt32(bytes[from]) | UInt32(bytes[from + 1]) << 8
          if byteCount == 4 { pixel |= UInt32(bytes[from + 2]) << 16 | UInt32(bytes[from + 3]) << 24 }
          for field in fields {
            // Rounded down, as Pillow does.
            result.append(UInt8(UInt64((pixel & field.mask) >> field.shift) * 255 / field.greatest))
          }
        }
        from += byteCount
      }
    }
    return result
  }

  /// The places of an image in runs. What is skipped over has the first color.
  private func unpacked(_ bytes: [UInt8]) throws -> [UInt8] {
    let (width, height) = (size.width, size.height)
    var result = [UInt8](repeating: 0, count: width * height)
    var (x, y, position) = (0, 0, pixelStart)
    func byte(_ place: Int) throws -> UInt8 {
      guard place < bytes.count else { throw failure(.truncated, "it ends before its image does") }
      return bytes[place]
    }
    func put(_ value: UInt8) {
      if x < width, y < height { result[(isTopDown ? y : height - 1 - y) * width + x] = value }
      x += 1
    }
    while y < height, !(y == height - 1 && x >= width && position >= bytes.count) {
      let (count, value) = (Int(try byte(position)), try byte(position + 1))
      position += 2
      if count > 0 {
        for place in 0..<count {
          put(compression == .rle8 ? value : place % 2 == 0 ? value >> 4 : value & 15)
        }
        continue
      }
      switch value {
      case 0: (x, y) = (0, y + 1)
      case 1: return result
      case 2:
        x += Int(try byte(position))
        y += Int(try byte(position + 1))
        position += 2
      default:
        for place in 0..<Int(value) {
          if compression == .rle8 {
            put(try byte(position + place))
          } else {
            let pair = try byte(position + place / 2)
            put(place % 2 == 0 ? pair >> 4 : pair & 15)
          }
        }
        let byteCount = compression == .rle8 ? Int(value) : (Int(value) + 1) / 2
        position += byteCount + byteCount % 2
      }
    }
    return result
  }
}

extension Image {
  /// The image without an alpha channel that is 0 everywhere: many programs write one that means nothing, and an image
  /// of which nothing is seen was meant by nobody.
  fileprivate func withoutMissingAlpha() -> Image {
    guard channels == 4, stride(from: 3, to: pixels.count, by: 4).allSatisfy({ pixels[$0] == 0 }) else {
      return self
    }
    var opaque: [UInt8] = []
    opaque.reserveCapacity(width * height * 3)
    for start in stride(from: 0, to: pixels.count, by: 4) { opaque += pixels[start..<start + 3] }
    return Image(width: width, height: height, channels: 3, checked: opaque)
  }
}
