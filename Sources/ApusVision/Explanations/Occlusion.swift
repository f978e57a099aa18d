import ApusGraph
import ApusNN
import ApusTensor

/// How much a class's score drops when a part of the image is covered: Zeiler and Fergus, arXiv:1311.2901.
///
/// The slowest explanation, and the plainest: nothing is assumed about the network.
public struct Occlusion: Sendable {
  /// The side of the square that covers, in pixels.
  public let window: Int
  /// By how many pixels it moves.
  public let stride: Int
  /// Images that go through the network at once.
  public let batchSize: Int
  private let explained: ExplainedNetwork
  private let program: CompiledFunction

  /// Occlusion maps of a network.
  /// - Parameters:
  ///   - network: The network, which gives one number for each class.
  ///   - window: The side of the square that covers; a seventh of the image's shorter side when nil.
  ///   - stride: By how many pixels it moves; half of the window when nil.
  ///   - score: The probability by default: its drop is easily understood.
  ///   - batchSize: Images that go through the network at once.
  /// - Throws: `GraphError` when the network is no classifier or the window does not fit.
  public init(
    _ network: FunctionalModel, window: Int? = nil, stride: Int? = nil, score: ExplainedScore = .probability,
    batchSize: Int = 16
  ) throws {
    let explained = try ExplainedNetwork(network, score: score, for: "Occlusion")
    let shorter = network.inputShape.dimensions.prefix(2).min() ?? 1
    let window = window ?? max(1, shorter / 7)
    let stride = stride ?? max(1, window / 2)
    guard window > 0, window <= shorter, stride > 0, batchSize > 0 else {
      throw GraphError(
        .argument, "Occlusion",
        "a window of 1 to \(shorter) pixels, and a stride and batchSize above 0, were expected; \(window), "
          + "\(stride) and \(batchSize) came")
    }
    self.window = window
    self.stride = stride
    self.batchSize = batchSize
    self.explained = explained
    program = CompiledFunction { inputs in
      [(explained.scores(network(inputs[0])) * inputs[1]).sum(axes: [1])]
    }
  }

  /// The map `[height, width]` of one image: the mean drop of the score when a pixel is covered. Below 0 the
  /// score rises without it.
  /// - Parameters:
  ///   - x: The image as the network wants it, `[height, width, channels]`.
  ///   - label: The class.
  ///   - cover: What covers, as the network wants it: `[channels]` or one number. Zero when nil: for most
  ///     networks the mean color of the training set.
  /// - Returns: The map.
  /// - Throws: `GraphError` for an image of another shape and for a class that the network lacks.
  public func callAsFunction(_ x: Tensor, class label: Int, cover: Tensor? = nil) throws -> Literal {
    guard x.rank == 3 else {
      throw GraphError(
        .shape, "Occlusion", "an image [height, width, channels] was expected, got \(x.shape)")
    }
    let (height, width) = (x.shape[0], x.shape[1])
    let places = Self.starts(height, window, stride).flatMap { top in
      Self.starts(width, window, stride).map { (top: top, left: $0) }
    }
    let whole = try scores(x.expandedDimensions(axis: 0), label)[0]
    let cover = cover ?? Tensor(0.0, dtype: x.dtype)
    var (sums, counts) = (
      [Double](repeating: 0, count: height * width), [Double](repeating: 0, count: height * width)
    )
    for start in Swift.stride(from: 0, to: places.count, by: batchSize) {
      let part = places[start..<min(start + batchSize, places.count)]
      var seen = [Float](repeating: 1, count: part.count * height * width)
      for (index, place) in part.enumerated() {
        forEachPixel(place, width) { seen[index * height * width + $0] = 0 }
      }
      let mask = Tensor(Literal(seen, shape: [part.count, height, width, 1])).cast(to: x.dtype)
      let left = try scores(x.expandedDimensions(axis: 0) * mask + cover * (1 - mask), label)
      for (score, place) in zip(left, part) {
        forEachPixel(place, width) {
          sums[$0] += whole - score
          counts[$0] += 1
        }
      }
    }
    return Literal(zip(sums, counts).map { Float($1 > 0 ? $0 / $1 : 0) }, shape: [height, width])
  }

  private func scores(_ images: Tensor, _ label: Int) throws -> [Double] {
    let classes = [Int](repeating: label, count: images.shape[0])
    return try program([images, try explained.selection(classes, images: images, "Occlusion")])[0]
      .literal().doubles
  }

  private func forEachPixel(_ place: (top: Int, left: Int), _ width: Int, _ body: (Int) -> Void) {
    for row in place.top..<place.top + window {
      for column in place.left..<place.left + window { body(row * width + column) }
    }
  }

  /// Where windows begin; the last one ends with the image.
  private static func starts(_ length: Int, _ window: Int, _ stride: Int) -> [Int] {
    let regular = Array(Swift.stride(from: 0, through: length - window, by: stride))
    return regular.last == length - window ? regular : regular + [length - window]
  }
}
