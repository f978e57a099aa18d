import ApusData
import ApusGraph
import ApusNN
import ApusTensor

/// Paints an image of one photo in the style of another, by changing its pixels until a network sees the content of the
/// one and the style of the other. Gatys et al., "Image style transfer using convolutional neural networks" (2016).
///
/// ```swift
/// let transfer = try StyleTransfer(.efficientNetLite0)
/// let painted = try transfer.image(of: photo, inTheStyleOf: painting)
/// ```
public struct StyleTransfer: Sendable {
  /// How pixels are changed.
  public enum Method: Sendable, Hashable {
    /// By `LBFGS`, as published: the loss is smooth and always the same.
    case lbfgs
    /// By Adam; 0.02 is a good learning rate.
    case adam(learningRate: Double)
  }

  /// The network that looks at images.
  public let architecture: VisionArchitecture
  /// The file of its weights; the known one when nil.
  public let weights: String?
  /// What counts as content and style.
  public let settings: StyleSettings

  /// - Parameters:
  ///   - architecture: The network. Of VGG19, which is most often used, no weights are to be had here: pass a file.
  ///   - weights: A file of weights learned from photos; the known one when nil.
  ///   - settings: What counts as content and style; the usual for this network when nil.
  /// - Throws: `DataError` when nothing is usual for the network.
  public init(_ architecture: VisionArchitecture, weights: String? = nil, settings: StyleSettings? = nil)
    throws
  {
    guard let settings = settings ?? StyleSettings.usual(for: architecture) else {
      throw DataError(
        .setting, "the layers of \(architecture.name) that content and style are looked for in are not known",
        advice: "Pass `settings` with their names.")
    }
    self.architecture = architecture
    self.weights = weights
    self.settings = settings
  }

  /// The network for images of a size.
  func loss(for size: ImageSize) throws -> StyleLoss {
    let model = try VisionModel.pretrained(
      architecture, weights: weights, inputShape: [size.height, size.width, 3], includeTop: false)
    return try StyleLoss(model: model, settings: settings)
  }

  /// A new image.
  ///
  /// - Parameters:
  ///   - content: What it should show.
  ///   - style: How it should be painted; as much of its middle is used as has the content's proportions.
  ///   - longestSide: Its longer side in pixels. Time and memory grow with its square.
  ///   - iterations: Steps at each size.
  ///   - scales: Sizes, each twice the one before, at which is painted in turn: what is large gets its style first.
  ///   - method: How pixels are changed.
  ///   - progress: Called after each step with the scale, counted from 0, the number of the step and the loss.
  /// - Throws: `GraphError` where the network does not fit; `CancellationError` in a cancelled task.
  /// - Returns: The image in the style.
  public func image(
    of content: Image, inTheStyleOf style: Image, longestSide: Int = 384, iterations: Int = 100,
    scales: Int = 2,
    method: Method = .lbfgs,
    progress: (_ scale: Int, _ iteration: Int, _ loss: Double) -> Void = { _, _, _ in }
  ) throws -> Image {
    guard longestSide >= 32, longestSide <= 1 << 14, iterations > 0, (1...8).contains(scales) else {
      throw DataError(
        .setting,
        "a side of at least 32 pixels, steps and 1 to 8 scales were expected, \(longestSide), \(iterations) and "
          + "\(scales) came")
    }
    let content = try content.converted(toChannels: 3), style = try style.converted(toChannels: 3)
    var painted: Image?
    for scale in 0..<scales {
      let side = max(32, longestSide >> (scales - 1 - scale))
      let size = content.size.fitting(into: ImageSize(side))
      let target = try content.resized(to: size, interpolation: .bicubic)
      let loss = try loss(for: size)
      let wanted = try CompiledFunction { inputs in
        let (contents, _) = loss.features(of: inputs[0])
        return contents + loss.features(of: inputs[1]).styles
      }([target.batch, try style.centerCropped(to: size, interpolation: .bicubic).batch].map { Tensor($0) })
      let count = settings.contentLayers.count
      let contents = Array(wanted[..<count]), styles = Array(wanted[count...])
      let start = try painted?.resized(to: size, interpolation: .bicubic) ?? target
      let body: @Sendable (Tensor) -> Tensor = { loss($0, contents: contents, styles: styles) }
      let report = { (step: Int, value: Double) in progress(scale, step, value) }
      painted =
        switch method {
        case .lbfgs: try Self.followed(start, body, iterations: iterations, report)
        case .adam(let rate):
          try Self.adapted(start, body, iterations: iterations, learningRate: rate, report)
        }
    }
    return painted ?? content
  }

  private static func followed(
    _ start: Image, _ loss: @escaping @Sendable (Tensor) -> Tensor, iterations: Int,
    _ report: (Int, Double) -> Void
  ) throws -> Image {
    let program = CompiledFunction { inputs in
      let (value, gradient) = valueAndGradient(at: inputs[0], of: loss)
      return [value, gradient]
    }
    let literal = start.batch
    let minimizer = LBFGS(iterations: iterations, evaluations: .max, memory: 20, changeTolerance: 1e-12)
    let result = try minimizer.minimize(
      from: literal.doubles,
      progress: { step, value in
        try Task.checkCancellation()
        report(step, value)
        return true
      },
      { point in
        let results = try program([Literal(point.map { Float($0) }, shape: literal.shape)])
        return (results[0].doubles[0], results[1].doubles)
      })
    return try Image(literal: result.point.map { Float($0) }, like: start)
  }

  /// The image as a model of one parameter.
  private struct Canvas: Module {
    let image: Parameter
  }

  private static func adapted(
    _ start: Image, _ loss: @escaping @Sendable (Tensor) -> Tensor, iterations: Int, learningRate: Double,
    _ report: (Int, Double) -> Void
  ) throws -> Image {
    let canvas = Canvas(image: Parameter(Tensor(start.batch)))
    let optimizer = Optimizer.adam(learningRate: learningRate)
    try optimizer.prepare(canvas)
    let step = CompiledFunction { _ in
      let (value, gradients) = try valueAndGradient(at: canvas) { loss($0.image.tensor) }
      try optimizer.update(canvas, gradients)
      return [value]
    }
    for iteration in 1...iterations {
      try Task.checkCancellation()
      report(iteration, try step([Literal]())[0].doubles[0])
    }
    return try Image(literal: canvas.image.tensor.literal().scalars(as: Float.self), like: start)
  }
}

extension Image {
  /// The image as a batch of one, `[1, height, width, channels]` in 0...1.
  var batch: Literal { literal().reshaped([1, height, width, channels]) }

  /// An image of the size and channels of another.
  init(literal numbers: [Float], like other: Image) throws {
    try self.init(Literal(numbers, shape: [other.height, other.width, other.channels]))
  }
}
