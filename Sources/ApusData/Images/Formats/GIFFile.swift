import ApusIO
import CGIF

/// GIF files, by giflib: the first frame.
enum GIFFile: ImageFileReader {
  static func header(_ bytes: [UInt8], path: String) throws -> ImageFileHeader {
    guard bytes.count >= 13 else { throw failure(path, .truncated, "its header is cut") }
    let size = ImageSize(
      width: Int(bytes[6]) | Int(bytes[7]) << 8, height: Int(bytes[8]) | Int(bytes[9]) << 8)
    guard size.width > 0, size.height > 0 else { throw failure(path, .corrupt, "it states no size") }
    // What shines through is known only from the frame.
    return ImageFileHeader(size: size, channels: 4)
  }

  static func pixels(
    _ bytes: [UInt8], path: String, header: ImageFileHeader, region: ImageRegion, shrinkage: Int
  ) throws -> ImageFilePixels {
    try bytes.withUnsafeBufferPointer { bytes in
      var input = Input(bytes: bytes)
      return try withUnsafeMutablePointer(to: &input) { input in
        var code: Int32 = 0
        let file = DGifOpen(
          input,
          { file, target, count in
            guard let file, let target, let input = file.pointee.UserData?.assumingMemoryBound(to: Input.self)
            else { return 0 }
            return input.pointee.read(into: target, count: Int(count))
          }, &code)
        guard let file else { throw failure(path, .corrupt, Self.message(code)) }
        defer { DGifCloseFile(file, nil) }
        let image = try firstFrame(of: file, size: header.size, path: path)
        return ImageFilePixels(
          image: image, warning: hasNextFrame(file) ? "its first frame of several is read" : nil)
      }
    }
  }

  private struct Input {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0

    mutating func read(into target: UnsafeMutablePointer<UInt8>, count: Int) -> Int32 {
      let count = max(0, min(count, bytes.count - position))
      if let start = bytes.baseAddress { target.update(from: start + position, count: count) }
      position += count
      return Int32(count)
    }
  }

  private static func firstFrame(
    of file: UnsafeMutablePointer<GifFileType>, size: ImageSize, path: String
  ) throws -> Image {
    func check(_ status: Int32) throws {
      guard status == GIF_OK else {
        let code = file.pointee.Error
        let isCut = code == D_GIF_ERR_READ_FAILED || code == D_GIF_ERR_EOF_TOO_SOON
        throw failure(path, isCut ? .truncated : .corrupt, message(code))
      }
    }
    var transparent = -1
    while true {
      var kind = UNDEFINED_RECORD_TYPE
      try check(DGifGetRecordType(file, &kind))
      switch kind {
      case EXTENSION_RECORD_TYPE:
        var code: Int32 = 0
        var block: UnsafeMutablePointer<UInt8>?
        try check(DGifGetExtension(file, &code, &block))
        // A graphics control block: its length, flags, two bytes of delay, the transparent color.
        if code == GRAPHICS_EXT_FUNC_CODE, let block, block[0] >= 4, block[1] & 1 == 1 {
          transparent = Int(block[4])
        }
        while block != nil { try check(DGifGetExtensionNext(file, &block)) }
      case IMAGE_DESC_RECORD_TYPE:
        try check(DGifGetImageDesc(file))
        return try frame(of: file, size: size, transparent: transparent, path: path, check: check)
      default:
        throw failure(path, .corrupt, "it holds no image")
      }
    }
  }

  /// Whether another frame begins where reading has come to; what is damaged there is no matter of the first one.
  private static func hasNextFrame(_ file: UnsafeMutablePointer<GifFileType>) -> Bool {
    var kind = UNDEFINED_RECORD_TYPE
    while DGifGetRecordType(file, &kind) == GIF_OK {
      if kind == IMAGE_DESC_RECORD_TYPE { return true }
      guard kind == EXTENSION_RECORD_TYPE else { return false }
      var code: Int32 = 0
      var block: UnsafeMutablePointer<UInt8>?
      guard DGifGetExtension(file, &code, &block) == GIF_OK else { return false }
      while block != nil { guard DGifGetExtensionNext(file, &block) == GIF_OK else { return false } }
    }
    return false
  }

  private static func frame(
    of file: UnsafeMutablePointer<GifFileType>, size: ImageSize, transparent: Int, path: String,
    check: (Int32) throws -> Void
  ) throws -> Image {
    let place = file.pointee.Image
    guard let map = (place.ColorMap ?? file.pointee.SColorMap)?.pointee, let palette = map.Colors else {
      throw failure(path, .corrupt, "it has no colors")
    }
    let colors = UnsafeBufferPointer(start: palette, count: Int(map.ColorCount))
    let (left, top, width, height) = (Int(place.Left), Int(place.Top), Int(place.Width), Int(place.Height))
    // Where the frame does not reach, nothing hides what is behind.
    var pixels = [UInt8](repeating: 0, count: size.width * size.height * 4)
    var line = [UInt8](repeating: 0, count: width)
    for row in Self.rowOrder(height: height, isInterlaced: place.Interlace) {
      try check(line.withUnsafeMutableBufferPointer { DGifGetLine(file, $0.baseAddress, Int32(width)) })
      guard top + row < size.height else { continue }
      for column in 0..<max(0, min(width, size.width - left)) {
        let index = Int(line[column])
        guard index < colors.count else { throw failure(path, .corrupt, "a pixel has no color") }
        let to = ((top + row) * size.width + left + column) * 4
        pixels[to] = colors[index].Red
        pixels[to + 1] = colors[index].Green
        pixels[to + 2] = colors[index].Blue
        pixels[to + 3] = index == transparent ? 0 : 255
      }
    }
    return try Image(width: size.width, height: size.height, channels: 4, checked: pixels)
      .withoutNeedlessAlpha()
  }

  /// Interlaced frames bring every eighth row first, and those between in three more passes.
  private static func rowOrder(height: Int, isInterlaced: Bool) -> [Int] {
    guard isInterlaced else { return Array(0..<height) }
    return [(0, 8), (4, 8), (2, 4), (1, 2)].flatMap { start, step in
      Array(stride(from: start, to: height, by: step))
    }
  }

  private static func message(_ code: Int32) -> String {
    GifErrorString(code).map { String(cString: $0) } ?? "it is damaged"
  }

  private static func failure(_ path: String, _ reason: FileError.Reason, _ problem: String) -> FileError {
    FileError(
      path: path, reason: reason, problem: "as GIF: \(problem)", advice: "Copy or download the file again.")
  }
}
