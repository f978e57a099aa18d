import ApusGraph
import ApusNN
import ApusTensor

/// How much each number of an image contributes to a class's score: the gradient, integrated along the straight path from a
/// image without content. Sundararajan et al., arXiv:1703.01365.
///
/// The attributions add up to the difference of the two images' scores, as far as the number of steps allows.
public struct IntegratedGradients: Sendable {
  /// What each number of an image adds.
  public struct Attributions: Sendable {
    /// `[height, width, channels]`; below 0 speaks against the class.
    public let values: Literal
    /// The score of the image and that of the one without content.
    public let score, baselineScore: Double

    /// By how much the attributions' sum misses the difference of the scores: 0 with infinitely many steps.
    public var error: Double { values.doubles.reduce(0, +) - (score - baselineScore) }

    /// `[height, width]`: the sizes of what the channels of each pixel add, which is what heat maps show.
    public var heatmap: Literal {
      let sizes = values.shape.dimensions
      let numbers = values.doubles
      let sums = stride(from: 0, to: numbers.count, by: sizes[2]).map { start in
        Float(abs(numbers[start..<start + sizes[2]].reduce(0, +)))
      }
      return Literal(sums, shape: [sizes[0], sizes[1]])
    }
  }

  /// Points on the path at which the gradient is taken.
  public let steps: Int
  /// Images that go through the network at once.
  public let batchSize: Int
  private let explained: ExplainedNetwork
  private let program: CompiledFunction

  /// Attributions for a network.
  /// - Parameters:
  ///   - network: The network, which gives one number for each class.
  ///   - steps: Points on the path at which the gradient is taken. The paper finds 20 to 300 enough.
  ///   - score: Logits by default: probabilities near 1 have no gradient.
  ///   - batchSize: Images that go through the network at once.
  /// - Throws: `GraphError` when the network is no classifier.
  public init(
    _ network: FunctionalModel, steps: Int = 32, score: ExplainedScore = .output, batchSize: Int = 8
  ) throws {
    let explained = try ExplainedNetwork(network, score: score, for: "IntegratedGradients")
    guard steps > 0, batchSize > 0 else {
      throw GraphError(
        .argument, "IntegratedGradients",
        "steps and batchSize above 0 were expected, \(steps) and \(batchSize) came")
    }
    self.steps = steps
    self.batchSize = batchSize
    self.explained = explained
    program = CompiledFunction { inputs in
      let scores = (explained.scores(network(inputs[0])) * inputs[1]).sum(axes: [1])
      let slopes = gradients(of: scores.sum().value.reshaped(.scalar), withRespectTo: [inputs[0].value])
      return [Tensor(slopes[0]).sum(axes: [0]), scores]
    }
  }

  /// What each number of one image adds to a class's score.
  /// - Parameters:
  ///   - x: The image as the network wants it, `[height, width, channels]`.
  ///   - label: The class.
  ///   - baseline: The image without content as the network wants it, of the same shape: a black one, say,
  ///     after the same preprocessing. Zeros when nil: for most networks the mean color of the training
  ///     set.
  /// - Returns: The attributions and both scores.
  /// - Throws: `GraphError` for an image or baseline of another shape and for a class that the network lacks.
  public func callAsFunction(_ x: Tensor, class label: Int, baseline: Tensor? = nil) throws -> Attributions {
    let from = baseline ?? Tensor.zeros(x.shape, dtype: x.dtype)
    guard from.shape == x.shape else {
      throw GraphError(
        .shape, "IntegratedGradients",
        "a baseline of the image's shape \(x.shape) was expected, got \(from.shape)")
    }
    let way = x - from
    var sum: Tensor?
    for start in stride(from: 0, to: steps, by: batchSize) {
      // The middles of equally long pieces of the way.
      let shares = (start..<min(start + batchSize, steps)).map { (Float($0) + 0.5) / Float(steps) }
      let places = Tensor(Literal(shares, shape: [shares.count, 1, 1, 1]))
      let images = from.expandedDimensions(axis: 0) + places * way.expandedDimensions(axis: 0)
      let slopes = try slopesAndScores(images, label)[0]
      sum = sum.map { $0 + slopes } ?? slopes
    }
    let ends = concatenated([x.expandedDimensions(axis: 0), from.expandedDimensions(axis: 0)], axis: 0)
    let scores = try slopesAndScores(ends, label)[1].literal().doubles
    let values = (sum ?? way) * way / Double(steps)
    return Attributions(values: try values.literal(), score: scores[0], baselineScore: scores[1])
  }

  private func slopesAndScores(_ images: Tensor, _ label: Int) throws -> [Tensor] {
    let classes = [Int](repeating: label, count: images.rank == 4 ? images.shape[0] : 1)
    return try program([
      images, try explained.selection(classes, images: images, "IntegratedGradients"),
    ])
  }
}
