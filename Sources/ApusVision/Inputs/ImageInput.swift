import ApusData
import ApusGraph
import ApusIO
import ApusReport
import ApusTasks
import ApusTrain
import Foundation

/// Images of any size as tensors of one: `float32[height, width, channels]` in 0...1.
public struct ImageInput: InputEncoder {
  /// The name in files.
  public static let kind = "image"
  /// The modality of examples.
  public static let modality = "image"
  /// The size of the network's input.
  public let size: ImageSize
  /// 3 for color, 1 for gray.
  public let channels: Int
  /// What happens to images of other proportions.
  public let fitting: ImageFitting
  /// How images are resized.
  public let interpolation: Image.Interpolation
  /// The crops that are averaged for predictions, at least one; training takes the plain image.
  public var crops: [TestTimeCrop]
  /// Whether dark and light are exchanged, for images unlike those of the training. Not kept in files.
  public var inverts = false

  /// Images of a size.
  /// - Throws: `DataError` for sizes, channels or crops that make no sense.
  public init(
    size: ImageSize, channels: Int = 3, fitting: ImageFitting = .crop,
    interpolation: Image.Interpolation = .bilinear,
    crops: [TestTimeCrop] = [.plain]
  ) throws {
    guard (1...16_384).contains(size.width), (1...16_384).contains(size.height), (1...4).contains(channels),
      (1...1000).contains(crops.count), crops.allSatisfy(\.isSound)
    else {
      throw DataError(
        .setting,
        "sides of 1 to 16,384 pixels, 1 to 4 channels and 1 to 1,000 crops were expected, \(size), \(channels) and "
          + "\(crops.count) came")
    }
    if case .crop(let share) = fitting, !(share > 0 && share <= 1) {
      throw DataError(.setting, "a share of the image above 0 and up to 1 was expected, \(share) came")
    }
    self.size = size
    self.channels = channels
    self.fitting = fitting
    self.interpolation = interpolation
    self.crops = crops
  }

  private enum CodingKeys: String, CodingKey { case size, channels, fitting, interpolation, crops }

