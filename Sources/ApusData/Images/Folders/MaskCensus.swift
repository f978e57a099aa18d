import ApusIO

/// How masks say which class each pixel is of, found out from their pixels.
public struct MaskCensus: Sendable {
  /// How they are to be read.
  public let reading: MaskReading
  /// Names of the classes, as far as the masks tell them.
  public let classNames: [String]
  /// The label of unlabeled pixels; nil where there are none.
  public let ignoredLabel: Int?
  /// Why they are read so, for a person.
  public let reason: String
  /// Masks that cannot be read, and why.
  public let damaged: [(path: String, problem: String)]

  /// More colors or gray values than this are none of classes, but of a photo or of blurred edges.
  private static let colorLimit = 64

  /// What is in one mask.
  private enum Contents: Sendable {
    /// How many pixels each number has, and the colors that they are shown in.
    case numbers([Int], hasPalette: Bool, isLossy: Bool, colors: Set<Int>)
    case colors(Set<Int>)
    case damaged(String)
  }

  /// What is in all masks.
  private struct Total {
    /// How many pixels each number has.
    var counts = [Int](repeating: 0, count: 256)
    var colors: Set<Int> = []
    var hasColors = false, hasPalette = false, isLossy = false

    var labels: [Int] { counts.indices.filter { counts[$0] > 0 } }
    /// Those that can be classes: 255 often marks unlabeled pixels.
    var known: [Int] { labels.filter { $0 != 255 } }

    /// Whether gray values are black and white with blurred edges between them: nearly all are close to either.
    var isBlurredBlackAndWhite: Bool {
      let all = Double(counts.reduce(0, +))
      let black = Double(counts[...32].reduce(0, +)) / all, white = Double(counts[223...].reduce(0, +)) / all
      // White that is not quite white tells it from classes with an unknown part of 255.
      return black >= 0.01 && white >= 0.01 && black + white >= 0.95
        && (isLossy || counts[223..<255].contains { $0 > 0 })
    }
  }

