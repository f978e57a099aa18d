import ApusData
import ApusGraph
import ApusIO
import ApusNN
import ApusTasks
import ApusTensor

/// Embeds images as vectors of length 1: what the backbone of a network makes of an image. Images that a person would call
/// alike get vectors in about the same direction.
///
/// ```swift
/// let embedder = try ImageEmbedder(.pretrained(.efficientNetLite0))
/// let index = try SimilarityIndex(of: ["a.jpg", "b.jpg"], by: embedder)
/// ```
public struct ImageEmbedder: Sendable {
  /// What made the vectors, in words: only vectors of the same embedder can be compared.
  public let description: String
  /// How images are brought to the size of the network's input.
  public let loading: ImageLoading
  /// Numbers in a vector.
  public let width: Int
  private let program: CompiledFunction

  /// Vectors from the network's output, or, of a network with a head, from the input of its last layer. Feature
  /// maps are averaged over their places.
  ///
  /// - Parameters:
  ///   - model: The network.
  ///   - fitting: What happens to images of other proportions.
  ///   - interpolation: How images are resized.
  /// - Throws: `DataError` for networks of whose output no vector can be made.
  public init(
    _ model: VisionModel, fitting: ImageFitting = .crop(share: 0.875),
    interpolation: Image.Interpolation = .bicubic
  ) throws {
    let nodes = model.network.nodes
    let body =
      model.head.classes == nil || nodes.count < 2
      ? model.network
      : try model.network.part(
        upTo: nodes[nodes.count - 2].name)
    let shape = model.inputShape
    guard (1...3).contains(body.outputShape.rank), let width = body.outputShape.dimensions.last else {
      throw DataError(
        .shape,
        "\(model.architecture.name) gives \(body.outputShape) for an image, no vector can be made of it")
    }
    self.width = width
    loading = ImageLoading(
      ImageSize(width: shape[1], height: shape[0]), channels: shape[2], fitting: fitting,
      interpolation: interpolation)
    let preprocessing = model.preprocessing
    program = CompiledFunction { inputs in
      var features = body(preprocessing(inputs[0] * 255)).value
      if features.failure == nil, features.rank > 2 {
        features = features.mean(axes: Array(1..<features.rank - 1))
      }
      let squares = features.squared().sum(axes: [1], keepAxes: true)
      return [Tensor(features * squares.maximum(squares.splat(1e-24)).rsqrt())]
    }
    // All weights: the last layers' alone are often those of normalizations, which begin alike in every training.
    var hash = SHA256()
    for (_, parameter) in try body.parameters() where parameter.variable != nil {
      try parameter.tensor.literal().withUnsafeBytes { hash.update($0) }
    }
    description =
      "\(model.architecture.name) \(shape), \(fitting), \(interpolation), \(hash.hexadecimal().prefix(12))"
  }

  /// Vectors by the backbone of a trained model, which sees images as the model does.
  /// - Throws: `DataError` for models that are no vision network.
  public init(_ model: any Model) throws {
    guard let network = model as? NetworkModel, let vision = network.network.module as? VisionModel,
      let input = network.problem.input as? ImageInput, !(network.problem.target is Segmentation)
    else {
      throw DataError(.setting, "vectors of images are made by vision networks, not by this model")
    }
    try self.init(vision, fitting: input.fitting, interpolation: input.interpolation)
  }

  /// Images that the network sees at once.
  private static let batchSize = 32

  /// The vectors of images in files.
  ///
  /// - Parameters:
  ///   - files: The images.
  ///   - skipsDamaged: Whether files that cannot be read are skipped and named; else the first is an error.
  ///   - progress: Called now and then with the number of images done.
  /// - Returns: The places in `files` of the images that could be read, their vectors `[images, width]`, nil if there
  ///   are none, and what was wrong with the others.
  /// - Throws: `FileError` for a damaged file unless it is to be skipped; `CancellationError` in a cancelled task.
  public func vectors(
    of files: [String], skipsDamaged: Bool = false, progress: (Int) -> Void = { _ in }
  ) throws -> (places: [Int], vectors: Literal?, skipped: [Skipped]) {
    var places: [Int] = [], tables: [Literal] = [], skipped: [Skipped] = []
    for start in stride(from: 0, to: files.count, by: Self.batchSize) {
      try Task.checkCancellation()
      let part = start..<min(start + Self.batchSize, files.count)
      let read = parallelMap(part.count) { place in
        Result { try loading.image(at: files[part.lowerBound + place]).literal() }
      }
      var images: [Literal] = []
      for (place, result) in zip(part, read) {
        switch result {
        case .success(let image):
          images.append(image)
          places.append(place)
        case .failure(let error):
          guard skipsDamaged else { throw error }
          skipped.append(Skipped(files[place], (error as? any ApusError)?.problem ?? "\(error)"))
        }
      }
      if !images.isEmpty { tables.append(try program([Literal(stacking: images)])[0]) }
      progress(part.upperBound)
    }
    return (places, try Literal(joiningRows: tables), skipped)
  }

  /// The vectors of images in memory, `[images, width]`.
  public func vectors(of images: [Image]) throws -> Literal {
    try program([Literal(stacking: images.map { try loading.framed($0).literal() })])[0]
  }
}
