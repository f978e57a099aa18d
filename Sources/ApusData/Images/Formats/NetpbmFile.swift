import ApusIO

/// The plain images of the Netpbm programs: PBM (P1, P4), PGM (P2, P5) and PPM (P3, P6).
enum NetpbmFile: ImageFileReader {
  static func recognizes(_ start: [UInt8]) -> Bool {
    start.count >= 3 && start[0] == UInt8(ascii: "P")
      && (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(start[1])
      && (isBlank(start[2]) || start[2] == UInt8(ascii: "#"))
  }

  static func header(_ bytes: [UInt8], path: String) throws -> ImageFileHeader {
    var scanner = Scanner(path: path, bytes: bytes)
    return try scanner.header()
  }

  /// The image in 8 bits: gray for PBM and PGM, colors for PPM.
  static func pixels(
    _ bytes: [UInt8], path: String, header: ImageFileHeader, region: ImageRegion, shrinkage: Int
  ) throws -> ImageFilePixels {
    var scanner = Scanner(path: path, bytes: bytes)
    _ = try scanner.header()
    let (width, height, channels) = (header.size.width, header.size.height, header.channels)
    let values =
      switch scanner.kind {
      case 1: try scanner.digits(count: width * height)
      case 4: try scanner.bits(width: width, height: height)
      case 2, 3: try scanner.numbers(count: width * height * channels)
      default: try scanner.binary(count: width * height * channels)
      }
    return ImageFilePixels(
      image: try Image(width: width, height: height, channels: channels, pixels: values))
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

  /// A value in 0...`maximum` brought to 0...255.
  private static func scaled(_ value: Int, maximum: Int) -> UInt8 {
    UInt8((value * 255 + maximum / 2) / maximum)
  }

  private struct Scanner {
    let path: String
    let bytes: [UInt8]
    /// The digit after the P.
    let kind: Int
    var position = 2
    /// The value that stands for white.
    private var maximum = 1

    init(path: String, bytes: [UInt8]) {
      self.path = path
      self.bytes = bytes
      kind = Int(bytes[1] - UInt8(ascii: "0"))
    }

    mutating func header() throws -> ImageFileHeader {
      let width = try number("the width", in: 1...1 << 24)
      let height = try number("the height", in: 1...1 << 24)
      if kind != 1 && kind != 4 { maximum = try number("the greatest value", in: 1...65_535) }
      return ImageFileHeader(
        size: ImageSize(width: width, height: height), channels: kind == 3 || kind == 6 ? 3 : 1,
        greatestValue: maximum)
    }

    /// Skips blanks, and comments from a number sign to the line's end.
    private mutating func skipBlanks() {
      while position < bytes.count {
        if bytes[position] == UInt8(ascii: "#") {
          while position < bytes.count, bytes[position] != 0x0a { position += 1 }
        } else if NetpbmFile.isBlank(bytes[position]) {
          position += 1
        } else {
          return
        }
      }
    }

    mutating func number(_ name: String, in range: ClosedRange<Int>) throws -> Int {
      skipBlanks()
      let start = position
      var value = 0
      while position < bytes.count, position < start + 9,
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position])
      {
        value = value * 10 + Int(bytes[position] - UInt8(ascii: "0"))
        position += 1
      }
      guard position > start, range.contains(value) else {
        throw failure(
          position == bytes.count ? .truncated : .corrupt,
          "\(name) from \(range.lowerBound) to \(range.upperBound) was expected at byte \(start)")
      }
      return value
    }

    mutating func numbers(count: Int) throws -> [UInt8] {
      // Each number takes two bytes at least, so a short file takes little memory whatever it claims.
      try check(count: count, byteSize: 1)
      var result: [UInt8] = []
      for _ in 0..<count {
        result.append(NetpbmFile.scaled(try number("a value", in: 0...maximum), maximum: maximum))
      }
      return result
    }

    /// PBM's digits, which need no blanks between them: 1 is black.
    mutating func digits(count: Int) throws -> [UInt8] {
      try check(count: count, byteSize: 1)
      var result: [UInt8] = []
      for _ in 0..<count {
        skipBlanks()
        guard position < bytes.count, bytes[position] == 0x30 || bytes[position] == 0x31 else {
          throw failure(
            position == bytes.count ? .truncated : .corrupt, "a 0 or 1 was expected at byte \(position)")
        }
        result.append(bytes[position] == 0x31 ? 0 : 255)
        position += 1
      }
      return result
    }

    mutating func bits(width: Int, height: Int) throws -> [UInt8] {
      try skipOneBlank()
      let rowCount = (width + 7) / 8
      try check(count: rowCount * height, byteSize: 1)
      var result: [UInt8] = []
      for row in 0..<height {
        for column in 0..<width {
          let byte = bytes[position + row * rowCount + column / 8]
          result.append(byte >> UInt8(7 - column % 8) & 1 == 1 ? 0 : 255)
        }
      }
      return result
    }

    mutating func binary(count: Int) throws -> [UInt8] {
      try skipOneBlank()
      let byteSize = maximum < 256 ? 1 : 2
      try check(count: count, byteSize: byteSize)
      if maximum == 255 { return Array(bytes[position..<position + count]) }
      return try (0..<count).map { index in
        let at = position + index * byteSize
        let value = byteSize == 1 ? Int(bytes[at]) : Int(bytes[at]) << 8 | Int(bytes[at + 1])
        guard value <= maximum else {
          throw failure(.corrupt, "the value \(value) at byte \(at) is above the greatest, \(maximum)")
        }
        return NetpbmFile.scaled(value, maximum: maximum)
      }
    }

    private mutating func skipOneBlank() throws {
      guard position < bytes.count, NetpbmFile.isBlank(bytes[position]) else {
        throw failure(
          position == bytes.count ? .truncated : .corrupt, "a blank was expected at byte \(position)")
      }
      position += 1
    }

    private func check(count: Int, byteSize: Int) throws {
      guard count * byteSize <= bytes.count - position else {
        throw failure(
          .truncated, "\(count * byteSize) bytes of pixels expected, \(bytes.count - position) follow")
      }
    }

    private func failure(_ reason: FileError.Reason, _ problem: String) -> FileError {
      FileError(path: path, reason: reason, problem: "as Netpbm: \(problem)")
    }
  }
}
