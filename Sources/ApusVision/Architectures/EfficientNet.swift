import ApusGraph
import ApusNN
import ApusTensor

/// The initializer of EfficientNet's kernels.
let efficientNetKernel = Initializer.varianceScaling(
  scale: 2, mode: .output, distribution: .truncatedNormal, name: "heNormalOutput")

/// A stage of inverted residuals.
struct MobileStage: Sendable {
  let kernel: Int
  let repeats: Int
  let input: Int
  let output: Int
  let expansion: Int
  let stride: Int

  init(_ kernel: Int, _ repeats: Int, _ input: Int, _ output: Int, expansion: Int = 6, stride: Int) {
    self.kernel = kernel
    self.repeats = repeats
    self.input = input
    self.output = output
    self.expansion = expansion
    self.stride = stride
  }

  /// The stages of EfficientNet-B0, of which the others are wider and deeper copies.
  static let efficientNet = [
    MobileStage(3, 1, 32, 16, expansion: 1, stride: 1), MobileStage(3, 2, 16, 24, stride: 2),
    MobileStage(5, 2, 24, 40, stride: 2), MobileStage(3, 3, 40, 80, stride: 2),
    MobileStage(5, 3, 80, 112, stride: 1), MobileStage(5, 4, 112, 192, stride: 2),
    MobileStage(3, 1, 192, 320, stride: 1),
  ]
}

// Images are given as bytes 0…255: the first two layers scale and standardize them. Keras's file of ImageNet
// weights was trained with another factor behind those, which `weights="imagenet"` adds there.
extension VisionArchitecture {
  /// The smallest EfficientNet.
  public static let efficientNetB0 = efficientNet("B0", width: 1, depth: 1, side: 224, dropout: 0.2, 29)
  /// EfficientNet for 240 pixels.
  public static let efficientNetB1 = efficientNet("B1", width: 1, depth: 1.1, side: 240, dropout: 0.2, 31)
  /// EfficientNet for 260 pixels.
  public static let efficientNetB2 = efficientNet("B2", width: 1.1, depth: 1.2, side: 260, dropout: 0.3, 36)
  /// EfficientNet for 300 pixels.
  public static let efficientNetB3 = efficientNet("B3", width: 1.2, depth: 1.4, side: 300, dropout: 0.3, 48)
  /// EfficientNet for 380 pixels.
  public static let efficientNetB4 = efficientNet("B4", width: 1.4, depth: 1.8, side: 380, dropout: 0.4, 75)
  /// EfficientNet for 456 pixels.
  public static let efficientNetB5 = efficientNet("B5", width: 1.6, depth: 2.2, side: 456, dropout: 0.4, 118)
  /// EfficientNet for 528 pixels.
  public static let efficientNetB6 = efficientNet("B6", width: 1.8, depth: 2.6, side: 528, dropout: 0.5, 166)
  /// EfficientNet for 600 pixels.
  public static let efficientNetB7 = efficientNet("B7", width: 2, depth: 3.1, side: 600, dropout: 0.5, 256)

