/// How a camera was held: what must be done to its image so that up is up, in the numbers of EXIF's field 274.
enum ImageOrientation: Int {
  case upright = 1
  case mirrored
  case upsideDown
  case mirroredUpsideDown
  /// Mirrored about the diagonal from the upper left.
  case transposed
  /// To be turned a quarter clockwise.
  case turnedLeft
  case transversed
  case turnedRight

  /// Whether width and height change places.
  var swapsSides: Bool { rawValue >= Self.transposed.rawValue }

  /// Where in the stored image of size `stored` the pixel lies that is seen at `column` and `row`.
  func storedPlace(column: Int, row: Int, in stored: ImageSize) -> (column: Int, row: Int) {
    let (right, bottom) = (stored.width - 1, stored.height - 1)
    return switch self {
    case .upright: (column, row)
    case .mirrored: (right - column, row)
    case .upsideDown: (right - column, bottom - row)
    case .mirroredUpsideDown: (column, bottom - row)
    case .transposed: (row, column)
    case .turnedLeft: (row, bottom - column)
    case .transversed: (right - row, bottom - column)
    case .turnedRight: (right - row, column)
    }
  }

  /// The region of the stored image that is seen as `region`.
  func storedRegion(_ region: ImageRegion, in stored: ImageSize) -> ImageRegion {
    let first = storedPlace(column: region.left, row: region.top, in: stored)
    let last = storedPlace(
      column: region.left + region.size.width - 1, row: region.top + region.size.height - 1, in: stored)
    let (left, top) = (min(first.column, last.column), min(first.row, last.row))
    return ImageRegion(
      left: left, top: top, width: max(first.column, last.column) - left + 1,
      height: max(first.row, last.row) - top + 1)
  }

  /// The orientation that the TIFF directory in EXIF data states; upright where it states none or nonsense.
  init(exif bytes: ArraySlice<UInt8>) {
    self = Self.stated(in: Array(bytes)) ?? .upright
  }

  private static func stated(in bytes: [UInt8]) -> ImageOrientation? {
    let isLittle = bytes.starts(with: "II".utf8)
    guard isLittle || bytes.starts(with: "MM".utf8) else { return nil }
    func number(at start: Int, count: Int) -> Int? {
      guard start >= 0, start <= bytes.count - count else { return nil }
      let field = bytes[start..<start + count]
      return (isLittle ? Array(field.reversed()) : Array(field)).reduce(0) { $0 << 8 | Int($1) }
    }
    guard number(at: 2, count: 2) == 42, let directory = number(at: 4, count: 4),
      let entryCount = number(at: directory, count: 2)
    else { return nil }
    for entry in 0..<entryCount {
      let start = directory + 2 + 12 * entry
      guard let tag = number(at: start, count: 2) else { return nil }
      // One 16-bit number, which lies in the entry itself.
      if tag == 274, number(at: start + 2, count: 2) == 3, let value = number(at: start + 8, count: 2) {
        return ImageOrientation(rawValue: value)
      }
    }
    return nil
  }
}

extension Image {
  /// The stored image as it is meant to be seen.
  func oriented(_ orientation: ImageOrientation) -> Image {
    guard orientation != .upright else { return self }
    let stored = size
    let seen = orientation.swapsSides ? stored.turned : stored
    let channels = channels
    let result = pixels.withUnsafeBufferPointer { source in
      [UInt8](unsafeUninitializedCapacity: source.count) { target, count in
        var to = 0
        for row in 0..<seen.height {
          let first = orientation.storedPlace(column: 0, row: row, in: stored)
          let next = orientation.storedPlace(column: 1, row: row, in: stored)
          let step = ((next.row - first.row) * stored.width + next.column - first.column) * channels
          var from = (first.row * stored.width + first.column) * channels
          for _ in 0..<seen.width {
            for channel in 0..<channels { target[to &+ channel] = source[from &+ channel] }
            to &+= channels
            from &+= step
          }
        }
        count = source.count
      }
    }
    return Image(width: seen.width, height: seen.height, channels: channels, checked: result)
  }
}
