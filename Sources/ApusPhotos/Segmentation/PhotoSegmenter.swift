import ApusData
import ApusGraph
import ApusIO
import ApusNN
import ApusTensor
import ApusVision
import Foundation

/// A network that says which class each pixel of a photo is of, with everything that it takes to ask it.
///
/// ```swift
/// let segmenter = try PhotoSegmenter.load(from: "my-model")
/// let seen = try segmenter.map(ofFile: "cat.jpg")
/// try seen.overlay(on: Image(contentsOf: "cat.jpg")).writePNG(to: "seen.png")
/// ```
public struct PhotoSegmenter: Sendable {
  /// The network's parameters.
  public let model: any Module
  /// The name of the network that sees the picture.
  public let architecture: String
  /// The classes, and how masks tell them.
  public let classes: MaskedPhotos.Classes
  /// How photos become pictures of the network's size.
  public let loading: ImageLoading
  /// What is to be known of the training.
  public var origin: PhotoOrigin
  let forward: @Sendable (Tensor) -> Tensor
  private let program: CompiledFunction

  /// Photos that the network sees at once.
  private static let batchSize = 8

  /// A network with first weights.
  ///
  /// - Parameters:
  ///   - architecture: A network that halves pictures five times, or a U-Net, which does it all.
  ///   - classes: The classes, and how masks tell them.
  ///   - size: The size of the pictures that it sees, multiples of 32.
  ///   - start: Whether the encoder knows ImageNet.
  ///   - origin: What is to be known of the training.
  /// - Throws: `DataError`, `GraphError`, `FileError` for networks and weights that do not serve.
  public init(
    _ architecture: VisionArchitecture, classes: MaskedPhotos.Classes, size: ImageSize,
    start: PhotoRecipe.Start = .random, origin: PhotoOrigin = PhotoOrigin()
  ) throws {
    guard (2...256).contains(classes.names.count), Set(classes.names).count == classes.names.count else {
      throw DataError(.classes, "2 to 256 different classes were expected, \(classes.names.count) came")
    }
    let shape: Shape = [size.height, size.width, 3]
    let network: any Layer
    let preprocessing: Preprocessing
    if architecture.name.hasPrefix("UNet") {
      let whole = try VisionModel(architecture, classes: classes.names.count, inputShape: shape)
      (network, preprocessing) = (whole, whole.preprocessing)
    } else {
      let encoder =
        start == .imageNet
        ? try VisionModel.pretrained(architecture, inputShape: shape, includeTop: false)
        : try VisionModel(architecture, inputShape: shape, includeTop: false)
      let joined = try SegmentationModel(encoder: encoder, classes: classes.names.count)
      (network, preprocessing) = (joined, joined.preprocessing)
    }
    model = network
    self.architecture = architecture.name
    self.classes = classes
    self.origin = origin
    loading = ImageLoading(size, fitting: .stretch)
    let forward: @Sendable (Tensor) -> Tensor = { network(preprocessing($0 * 255)) }
    self.forward = forward
    program = CompiledFunction { [softmax(forward($0[0]), axis: -1)] }
  }

  /// A network of a name; `UNet(16)` is one that begins with 16 filters.
  static func architecture(_ name: String) throws -> VisionArchitecture {
    if name.lowercased().hasPrefix("unet("), name.hasSuffix(")"),
      let width = Int(name.dropFirst(5).dropLast()), (1...256).contains(width)
    {
      return .uNet(width: width)
    }
    guard let found = VisionArchitecture.named(name) else {
      throw DataError(
        .setting, "no network is called \"\(name)\"", advice: "`apus models` lists those that there are.")
    }
    return found
  }

  /// Whether the other one is of the same network for the same pictures and classes.
  func fits(_ other: PhotoSegmenter) -> Bool {
    architecture == other.architecture && classes == other.classes && loading == other.loading
  }

  /// What the network sees in the photo at a path.
  public func map(ofFile path: String) throws -> PhotoMap {
    var result: PhotoMap?
    try maps(ofFiles: [path], broken: .thrown) { result = $1 }
    guard let result else { throw DataError(.empty, "\(path) gave no answer") }
    return result
  }