  private static func efficientNet(
    _ variant: String, width: Double, depth: Double, side: Int, dropout: Double, _ megabytes: Int
  ) -> VisionArchitecture {
    VisionArchitecture(
      "EfficientNet" + variant, source: "Tan and Le, arXiv:1905.11946", inputShape: [side, side, 3],
      preprocessing: .none, publishedMegabytes: megabytes, conversion: .efficientNet
    ) { net, image, head in
      func filters(_ count: Int) -> Int { roundedChannels(Double(count) * width) }
      func repeats(_ stage: MobileStage) -> Int { Int((depth * Double(stage.repeats)).rounded(.up)) }
      var x = net.add(Rescaling(1.0 / 255), to: image)
      x = net.add(PixelNormalization(), to: x, name: "normalization")
      x = net.stridePadding(x, kernel: 3, name: "stem_conv_pad")
      x = net.convolution(
        x, filters(32), 3, stride: 2, useBias: false, initializer: efficientNetKernel, name: "stem_conv")
      x = net.activation(.silu, net.batchNorm(x, name: "stem_bn"), name: "stem_activation")
      let total = MobileStage.efficientNet.reduce(0) { $0 + repeats($1) }
      var block = 0
      for (index, stage) in MobileStage.efficientNet.enumerated() {
        for number in 0..<repeats(stage) {
          x = mobileBlock(
            net, x, stage, input: filters(number == 0 ? stage.input : stage.output),
            output: filters(stage.output), stride: number == 0 ? stage.stride : 1,
            dropRate: 0.2 * Double(block) / Double(total), prefix: blockPrefix(index, number))
          block += 1
        }
      }
      x = net.convolution(
        x, filters(1280), 1, padding: .same, useBias: false, initializer: efficientNetKernel, name: "top_conv"
      )
      x = net.activation(.silu, net.batchNorm(x, name: "top_bn"), name: "top_activation")
      return head(net, x, dropout: (dropout, "top_dropout"))
    }
  }

  /// `block2c_`
  static func blockPrefix(_ stage: Int, _ number: Int) -> String {
    "block\(stage + 1)\(Character(Unicode.Scalar(UInt8(97 + number))))_"
  }

  private static func mobileBlock(
    _ net: FunctionalBuilder, _ input: Connection, _ stage: MobileStage, input channels: Int, output: Int,
    stride: Int, dropRate: Double, prefix: String
  ) -> Connection {
    func active(_ x: Connection, _ norm: String, _ activation: String) -> Connection {
      net.activation(.silu, net.batchNorm(x, name: prefix + norm), name: prefix + activation)
    }
    var x = input
    if stage.expansion > 1 {
      x = net.convolution(
        x, channels * stage.expansion, 1, padding: .same, useBias: false, initializer: efficientNetKernel,
        name: prefix + "expand_conv")
      x = active(x, "expand_bn", "expand_activation")
    }
    if stride == 2 { x = net.stridePadding(x, kernel: stage.kernel, name: prefix + "dwconv_pad") }
    x = net.depthwise(
      x, SpatialSize(stage.kernel), stride: SpatialSize(stride), padding: stride == 2 ? .valid : .same,
      initializer: efficientNetKernel, name: prefix + "dwconv")
    x = active(x, "bn", "activation")
    x = net.squeezeAndExcite(
      x, max(1, channels / 4), activation: .silu, initializer: efficientNetKernel, prefix: prefix)
    x = net.convolution(
      x, output, 1, padding: .same, useBias: false, initializer: efficientNetKernel,
      name: prefix + "project_conv")
    x = net.batchNorm(x, name: prefix + "project_bn")
    return stride == 1 && channels == output
      ? residualSum(net, x, input, dropRate: dropRate, prefix: prefix) : x
  }

  /// A branch that is dropped for some samples in training, and what it changes.
  static func residualSum(
    _ net: FunctionalBuilder, _ x: Connection, _ shortcut: Connection, dropRate: Double, prefix: String
  ) -> Connection {
    let kept = dropRate > 0 ? net.add(StochasticDepth(dropRate), to: x, name: prefix + "drop") : x
    return net.add(Add(), to: [kept, shortcut], name: prefix + "add")
  }
}

/// (x − mean) / √variance for each channel, with statistics that come with the weights.
///
/// Keras's Normalization: `count`, the number of samples that were measured, is kept for the sake of its files.
struct PixelNormalization: Layer {
  let mean = Parameter(.zeros, kind: .state)
  let variance = Parameter(.ones, kind: .state)
  let count = Parameter(.zeros, kind: .state)

  func callAsFunction(_ x: Tensor) -> Tensor {
    let channels: Shape = [x.shape.dimensions.last ?? 1]
    _ = count.tensor([])
    return (x - mean.tensor(channels, dtype: x.dtype))
      / maximum(sqrt(variance.tensor(channels, dtype: x.dtype)), 1e-7)
  }
}
