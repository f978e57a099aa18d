import ApusData
import ApusGraph
import ApusNN
import ApusReport
import ApusTasks

/// A class for each pixel of an image.
public struct Segmentation: Target {
  /// The name in files.
  public static let kind = "segmentation"
  /// What a person names it by.
  public static let tasks = ["segmentation", "masks"]
  /// The classes, and how masks tell them.
  public let classes: MaskClasses
  /// The size of the network's output.
  public var size: ImageSize

  /// A segmentation into classes.
  /// - Throws: `DataError` for fewer than 2 or more than 256 classes, or two of one name.
  public init(_ classes: MaskClasses, size: ImageSize = ImageSize(1)) throws {
    guard (2...256).contains(classes.names.count), Set(classes.names).count == classes.names.count else {
      throw DataError(.classes, "2 to 256 different classes were expected, \(classes.names.count) came")
    }
    self.classes = classes
    self.size = size
  }

  private enum CodingKeys: String, CodingKey { case classes, size }

  /// Reads what was encoded.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      values.decode(MaskClasses.self, forKey: .classes), size: values.decode(ImageSize.self, forKey: .size))
  }

  /// A column of masks is a segmentation.
  public static func propose(
    _ examples: Examples, rows: [Int], task: String?
  ) throws -> (target: Segmentation, reason: String)? {
    guard let classes = MaskClasses(of: examples), examples.targets.count == 1,
      case .files = examples.targets[0].values
    else { return nil }
    return (try Segmentation(classes), "a mask for each image")
  }

  /// The classes.
  public var names: [String] { classes.names }
  /// The classes of pixels.
  public var classNames: [String]? { classes.names }
  /// Logits for each class and pixel.
  public var outputCount: Int { names.count * size.width * size.height }

  /// The label of pixels whose class is not known: where masks have none, of those that turning and shifting bring in.
  var ignoredLabel: Int? { classes.ignoredLabel ?? (names.count < 256 ? 255 : nil) }

  /// Cross-entropy, in which every pixel counts, and Dice, in which every class does.
  public var loss: Loss {
    let entropy = ignoredLabel.map { Loss.crossEntropy(ignoring: $0) } ?? .crossEntropy
    return .sum([(entropy, 1), (.dice(ignoring: ignoredLabel), 1)])
  }

  /// Mean intersection over union, and the share of right pixels.
  public var metrics: [Metric] { [.meanIntersectionOverUnion, .accuracy] }

  func maskPath(_ examples: Examples, row: Int) -> String? {
    guard let column = examples.targets.first, case .files(let paths) = column.values else { return nil }
    return paths[row]
  }

  /// Labels of the mask's own size, `int32[height, width]`; nil without a mask.
  public func encode(_ examples: Examples, row: Int) throws -> Literal? {
    guard let path = maskPath(examples, row: row) else { return nil }
    let mask = try classes.labels(at: path)
    return Literal(mask.pixels.map { Int32($0) }, shape: [mask.height, mask.width])
  }

  /// Needs five examples.
  public func check(_ examples: Examples, parts: [Part: [Int]]) throws -> [String] {
    let count = parts[.training]?.count ?? 0
    guard count >= 3 else {
      throw DataError(
        .empty, "at least 3 training images with masks are needed, there are \(count)",
        advice: "Some hundreds make a good start.")
    }
    return []
  }

  /// The likeliest class of each pixel, in the image's own size.
  public func prediction(_ output: [Float], for examples: Examples, row: Int) throws -> Prediction {
    let map = try map(output, size: imageSize(examples, row: row))
    return .mask(width: map.size.width, height: map.size.height, labels: map.labels)
  }

  private func imageSize(_ examples: Examples, row: Int) throws -> ImageSize {
    switch try examples.input().values {
    case .files(let paths): try EncodedImage(contentsOf: paths[row]).size()
    default: size
    }
  }

  /// The likeliest classes of logits, at a size.
  func map(_ output: [Float], size: ImageSize) throws -> LabelMap {
    try LabelMap(logits: output, count: names.count, seen: self.size, size)
  }

  /// Counts pixels.
  public func evaluator(for examples: Examples) -> any Evaluator {
    SegmentationEvaluator(target: self, examples: examples)
  }

  /// The task in a few words.
  public var summary: String { "segmentation into \(Format.list(names, limit: 4))" }

  /// The classes.
  public var facts: [Report.Fact] { [Report.Fact("Classes of pixels", names.joined(separator: ", "))] }
}
