import ApusNN
import ApusTensor

extension VisionArchitecture {
  /// The smaller network that search found for phones.
  public static let mobileNetV3Small = mobileNetV3(
    "MobileNetV3Small", last: 1024,
    [
      V3Block(1, 16, 3, stride: 2, squeezes: true, .relu), V3Block(72.0 / 16, 24, 3, stride: 2, .relu),
      V3Block(88.0 / 24, 24, 3, .relu), V3Block(4, 40, 5, stride: 2, squeezes: true),
      V3Block(6, 40, 5, squeezes: true), V3Block(6, 40, 5, squeezes: true),
      V3Block(3, 48, 5, squeezes: true), V3Block(3, 48, 5, squeezes: true),
      V3Block(6, 96, 5, stride: 2, squeezes: true), V3Block(6, 96, 5, squeezes: true),
      V3Block(6, 96, 5, squeezes: true),
    ])
  /// The larger network that search found for phones.
  public static let mobileNetV3Large = mobileNetV3(
    "MobileNetV3Large", last: 1280,
    [
      V3Block(1, 16, 3, .relu), V3Block(4, 24, 3, stride: 2, .relu), V3Block(3, 24, 3, .relu),
      V3Block(3, 40, 5, stride: 2, squeezes: true, .relu), V3Block(3, 40, 5, squeezes: true, .relu),
      V3Block(3, 40, 5, squeezes: true, .relu), V3Block(6, 80, 3, stride: 2), V3Block(2.5, 80, 3),
      V3Block(2.3, 80, 3), V3Block(2.3, 80, 3), V3Block(6, 112, 3, squeezes: true),
      V3Block(6, 112, 3, squeezes: true), V3Block(6, 160, 5, stride: 2, squeezes: true),
      V3Block(6, 160, 5, squeezes: true), V3Block(6, 160, 5, squeezes: true),
    ])

  /// An inverted residual of the third version.
  private struct V3Block {
    enum Kind { case relu, hardSwish }
    let expansion: Double
    let filters: Int
    let kernel: Int
    let stride: Int
    let squeezes: Bool
    let kind: Kind

    init(
      _ expansion: Double, _ filters: Int, _ kernel: Int, stride: Int = 1, squeezes: Bool = false,
      _ kind: Kind = .hardSwish
    ) {
      self.expansion = expansion
      self.filters = filters
      self.kernel = kernel
      self.stride = stride
      self.squeezes = squeezes
      self.kind = kind
    }
  }

  private static func mobileNetV3(_ name: String, last: Int, _ blocks: [V3Block]) -> VisionArchitecture {
    VisionArchitecture(name, source: "Howard et al., arXiv:1905.02244", preprocessing: .none) {
      net, image, head in
      func active(_ x: Connection, _ kind: V3Block.Kind) -> Connection {
        kind == .relu ? net.add(ReLU(), to: x) : net.activation(.hardSwish, x)
      }
      func normalized(_ x: Connection, _ name: String) -> Connection {
        net.batchNorm(x, momentum: 0.999, name: name)
      }
      var x = net.add(Rescaling(1 / 127.5, offset: -1), to: image)
      x = net.convolution(x, 16, 3, stride: 2, padding: .same, useBias: false, name: "conv")
      x = active(normalized(x, "conv_bn"), .hardSwish)
      for (index, block) in blocks.enumerated() {
        let prefix = index == 0 ? "expanded_conv_" : "expanded_conv_\(index)_"
        let input = x
        let expanded = roundedChannels(Double(net.channels(input)) * block.expansion)
        if index > 0 {
          x = net.convolution(x, expanded, 1, padding: .same, useBias: false, name: prefix + "expand")
          x = active(normalized(x, prefix + "expand_bn"), block.kind)
        }
        if block.stride == 2 {
          x = net.stridePadding(x, kernel: block.kernel, name: prefix + "depthwise_pad")
        }
        x = net.depthwise(
          x, SpatialSize(block.kernel), stride: SpatialSize(block.stride),
          padding: block.stride == 1 ? .same : .valid, name: prefix + "depthwise")
        x = active(normalized(x, prefix + "depthwise_bn"), block.kind)
        if block.squeezes { x = squeezeAndExcite(net, x, prefix: prefix + "squeeze_excite_") }
        x = net.convolution(x, block.filters, 1, padding: .same, useBias: false, name: prefix + "project")
        x = normalized(x, prefix + "project_bn")
        if block.stride == 1, net.channels(input) == block.filters {
          x = net.add(Add(), to: [input, x], name: prefix + "add")
        }
      }
      x = net.convolution(
        x, roundedChannels(Double(6 * net.channels(x))), 1, padding: .same, useBias: false, name: "conv_1")
      x = active(normalized(x, "conv_1_bn"), .hardSwish)
      guard let classes = head.classes else {
        return head.pooled(net, x, average: "avg_pool", maximum: "max_pool")
      }
      x = net.add(GlobalAveragePool2D(keepAxes: true), to: x)
      x = active(net.convolution(x, last, 1, padding: .same, name: "conv_2"), .hardSwish)
      x = net.add(Dropout(0.2), to: x)
      x = net.convolution(x, classes, 1, padding: .same, name: "logits")
      x = net.add(Flatten(), to: x)
      return net.activation(head.activation ?? .linear, x, name: "predictions")
    }
  }

  /// The factors are a hard sigmoid, which Keras makes of a sum, a rectifier and a product.
  private static func squeezeAndExcite(
    _ net: FunctionalBuilder, _ x: Connection, prefix: String
  ) -> Connection {
    let channels = net.channels(x)
    var factors = net.add(GlobalAveragePool2D(keepAxes: true), to: x, name: prefix + "avg_pool")
    factors = net.convolution(
      factors, roundedChannels(Double(channels) * 0.25), 1, padding: .same, name: prefix + "conv")
    factors = net.add(ReLU(), to: factors, name: prefix + "relu")
    factors = net.convolution(factors, channels, 1, padding: .same, name: prefix + "conv_1")
    factors = net.add(Rescaling(1, offset: 3), to: factors)
    factors = net.relu6(factors)
    factors = net.add(Rescaling(1.0 / 6), to: factors)
    return net.add(Multiply(), to: [x, factors], name: prefix + "mul")
  }
}
