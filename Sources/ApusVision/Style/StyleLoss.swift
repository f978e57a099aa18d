import ApusData
import ApusGraph
import ApusNN
import ApusTensor

/// What of an image counts as its content and what as its style: the layers of a network in which each is looked for,
/// and how much each counts.
public struct StyleSettings: Sendable, Hashable {
  /// The layers whose results should be those of the content.
  public var contentLayers: [String]
  /// The layers in which features should go together as they do in the style.
  public var styleLayers: [String]
  /// How much the content counts.
  public var contentWeight: Double
  /// How much the style counts.
  public var styleWeight: Double
  /// How much the features' means count beside how they go together, as a share of `styleWeight`. A network that
  /// paints in one pass would otherwise put few and glaring spots where the style has much of something faint.
  public var meanWeight: Double
  /// How much differences of neighboring pixels cost.
  public var smoothness: Double

  /// Layers by their names, and what counts how much.
  public init(
    contentLayers: [String], styleLayers: [String], contentWeight: Double = 1, styleWeight: Double = 1000,
    meanWeight: Double = 0, smoothness: Double = 100
  ) {
    self.contentLayers = contentLayers
    self.styleLayers = styleLayers
    self.contentWeight = contentWeight
    self.styleWeight = styleWeight
    self.meanWeight = meanWeight
    self.smoothness = smoothness
  }

  /// Layers that serve well in networks of known names; nil for other networks, whose layers are to be named.
  public static func usual(for architecture: VisionArchitecture) -> StyleSettings? {
    switch architecture.name {
    case "VGG16", "VGG19":
      StyleSettings(
        contentLayers: ["block4_conv2"],
        styleLayers: ["block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1"])
    case let name where name.hasPrefix("EfficientNetLite"):
      StyleSettings(
        contentLayers: ["_blocks.3._expand_relu"],
        styleLayers: [
          "_stem_relu", "_blocks.1._expand_relu", "_blocks.2._expand_relu", "_blocks.3._expand_relu",
          "_blocks.5._expand_relu",
        ])
    default: nil
    }
  }

  /// What serves well in training a `StyleNetwork`, which sees each photo but a few times.
  public static func usualForTraining(_ architecture: VisionArchitecture) -> StyleSettings? {
    usual(for: architecture).map {
      var settings = $0
      if architecture.name.hasPrefix("EfficientNetLite") {
        // Outlines come from the earlier one.
        settings.contentLayers = ["_blocks.2._expand_relu", "_blocks.3._expand_relu"]
      }
      settings.styleWeight = 10
      settings.meanWeight = 1
      settings.smoothness = 50
      return settings
    }
  }
}

/// The loss of an image that should show one image in the style of another. Gatys et al., "Image style transfer using
/// convolutional neural networks" (2016).
///
/// Both differences are divided by the size of what they are differences from, layer by layer, so that weights mean
/// about the same for every network and no layer drowns the others.
struct StyleLoss: Sendable {
  let settings: StyleSettings
  let model: VisionModel

  init(model: VisionModel, settings: StyleSettings) throws {
    self.model = model
    self.settings = settings
    let known = Set(model.network.nodes.map(\.name))
    let unknown = (settings.contentLayers + settings.styleLayers).filter { !known.contains($0) }
    guard unknown.isEmpty, !settings.styleLayers.isEmpty else {
      throw DataError(
        .setting,
        settings.styleLayers.isEmpty
          ? "layers for the style were expected, none came"
          : "\(model.architecture.name) has no layer called \(unknown.joined(separator: ", "))",
        advice: "Name layers that give feature maps, such as "
          + model.network.nodes.filter { $0.outputShape.rank == 3 }.suffix(3).map(\.name).joined(
            separator: ", "))
    }
  }

  /// The content layers' results and the style layers' statistics for images in 0...1, `[batch, height, width, 3]`.
  func features(of images: Tensor) -> (contents: [Tensor], styles: [Tensor]) {
    // It judges and does not learn, whatever is trained by it.
    let all = withPhase(.inference) {
      model.network.features(
        settings.contentLayers + settings.styleLayers, of: model.preprocessing(images * 255))
    }
    let count = settings.contentLayers.count
    let maps = Array(all[count...])
    return (Array(all[..<count]), maps.map(Self.gram) + (settings.meanWeight > 0 ? maps.map(Self.mean) : []))
  }

  /// The mean of each feature: `[batch, height, width, channels]` → `[batch, channels]`.
  static func mean(_ features: Tensor) -> Tensor {
    features.failure == nil && features.rank == 4 ? features.mean(axes: [1, 2]) : features
  }

  /// How features go together wherever they are: `[batch, height, width, channels]` → `[batch, channels, channels]`.
  static func gram(_ features: Tensor) -> Tensor {
    let value = features.value
    guard value.failure == nil, value.rank == 4 else { return features }
    let (batch, places, channels) = (value.shape[0], value.shape[1] * value.shape[2], value.shape[3])
    let rows = value.reshaped([batch, places, channels])
    return Tensor(rows.transposed([0, 2, 1]).matmul(rows) / Double(places))
  }

  /// One number for a batch of images.
  /// - Parameters:
  ///   - images: Images in 0...1, `[batch, height, width, 3]`.
  ///   - contents: The results that they should have, one for each content layer.
  ///   - styles: The statistics that they should have, of a batch of one: those that `features` gives.
  /// - Returns: The loss, a scalar.
  func callAsFunction(_ images: Tensor, contents: [Tensor], styles: [Tensor]) -> Tensor {
    let found = features(of: images)
    let layers = settings.styleLayers.count
    let content = Self.difference(found.contents, contents)
    let style = Self.difference(Array(found.styles.prefix(layers)), Array(styles.prefix(layers)))
    let means = Self.difference(Array(found.styles.dropFirst(layers)), Array(styles.dropFirst(layers)))
    let rough = Self.totalVariation(images)
    return Tensor(
      content * settings.contentWeight + (style + means * settings.meanWeight) * settings.styleWeight
        + rough * settings.smoothness)
  }

  /// The mean over layers of the mean squared difference, relative to the mean square of what is wanted.
  private static func difference(_ found: [Tensor], _ wanted: [Tensor]) -> Value {
    let terms = zip(found, wanted).map { found, wanted in
      let scale = wanted.value.squared().mean()
      return (found.value - wanted.value).squared().mean() / (scale + 1e-12)
    }
    guard let first = terms.first else { return .scalar(0, .float32) }
    return terms.dropFirst().reduce(first, +) / Double(terms.count)
  }

  /// The mean squared difference of neighboring pixels, across and down.
  static func totalVariation(_ images: Tensor) -> Value {
    let x = images.value
    guard x.failure == nil, x.rank == 4, x.shape[1] > 1, x.shape[2] > 1 else { return .scalar(0, .float32) }
    func change(_ axis: Int) -> Value {
      let size = x.shape[axis]
      return (x.slice(axis: axis, 1..<size) - x.slice(axis: axis, 0..<size - 1)).squared().mean()
    }
    return change(1) + change(2)
  }
}
