import ApusData
import ApusGraph
import ApusIO
import ApusNN
import ApusTensor
import ApusVision

/// Describes photos by vectors of length 1: what a network makes of a photo just before it would name its class.
/// Photos that a person would call alike get vectors in about the same direction.
///
/// ```swift
/// let embedder = try PhotoEmbedder(.pretrained(.efficientNetLite0))
/// let index = try SimilarityIndex(of: ["a.jpg", "b.jpg"], by: embedder)
/// ```
public struct PhotoEmbedder: Sendable {
  /// What made the vectors, in words: only vectors of the same embedder can be compared.
  public let description: String
  /// How photos become pictures of the network's size.
  public let loading: ImageLoading
  /// Numbers in a vector.
  public let width: Int
  private let program: CompiledFunction

  /// Vectors from the network's result, or, of a network with a classifier, from what its last layer is given. Feature
  /// maps are averaged over their places.
  ///
  /// - Parameters:
  ///   - model: The network.
  ///   - fitting: What happens to photos that are not of the network's proportions.
  ///   - interpolation: How photos get to the network's size.
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
        "\(model.architecture.name) gives \(body.outputShape) for a picture, no vector can be made of it")
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

  /// Vectors by the body of a trained classifier, which looks at photos as the classifier does.
  public init(_ classifier: PhotoClassifier) throws {
    try self.init(
      classifier.model, fitting: classifier.loading.fitting, interpolation: classifier.loading.interpolation)
  }

  /// Vectors by the body of a network for labels or numbers, which looks at photos as that does.
  public init(_ predictor: TargetPredictor) throws {
    try self.init(
      predictor.model, fitting: predictor.loading.fitting, interpolation: predictor.loading.interpolation)
  }

  /// The vectors of photos in files.
  ///
  /// - Parameters:
  ///   - files: The photos.
  ///   - broken: What happens to files that cannot be read.
  ///   - progress: Called now and then with the number of photos done.
  /// - Returns: The places in `files` of the photos that could be read, their vectors `[photos, width]`, nil if there
  ///   are none, and what was wrong with the others.
  public func vectors(
    of files: [String], broken: DamagedFiles = .thrown, progress: (Int) -> Void = { _ in }
  ) throws -> (places: [Int], vectors: Literal?, skipped: [(file: String, problem: String)]) {
    let rows = try PhotoRows(
      of: files, views: [.plain], loading: loading, program: program, broken: broken, progress: progress)
    let vectors = rows.values.isEmpty ? nil : rows.literal(row: [width])
    return (rows.sound, vectors, rows.skipped.map { (files[$0.index], $0.problem) })
  }

  /// The vectors of pictures in memory, `[pictures, width]`.
  public func vectors(of images: [Image]) throws -> Literal {
    let pictures = try images.map { try loading.framed($0).literal() }
    return try program([Literal(stacking: pictures)])[0]
  }
}
