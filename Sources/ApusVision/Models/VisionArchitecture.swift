import ApusGraph
import ApusNN

/// A published vision model: how its layers are connected, and what goes with it.
///
/// The layers have the names that Keras gives them (those of PyTorch where Keras has no such network), so that
/// files with weights fit by name.
public struct VisionArchitecture: Sendable {
  /// What a network is made for.
  public enum Role: String, Sendable, CaseIterable {
    /// A class for each image of a usual size, from pretrained weights or from many images.
    case classification
    /// A class for each small image, trained from scratch in minutes.
    case smallImages
    /// A class for each pixel.
    case segmentation
  }

  /// The name: `ResNet50`.
  public let name: String
  /// Where it comes from: authors and paper.
  public let source: String
  /// The shape of one image, `[height, width, channels]`, that it was published for.
  public let inputShape: Shape
  /// Classes that it was published for.
  public let classes: Int
  /// How images are prepared for it.
  public let preprocessing: Preprocessing
  /// Megabytes of the weight file that keras.io lists; nil where it lists none.
  public let publishedMegabytes: Int?
  /// What it is made for.
  public let role: Role
  /// Weights pretrained on ImageNet that can be installed; nil for networks of which no file is known here.
  public let pretrained: PretrainedWeights?
  /// Where files of other frameworks differ from the network by more than names and axes.
  let conversion: WeightConversion
  /// Connects the layers.
  let connect: @Sendable (FunctionalBuilder, Connection, VisionHead) throws -> Connection

  init(
    _ name: String, source: String, inputShape: Shape = [224, 224, 3], classes: Int = 1000,
    preprocessing: Preprocessing, publishedMegabytes: Int? = nil, role: Role = .classification,
    pretrained: PretrainedWeights? = nil, conversion: WeightConversion = WeightConversion(),
    connect: @escaping @Sendable (FunctionalBuilder, Connection, VisionHead) throws -> Connection
  ) {
    self.name = name
    self.source = source
    self.inputShape = inputShape
    self.classes = classes
    self.preprocessing = preprocessing
    self.publishedMegabytes = publishedMegabytes
    self.role = role
    self.pretrained = pretrained
    self.conversion = conversion
    self.connect = connect
  }

  /// The architecture of a name, in any case of letters and with or without hyphens: `resnet50`.
  public static func named(_ name: String) -> VisionArchitecture? {
    func key(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }
    return all.first { key($0.name) == key(name) }
  }
}

typealias Connection = FunctionalModel.Connection

/// How a network ends.
public struct VisionHead: Sendable {
  /// How a network without its last layers pools what is left.
  public enum Pooling: String, Sendable, CaseIterable {
    /// The mean of each channel over all positions.
    case average
    /// The largest number of each channel over all positions.
    case maximum
  }

  /// Number of classes; nil for a network without its head.
  public let classes: Int?
  /// How the result is pooled without a head; not at all when nil.
  public let pooling: Pooling?
  /// What is applied to the logits; nil for logits.
  public let activation: ActivationFunction?

  /// The usual end of a network: global pooling and a fully connected layer, or pooling alone.
  func callAsFunction(
    _ net: FunctionalBuilder, _ x: Connection, pool: String? = "avg_pool",
    dropout: (rate: Double, name: String?)? = nil,
    maximumPool: String? = "max_pool", predictions: String = "predictions"
  ) -> Connection {
    guard let classes else { return self.pooled(net, x, average: pool, maximum: maximumPool) }
    var x = net.add(GlobalAveragePool2D(), to: x, name: pool)
    if let dropout, dropout.rate > 0 { x = net.add(Dropout(dropout.rate), to: x, name: dropout.name) }
    return net.add(Dense(classes, activation: activation), to: x, name: predictions)
  }

  /// The end of a network without a head.
  func pooled(
    _ net: FunctionalBuilder, _ x: Connection, average: String? = nil, maximum: String? = nil
  ) -> Connection {
    switch pooling {
    case nil: x
    case .average: net.add(GlobalAveragePool2D(), to: x, name: average)
    case .maximum: net.add(GlobalMaxPool2D(), to: x, name: maximum)
    }
  }
}