  /// Reads what was encoded; numbers of a file are checked.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      size: values.decode(ImageSize.self, forKey: .size),
      channels: values.decode(Int.self, forKey: .channels),
      fitting: values.decode(ImageFitting.self, forKey: .fitting),
      interpolation: values.decode(Image.Interpolation.self, forKey: .interpolation),
      crops: values.decode([TestTimeCrop].self, forKey: .crops))
  }

  /// How image files are read.
  public var loading: ImageLoading {
    ImageLoading(size, channels: channels, fitting: fitting, interpolation: interpolation)
  }

  /// The shape of one image, `[height, width, channels]`.
  public var shape: Shape { [size.height, size.width, channels] }

  /// One image.
  public var types: [TensorType] { [TensorType(.float32, shape)] }

  /// The crops of an image.
  public func features(_ examples: Examples, row: Int) throws -> [[Literal]] {
    switch try examples.input().values {
    case .files(let paths):
      return try loading.images(at: paths[row], crops: crops).map {
        [try (inverts ? $0.inverted() : $0).literal()]
      }
    case .samples(let dataset): return [try fitted(dataset[row]).features]
    default:
      throw DataError(.type, "images were expected, examples of the modality \(examples.modality) came")
    }
  }

  /// Images that are decoded when they are fetched; of crops no more than the part that is shown.
  public func dataset(_ examples: Examples, rows: [Int], target: (any Target)?) throws -> any Dataset {
    let encoded = try target.map { target in
      try rows.map { row in
        guard let literal = try target.encode(examples, row: row) else {
          throw DataError(.sample, "\(examples.names[row]) has no target", samples: [row])
        }
        return literal
      }
    }
    switch try examples.input().values {
    case .files(let paths):
      return try ImageDataset(
        paths: rows.map { paths[$0] }, targets: Self.targets(encoded, target), loading: loading)
    case .samples(let dataset):
      return TargetedDataset(
        base: try isFitting(dataset) ? dataset.subset(rows) : dataset.subset(rows).mapped(fitted),
        targets: try encoded.map { try Literal(stacking: $0) },
        classNames: target?.classNames)
    default:
      throw DataError(.type, "images were expected, examples of the modality \(examples.modality) came")
    }
  }

  private func isFitting(_ dataset: any Dataset) throws -> Bool {
    try !inverts && dataset.count > 0 && dataset[0].features.first?.shape == shape
  }

  /// A sample of a dataset in the network's size and channels; gray ones are repeated for each channel of color.
  private func fitted(_ sample: Sample) throws -> Sample {
    var result = try sample.features.first?.shape == shape ? sample : sample.resized(to: size)
    let image = result.features[0]
    let found = image.shape[2]
    guard found == channels || found == 1 else {
      throw DataError(
        .shape, "images of \(channels) channels were expected, sample \(sample.id) has \(found)",
        samples: [sample.id])
    }
    guard found != channels || inverts else { return result }
    result.features[0] = image.withUnsafeBytes { bytes in
      let values = bytes.bindMemory(to: Float.self)
      return Literal(
        values.flatMap { repeatElement(inverts ? 1 - $0 : $0, count: channels / found) }, shape: shape)
    }
    return result
  }

  private static func targets(_ encoded: [Literal]?, _ target: (any Target)?) -> ImageDataset.Targets {
    guard let encoded else { return .unknown }
    if let names = target?.classNames { return .classes(encoded.map { Int($0.doubles[0]) }, names: names) }
    return .numbers(encoded.map { $0.doubles.map { Float($0) } })
  }

  /// Image files, and those in folders.
  public func examples(at paths: [String]) throws -> Examples {
    var files: [String] = [], skipped: [Skipped] = [], notes: [String] = []
    for path in paths {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw FileError(path: path, reason: .missing, problem: "there is no such file or folder")
      }
      guard isFolder.boolValue else {
        files.append(path)
        continue
      }
      let found = try ImageFiles(folder: path)
      // What was meant as an image is skipped and named; of the rest a note is enough.
      let meant = found.unread.filter { Self.meansImage.contains($0.reason) }
      let others = UnreadFile.summary(
        of: found.unread.filter { !Self.meansImage.contains($0.reason) && $0.reason != .hidden })
      guard !found.names.isEmpty else {
        throw DataError(
          .empty,
          (["there are no images in the folder \(path)"] + UnreadFile.summary(of: meant) + others).joined(
            separator: "; "))
      }
      files += found.names.map(found.path)
      skipped += meant.skipped(in: path)
      notes += others.map { "left out in \(path): \($0)" }
    }
    return try Examples(
      modality: Self.modality, title: paths.joined(separator: ", "), names: files,
      inputs: [Column("image", .files(files))], notes: notes, skipped: skipped)
  }

  /// Why files that were meant as images are not read.
  private static let meansImage: Set<UnreadFile.Reason> = [
    .unsupportedFormat, .misnamed, .unreadable, .brokenLink, .unreadableName,
  ]

  /// An image of a dataset as PNG.
  public func file(_ examples: Examples, row: Int) throws -> (bytes: [UInt8], fileExtension: String)? {
    guard case .samples = try examples.input().values else { return nil }
    return (try image(examples, row: row).pngBytes(), "png")
  }

  /// The image as the network sees it, enlarged if it is tiny.
  public func exhibit(_ examples: Examples, row: Int) -> Exhibit {
    guard let image = try? image(examples, row: row), let encoded = try? image.enlarged().reportImage() else {
      return .name
    }
    return .image(encoded)
  }

  /// The plain image as the network sees it.
  func image(_ examples: Examples, row: Int) throws -> Image {
    switch try examples.input().values {
    case .files(let paths): try loading.image(at: paths[row])
    case .samples(let dataset): try Image(fitted(dataset[row]).features[0])
    default:
      throw DataError(.type, "images were expected, examples of the modality \(examples.modality) came")
    }
  }

  /// Size and test-time augmentation.
  public var facts: [Report.Fact] {
    [Report.Fact("Input", "\(size) pixels, \(channels == 1 ? "gray" : "color")")]
      + (crops.count > 1 ? [Report.Fact("Test-time augmentation", "mean of \(crops.count) crops")] : [])
  }

  /// Images unlike those of the test set.
  public var limitation: String? {
    "The scores hold for images like those of the test set. Other cameras, places, light or seasons may lower them: try the "
      + "model on a hundred images of your own first."
  }
}

/// Samples of a dataset with other targets.
struct TargetedDataset: Dataset {
  let base: any Dataset
  /// `[samples, …]`
  let targets: Literal?
  let classNames: [String]?

  var count: Int { base.count }

  subscript(index: Int) -> Sample {
    get throws {
      var sample = try base[index]
      sample.target = try targets?.row(index)
      return sample
    }
  }

  func batch(at indices: [Int]) throws -> Batch {
    var batch = try base.batch(at: indices)
    batch.targets = try targets.map { targets in try Literal(stacking: indices.map { try targets.row($0) }) }
    return batch
  }

  func classLabels() throws -> [Int]? {
    guard let targets, classNames != nil, targets.dtype.isInteger else { return nil }
    return targets.doubles.map { Int($0) }
  }
}

extension Literal {
  /// Literals of one type and shape, along a new first axis.
  init(stacking parts: [Literal]) throws {
    let batch = try Batch(collating: parts.enumerated().map { Sample(features: [$1], id: $0) })
    self = batch.features[0]
  }
}
