import ApusGraph
import ApusNN
import ApusTensor

/// A network of a published architecture, with a head of your own size.
///
/// ```swift
/// let model = try VisionModel(.resNet50, classes: 2, inputShape: [160, 160, 3])
/// let logits = model(model.preprocessing(images))
/// ```
///
/// Nothing is computed, and no memory is used, before the model is built or called.
public struct VisionModel: Layer, NamedChildren {
  /// Where the network comes from.
  public let architecture: VisionArchitecture
  /// The layers. Its `features` are what images of feature maps and heat maps are made from.
  public let network: FunctionalModel
  /// How the network ends.
  public let head: VisionHead

  /// A network with first values at random.
  /// - Parameters:
  ///   - architecture: The network.
  ///   - classes: Number of classes; those that the network was published for when nil.
  ///   - inputShape: `[height, width, channels]` of one image; those that it was published for when nil.
  ///   - includeTop: Whether there is a head. Without one the result is the last feature map, or what
  ///     `pooling` makes of it.
  ///   - pooling: How the last feature map is pooled without a head; not at all when nil.
  ///   - classifierActivation: Applied to the logits. Logits, which losses want, when nil; Keras's
  ///     default is `.softmax`.
  /// - Throws: `GraphError` that names the layer for which the image is too small.
  public init(
    _ architecture: VisionArchitecture, classes: Int? = nil, inputShape: Shape? = nil,
    includeTop: Bool = true,
    pooling: VisionHead.Pooling? = nil, classifierActivation: ActivationFunction? = nil
  ) throws {
    let shape = inputShape ?? architecture.inputShape
    guard shape.rank == 3, shape.dimensions.allSatisfy({ $0 >= 1 }) else {
      throw GraphError(
        .shape, architecture.name, "expects images [height, width, channels], got shape \(shape)")
    }
    let head = VisionHead(
      classes: includeTop ? classes ?? architecture.classes : nil, pooling: pooling,
      activation: classifierActivation)
    self.architecture = architecture
    self.head = head
    network = try FunctionalModel(inputShape: shape) { try architecture.connect($0, $1, head) }
  }

  /// What images of bytes, red first, need before the network sees them.
  public var preprocessing: Preprocessing { architecture.preprocessing }
  /// The shape of one image.
  public var inputShape: Shape { network.inputShape }

  package var namedChildren: [(label: String, child: Any)] { network.namedChildren }

  /// `[batch, height, width, channels]` → `[batch, classes]`, or features without a head.
  public func callAsFunction(_ x: Tensor) -> Tensor { network(x) }
}
