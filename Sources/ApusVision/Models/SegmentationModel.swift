import ApusGraph
import ApusNN
import ApusTensor

/// A U-Net whose encoder is any vision model, such as one pretrained on ImageNet: a class for
/// each pixel.
///
/// From each halving of the image the encoder's last feature map is kept; the decoder doubles the smallest one's sides
/// again and again and joins it with the kept one of that size. Ronneberger et al., arXiv:1505.04597.
///
/// ```swift
/// let body = try VisionModel.pretrained(.efficientNetLite0, inputShape: [128, 128, 3], includeTop: false)
/// let model = try SegmentationModel(encoder: body, classes: 2)
/// try model.encoder.freeze()
/// ```
public struct SegmentationModel: Layer, NamedChildren {
  /// The encoder.
  public let encoder: VisionModel
  /// The layers whose results are joined, from the finest to the coarsest.
  public let joinedLayers: [String]
  private let decoder: [DecoderBlock]
  private let classifier: Conv2D
  private let lastLayer: String

  /// - Parameters:
  ///   - encoder: A network without its head and without pooling at its end.
  ///   - classes: Number of classes.
  ///   - decoderFilters: Channels after each doubling, from the coarsest; the last is used again for more doublings.
  /// - Throws: `GraphError` when the encoder's feature maps do not halve the image's sides.
  public init(encoder: VisionModel, classes: Int, decoderFilters: [Int] = [128, 64, 48, 32, 16]) throws {
    let network = encoder.network
    let sides = Array(encoder.inputShape.dimensions.prefix(2))
    guard let last = network.nodes.last, network.outputShape.rank == 3, classes >= 2,
      let fewest = decoderFilters.last, decoderFilters.allSatisfy({ $0 > 0 })
    else {
      throw GraphError(
        .argument, "SegmentationModel",
        "expects an encoder that ends with a feature map, two classes or more and numbers of filters above 0",
        advice: "make it with includeTop: false and no pooling")
    }
    var joined: [String] = []
    var scale = 2
    while true {
      let size = sides.map { $0 / scale }
      guard sides.allSatisfy({ $0 % scale == 0 }),
        let node = network.nodes.last(where: { Array($0.outputShape.dimensions.prefix(2)) == size })
      else {
        throw GraphError(
          .shape, "SegmentationModel",
          "no feature map of \(encoder.architecture.name) has 1/\(scale) of the sides of \(sides)",
          advice: "choose sides that are multiples of 32")
      }
      if Array(network.outputShape.dimensions.prefix(2)) == size { break }
      joined.append(node.name)
      scale *= 2
    }
    self.encoder = encoder
    joinedLayers = joined
    lastLayer = last.name
    decoder = (0...joined.count).map { level in
      DecoderBlock(filters: level < decoderFilters.count ? decoderFilters[level] : fewest)
    }
    classifier = Conv2D(classes, kernel: 1)
  }

  /// What images of bytes, red first, need before the network sees them.
  public var preprocessing: Preprocessing { encoder.preprocessing }

  package var namedChildren: [(label: String, child: Any)] {
    [("encoder", encoder)] + decoder.enumerated().map { ("decoder\($0)", $1) } + [("classifier", classifier)]
  }

  /// `[batch, height, width, channels]` → logits `[batch, height, width, classes]`
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let features = encoder.network.features(joinedLayers + [lastLayer], of: x)
    var result = features[features.count - 1]
    for (level, block) in decoder.enumerated() {
      let place = joinedLayers.count - 1 - level
      result = block(result, joining: place >= 0 ? features[place] : nil)
    }
    return classifier(result)
  }
}

/// Doubles the sides, joins what the encoder saw at that size, and mixes.
///
/// The decoder learns from nothing behind an encoder that may know much, often in some dozens of steps. Running
/// statistics of momentum 0.99 (Keras's default) would still be two thirds their first values after 45 steps, and the
/// network would see quite other numbers outside of training than in it; of 0.9 (PyTorch's) one percent is left.
struct DecoderBlock: Module {
  let doubling = UpSampling2D(2)
  let first: Conv2D
  let firstNorm = BatchNorm(momentum: 0.9)
  let second: Conv2D
  let secondNorm = BatchNorm(momentum: 0.9)

  init(filters: Int) {
    func convolution() -> Conv2D {
      Conv2D(filters, kernel: 3, padding: .same, useBias: false, kernelInitializer: .heNormal)
    }
    (first, second) = (convolution(), convolution())
  }

  func callAsFunction(_ x: Tensor, joining skipped: Tensor?) -> Tensor {
    let large = doubling(x)
    let joined = skipped.map { concatenated([large, $0], axis: -1) } ?? large
    return relu(secondNorm(second(relu(firstNorm(first(joined))))))
  }
}