  /// What the network sees in photos, one after the other, in the photos' own sizes.
  ///
  /// - Parameters:
  ///   - files: The photos.
  ///   - broken: What happens to files that cannot be read.
  ///   - progress: Called now and then with the number of photos done.
  ///   - body: Called with the place of each photo that can be read, and what is seen in it.
  /// - Returns: The files that could not be read, and why.
  @discardableResult
  public func maps(
    ofFiles files: [String], broken: DamagedFiles = .skipped, progress: (Int) -> Void = { _ in },
    _ body: (Int, PhotoMap) throws -> Void
  ) throws -> [(path: String, problem: String)] {
    var skipped: [(path: String, problem: String)] = []
    let count = classes.names.count, (width, height) = (loading.size.width, loading.size.height)
    for start in stride(from: 0, to: files.count, by: Self.batchSize) {
      try Task.checkCancellation()
      let indices = start..<min(start + Self.batchSize, files.count)
      let read = parallelMap(indices.count) { place in
        Result {
          let path = files[indices.lowerBound + place]
          return (try loading.image(at: path), try EncodedImage(contentsOf: path).size())
        }
      }
      var pictures: [Literal] = [], places: [(index: Int, size: ImageSize)] = []
      for (index, result) in zip(indices, read) {
        switch result {
        case .success(let (image, size)):
          pictures.append(image.literal())
          places.append((index, size))
        case .failure(let error):
          guard broken == .skipped else { throw error }
          skipped.append((files[index], (error as? FileError)?.problem ?? "\(error)"))
        }
      }
      guard !pictures.isEmpty else { continue }
      let numbers = try program([Literal(stacking: pictures)])[0].scalars(as: Float.self)
      let step = width * height * count
      for (place, photo) in places.enumerated() {
        let part = numbers[place * step..<(place + 1) * step]
        try body(photo.index, PhotoMap(probabilities: part, count: count, seen: loading.size, photo.size))
      }
      progress(indices.upperBound)
    }
    return skipped
  }
}

/// The class of each pixel of a photo.
public struct PhotoMap: Sendable, Equatable {
  /// The photo's size.
  public let size: ImageSize
  /// The classes, row after row.
  public let labels: [UInt8]

  /// Classes of pixels, row after row.
  init(size: ImageSize, labels: [UInt8]) { (self.size, self.labels) = (size, labels) }

  /// The likeliest classes at the photo's size: probabilities are enlarged, not classes, so that edges are smooth.
  init(probabilities: ArraySlice<Float>, count: Int, seen: ImageSize, _ size: ImageSize) throws {
    var best = [UInt8](repeating: 0, count: size.width * size.height), labels = best
    for label in 0..<count {
      let plane = stride(from: probabilities.startIndex + label, to: probabilities.endIndex, by: count).map {
        // A network whose weights became no numbers knows nothing, but must not end the program.
        probabilities[$0].isNaN ? 0 : UInt8(min(max(probabilities[$0] * 255, 0), 255).rounded())
      }
      let large = try Image(width: seen.width, height: seen.height, channels: 1, pixels: plane).resized(
        to: size)
      for (place, value) in large.pixels.enumerated() where value > best[place] {
        best[place] = value
        labels[place] = UInt8(label)
      }
    }
    self.init(size: size, labels: labels)
  }

  /// The share of the pixels that each of so many classes has.
  public func shares(_ count: Int) -> [Double] {
    var counts = [Int](repeating: 0, count: count)
    for label in labels where Int(label) < count { counts[Int(label)] += 1 }
    return counts.map { Double($0) / Double(max(1, labels.count)) }
  }

  /// The classes as a grey picture, whose values they are.
  public func mask() throws -> Image {
    try Image(width: size.width, height: size.height, channels: 1, pixels: labels)
  }

  /// A picture with a colour over the pixels of each class but the first.
  /// - Parameter picture: The photo, in any size.
  public func overlay(on picture: Image) throws -> Image {
    let small = try mask().resized(to: picture.size, interpolation: .nearest)
    return try picture.overlaid(
      labels: Literal(small.pixels.map { Int32($0) }, shape: [picture.height, picture.width]))
  }
}

extension PhotoSegmenter {
  private static let file = PhotoModelFile<Card>(
    format: "apus.photo-masks", version: 1, content: "network for masks of photos",
    source: "PhotoSegmenter.save(to:) or `apus fit PHOTOS/ --masks MASKS/`")

  /// What a file says beside the weights.
  private struct Card: Codable {
    var architecture: String
    var classes: MaskedPhotos.Classes
    var size: ImageSize
    var origin: PhotoOrigin
  }

  /// Whether a file was written by `save`.
  /// - Parameter path: A file, or a folder that has one.
  public static func isSegmenter(at path: String) -> Bool { file.isOne(at: path) }

  /// Writes weights and all else into one file, which appears complete or not at all.
  /// - Parameter folder: Where `model.safetensors` is written; it is made where it is missing.
  public func save(to folder: String) throws {
    try Self.file.write(
      try model.namedLiterals(),
      card: Card(architecture: architecture, classes: classes, size: loading.size, origin: origin), to: folder
    )
  }

  /// Reads what `save` wrote.
  /// - Parameter path: The folder, or the file in it.
  /// - Throws: `FileError` for files that are missing, damaged or something else.
  public static func load(from path: String) throws -> PhotoSegmenter {
    let (weights, card) = try file.read(path)
    let shape = try file.frame(path, card.size, channels: 3, .stretch)
    do {
      let result = try PhotoSegmenter(
        architecture(card.architecture), classes: card.classes, size: card.size, origin: card.origin)
      guard let layer = result.model as? any Layer else { throw file.corrupt(path, "it has no network") }
      try layer.plan(inputShape: shape)
      try file.load(weights, into: result.model, path: path)
      return result
    } catch let error as DataError {
      throw file.corrupt(path, error.problem)
    }
  }
}
