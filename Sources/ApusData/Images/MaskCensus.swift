import ApusIO

/// How masks say which class each pixel is of, found out from their pixels.
public struct MaskCensus: Sendable {
  /// How they are to be read.
  public let reading: MaskReading
  /// Names of the classes, as far as the masks tell them.
  public let classNames: [String]
  /// The label of pixels of which nothing is known; nil where there are none.
  public let ignoredLabel: Int?
  /// Why they are read so, for a person.
  public let reason: String
  /// Masks that cannot be read, and why.
  public let damaged: [(path: String, problem: String)]

  /// More colours than this are none of classes, but of a photo or of blurred edges.
  private static let colourLimit = 64

  /// What is in one mask.
  private enum Contents: Sendable {
    case labels(Set<UInt8>, hasPalette: Bool)
    case colours(Set<Int>)
    case damaged(String)
  }

  /// Looks at all pixels of masks.
  /// - Throws: `DataError` where they tell no two classes.
  public init(paths: [String], pixelLimit: Int = Image.defaultPixelLimit) throws {
    let found = parallelMap(paths.count) { Self.contents(paths[$0], pixelLimit) }
    var labels: Set<UInt8> = [], colours: Set<Int> = [], damaged: [(path: String, problem: String)] = []
    var hasColours = false, hasPalette = false
    for (path, contents) in zip(paths, found) {
      switch contents {
      case .labels(let values, let palette):
        labels.formUnion(values)
        hasPalette = hasPalette || palette
        colours.formUnion(values.map { Int($0) * 0x010101 })
      case .colours(let values):
        colours.formUnion(values)
        hasColours = true
      case .damaged(let problem): damaged.append((path, problem))
      }
    }
    guard damaged.count < paths.count else {
      throw DataError(
        .empty,
        "none of \(paths.count) masks can be read, \(damaged.first.map { "\($0.path): \($0.problem)" } ?? "")"
      )
    }
    self.damaged = damaged
    let known = labels.subtracting([255])
    let count = Int(known.max() ?? 0) + 1
    let isSparse = !hasPalette && count > 2 * known.count + 2
    guard hasColours || labels.count > 1 else {
      throw DataError(
        .classes, "all pixels of all \(paths.count) masks are of one class: there is nothing to tell apart")
    }
    if hasColours || isSparse, labels != [0, 255] {
      guard (2...Self.colourLimit).contains(colours.count) else {
        throw DataError(
          .classes,
          "the masks have \(colours.count) colours; at most \(Self.colourLimit), one for each class, were expected",
          advice: "Save masks as PNG, as JPEG blurs them, with a colour or a grey value for each class.")
      }
      let order = colours.sorted()
      reading = .colours(order.map { [UInt8($0 >> 16), UInt8($0 >> 8 & 255), UInt8($0 & 255)] })
      classNames = order.map { $0 == 0 ? "background" : Self.name($0) }
      ignoredLabel = nil
      reason = "each of their \(order.count) colours is a class"
    } else if labels == [0, 255], !hasPalette {
      (reading, classNames, ignoredLabel) = (.threshold(127), ["background", "thing"], nil)
      reason = "black is background, white is a thing"
    } else {
      let ignores = labels.contains(255) && known.count > 1
      let classes = ignores || !labels.contains(255) ? count : 256
      reading = .values
      ignoredLabel = ignores ? 255 : nil
      classNames = (0..<classes).map { $0 == 0 ? "background" : "class \($0)" }
      reason =
        "their \(hasPalette ? "places in the palette" : "grey values") 0 to \(classes - 1) are classes"
        + (ignores ? "; of pixels of 255 nothing is known" : "")
    }
  }

  private static func name(_ colour: Int) -> String {
    let digits = String(colour, radix: 16)
    return "#" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  private static func contents(_ path: String, _ pixelLimit: Int) -> Contents {
    do {
      let file = try EncodedImage(contentsOf: path, pixelLimit: pixelLimit)
      let image = try file.image()
      guard let numbers = try file.numbers(), numbers.isGrey else { return .colours(colours(of: image)) }
      // What differs from how the picture looks are places in a palette.
      let labels = try MaskReading.values.labels(at: path, pixelLimit: pixelLimit)
      return .labels(Set(labels.pixels), hasPalette: !image.isGrey)
    } catch {
      return .damaged((error as? FileError)?.problem ?? "\(error)")
    }
  }

  /// The colours of a picture; no more than show that they are too many.
  private static func colours(of image: Image) -> Set<Int> {
    var found: Set<Int> = []
    var last = -1
    for start in stride(from: 0, to: image.pixels.count, by: image.channels) {
      let colour =
        Int(image.pixels[start]) << 16 | Int(image.pixels[start + 1]) << 8 | Int(image.pixels[start + 2])
      guard colour != last else { continue }
      last = colour
      found.insert(colour)
      if found.count > colourLimit { break }
    }
    return found
  }
}
