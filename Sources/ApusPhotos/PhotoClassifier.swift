import ApusData
import ApusGraph
import ApusNN
import ApusTensor
import ApusTrain
import ApusVision

/// A network that names what photos show, with everything that it takes to ask it: how photos are framed, what the
/// classes are called, and how sure its answers are.
///
/// ```swift
/// let classifier = try PhotoClassifier.load(from: "my-model")
/// let answers = try classifier.answers(for: ["dog.jpg", "cat.jpg"])
/// print(answers.classNames[answers.prediction(0)], answers.probabilities(0))
/// ```
public struct PhotoClassifier: Sendable {
  /// The network. It takes what `prepared` makes of pictures, and gives logits.
  public let model: VisionModel
  /// The names of the classes, in the order of the network's outputs.
  public let classNames: [String]
  /// How photos become pictures of the network's size.
  public let loading: ImageLoading
  /// What logits are divided by before they become probabilities: above 1 for a network that is surer of itself than
  /// it is right (Guo et al., arXiv:1706.04599).
  public var temperature: Double
  /// The views of each photo that are asked about, where nobody says something else; the answers' mean counts.
  public var views: [PhotoView]
  /// What is to be known of the training.
  public var origin: PhotoOrigin

  let program: CompiledFunction

  /// Photos that the network sees at once.
  public static let batchSize = 32

  /// A network and what goes with it.
  ///
  /// - Parameters:
  ///   - model: A network that ends with logits, one for each class.
  ///   - classNames: The names of the classes.
  ///   - fitting: What happens to photos that are not of the network's proportions.
  ///   - interpolation: How photos get to the network's size.
  ///   - temperature: What logits are divided by before they become probabilities.
  ///   - views: The views of each photo that are asked about, at least one.
  ///   - origin: What is to be known of the training.
  /// - Throws: `DataError` when the network has another number of outputs than there are classes, two classes have
  ///   one name, or the fitting, the temperature or the number of views makes no sense.
  public init(
    model: VisionModel, classNames: [String], fitting: ImageFitting = .crop,
    interpolation: Image.Interpolation = .bilinear, temperature: Double = 1,
    views: [PhotoView] = [.plain], origin: PhotoOrigin = PhotoOrigin()
  ) throws {
    let shape = model.inputShape
    guard model.head.classes == classNames.count, model.head.activation == nil, classNames.count >= 2 else {
      throw DataError(
        .classes,
        "a network that gives a logit for each of \(classNames.count) classes, at least 2, was expected; "
          + "\(model.architecture.name) with \(model.head.classes.map { "\($0)" } ?? "no") outputs came")
    }
    guard Set(classNames).count == classNames.count else {
      throw DataError(
        .classes,
        "a name of its own for each of \(classNames.count) classes was expected, some have the same")
    }
    guard temperature > 0, temperature.isFinite else {
      throw DataError(.setting, "a temperature above 0 was expected, \(temperature) came")
    }
    guard (1...1000).contains(views.count) else {
      throw DataError(.setting, "1 to 1,000 views of each photo were expected, \(views.count) came")
    }
    loading = ImageLoading(
      ImageSize(width: shape[1], height: shape[0]), channels: shape[2], fitting: fitting,
      interpolation: interpolation)
    try loading.check()
    self.model = model
    self.views = views
    self.classNames = classNames
    self.temperature = temperature
    self.origin = origin
    program = CompiledFunction { [Self.prepared($0[0], for: model)].map { model($0) } }
  }

  /// What the network is given for pictures of numbers in 0...1, `[batch, height, width, channels]`.
  public func prepared(_ pictures: Tensor) -> Tensor { Self.prepared(pictures, for: model) }

  static func prepared(_ pictures: Tensor, for model: VisionModel) -> Tensor {
    model.preprocessing(pictures * 255)
  }

  /// A photo as the network's input: numbers in 0...1, `[height, width, channels]`.
  public func literal(of image: Image) throws -> Literal { try loading.framed(image).literal() }

  /// The photo at a path as the network's input: numbers in 0...1, `[height, width, channels]`.
  public func literal(ofFile path: String) throws -> Literal { try loading.image(at: path).literal() }

  /// The network's outputs for pictures that `literal` made, `[pictures, classes]`.
  public func logits(_ pictures: [Literal]) throws -> Literal {
    let batches = try stride(from: 0, to: pictures.count, by: Self.batchSize).map { start in
      try program([Literal(stacking: Array(pictures[start..<min(start + Self.batchSize, pictures.count)]))])[
        0]
    }
    guard let rows = Literal(joiningRows: batches) else {
      throw DataError(.empty, "there are no photos to look at")
    }
    return rows
  }

  /// Probabilities of one picture's classes from its logits: softmax after division by the temperature.
  public func probabilities(fromLogits logits: some Collection<Double>) -> [Double] {
    softmax(logits.map { $0 / temperature })
  }
}