  /// Looks at all pixels of masks.
  /// - Parameters:
  ///   - paths: The masks' files.
  ///   - classCount: How many classes are expected: that many gray values are accepted as classes, however many they
  ///     are.
  ///   - pixelLimit: Images of more pixels are refused; a few bytes can claim to be gigabytes.
  /// - Throws: `DataError` where the masks do not hold two classes.
  public init(paths: [String], classCount: Int? = nil, pixelLimit: Int = Image.defaultPixelLimit) throws {
    let found = parallelMap(paths.count) { Self.contents(paths[$0], pixelLimit) }
    var total = Total(), damaged: [(path: String, problem: String)] = []
    for (path, contents) in zip(paths, found) {
      switch contents {
      case .numbers(let counts, let hasPalette, let isLossy, let colors):
        for label in counts.indices { total.counts[label] += counts[label] }
        total.hasPalette = total.hasPalette || hasPalette
        total.isLossy = total.isLossy || isLossy
        total.colors.formUnion(colors)
      case .colors(let colors):
        total.colors.formUnion(colors)
        total.hasColors = true
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
    let labels = total.labels, known = total.known
    guard total.hasColors || labels.count > 1 else {
      throw DataError(
        .classes, "all pixels of all \(paths.count) masks are of one class: there is nothing to tell apart")
    }
    let count = (known.last ?? 0) + 1
    // A palette of two colors, one of them in the last place, has no room for unlabeled pixels.
    let isSparse = total.hasPalette ? known.count < 2 : count > 2 * known.count + 2 || known.count < 2
    let isExpected = classCount.map { $0 >= count } ?? false
    let isGrayscale = !total.hasColors && !total.hasPalette
    if isGrayscale, labels == [0, 255] {
      (reading, classNames, ignoredLabel) = (.threshold(127), ["background", "thing"], nil)
      reason = "black is background, white is a thing"
    } else if isGrayscale, total.isBlurredBlackAndWhite,
      total.isLossy || !isExpected && (isSparse && labels.count > 16 || labels.count > Self.colorLimit)
    {
      (reading, classNames, ignoredLabel) = (.threshold(127), ["background", "thing"], nil)
      reason = "what is nearly black is background, what is nearly white is a thing"
    } else if isGrayscale, total.isLossy {
      throw Self.tooMany("\(labels.count) gray values, some of them in JPEG")
    } else if total.hasColors || isSparse {
      guard (2...Self.colorLimit).contains(total.colors.count) else {
        throw Self.tooMany("\(total.colors.count) colors")
      }
      let order = total.colors.sorted()
      reading = .colors(order.map { [UInt8($0 >> 16), UInt8($0 >> 8 & 255), UInt8($0 & 255)] })
      classNames = order.map { $0 == 0 ? "background" : Self.name($0) }
      ignoredLabel = nil
      reason = "each of their \(order.count) colors is a class"
    } else {
      guard !isGrayscale || known.count <= Self.colorLimit || isExpected else {
        throw Self.tooMany("\(labels.count) gray values")
      }
      let ignores = labels.contains(255)
      reading = .values
      ignoredLabel = ignores ? 255 : nil
      classNames = (0..<count).map { $0 == 0 ? "background" : "class \($0)" }
      reason =
        "their \(total.hasPalette ? "places in the palette" : "gray values") 0 to \(count - 1) are classes"
        + (ignores ? "; pixels of 255 are unlabeled" : "")
    }
  }

  private static func tooMany(_ came: String) -> DataError {
    DataError(
      .classes, "the masks have \(came); one for each class, and at most \(colorLimit), were expected",
      advice:
        "Save masks as PNG, as JPEG changes values, with a color or a gray value for each class, and without "
        + "smooth edges. Gray values of more classes are accepted where the classes are named.")
  }

  private static func name(_ color: Int) -> String {
    let digits = String(color, radix: 16)
    return "#" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  private static func contents(_ path: String, _ pixelLimit: Int) -> Contents {
    do {
      let file = try EncodedImage(contentsOf: path, pixelLimit: pixelLimit)
      let image = try file.maskImage()
      let isLossy = file.format == .jpeg
      if let numbers = try file.numbers(), numbers.isGrayscale {
        // What differs from how the image looks are places in a palette.
        return .numbers(
          counts(numbers), hasPalette: !image.isGrayscale, isLossy: isLossy, colors: colors(of: image))
      }
      guard image.isGrayscale else { return .colors(colors(of: image)) }
      // Of 16 bits, and above 255: it is clear what they mean only where they are black and white.
      guard Set(image.pixels).isSubset(of: [0, 255]) else {
        _ = try MaskReading.values.labels(at: path, pixelLimit: pixelLimit)
        return .damaged("it has numbers above 255")
      }
      return .numbers(counts(image), hasPalette: false, isLossy: isLossy, colors: colors(of: image))
    } catch {
      return .damaged((error as? FileError)?.problem ?? "\(error)")
    }
  }

  /// How many pixels each value of the first channel has.
  private static func counts(_ image: Image) -> [Int] {
    var counts = [Int](repeating: 0, count: 256)
    for place in stride(from: 0, to: image.pixels.count, by: image.channels) {
      counts[Int(image.pixels[place])] += 1
    }
    return counts
  }

  /// The colors of an image; no more than show that they are too many.
  private static func colors(of image: Image) -> Set<Int> {
    var found: Set<Int> = []
    var last = -1
    let (green, blue) = image.channels > 2 ? (1, 2) : (0, 0)
    for start in stride(from: 0, to: image.pixels.count, by: image.channels) {
      let color =
        Int(image.pixels[start]) << 16 | Int(image.pixels[start + green]) << 8
        | Int(image.pixels[start + blue])
      guard color != last else { continue }
      last = color
      found.insert(color)
      if found.count > colorLimit { break }
    }
    return found
  }
}
