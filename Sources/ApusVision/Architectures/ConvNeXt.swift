import ApusNN

// Images are given as bytes 0…255: the first layer standardizes them.
extension VisionArchitecture {
  /// The smallest ConvNeXt.
  public static let convNeXtTiny = convNeXt("Tiny", depths: [3, 3, 9, 3], width: 96)
  /// As wide as the tiny one, and deeper.
  public static let convNeXtSmall = convNeXt("Small", depths: [3, 3, 27, 3], width: 96)
  /// The middle of five.
  public static let convNeXtBase = convNeXt("Base", depths: [3, 3, 27, 3], width: 128)
  /// The second largest.
  public static let convNeXtLarge = convNeXt("Large", depths: [3, 3, 27, 3], width: 192)
  /// The largest.
  public static let convNeXtXLarge = convNeXt("XLarge", depths: [3, 3, 27, 3], width: 256)

  private static func convNeXt(_ variant: String, depths: [Int], width: Int) -> VisionArchitecture {
    VisionArchitecture(
      "ConvNeXt" + variant, source: "Liu et al., arXiv:2201.03545", preprocessing: .none
    ) { net, image, head in
      let name = "convnext_" + variant.lowercased()
      var x = net.add(
        ImageNetNormalization(mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375]), to: image,
        name: name + "_prestem_normalization")
      for (stage, depth) in depths.enumerated() {
        x = try downsampled(net, x, width << stage, stage, name)
        for number in 0..<depth {
          x = block(net, x, "\(name)_stage_\(stage)_block_\(number)")
        }
      }
      guard let classes = head.classes else {
        return net.add(LayerNorm(epsilon: 1e-6), to: head.pooled(net, x))
      }
      x = net.add(GlobalAveragePool2D(), to: x, name: name + "_head_gap")
      x = net.add(LayerNorm(epsilon: 1e-6), to: x, name: name + "_head_layernorm")
      return net.add(Dense(classes, activation: head.activation), to: x, name: name + "_head_dense")
    }
  }

  /// The stem, or what stands between two stages: a model of its own, as in Keras.
  private static func downsampled(
    _ net: FunctionalBuilder, _ x: Connection, _ filters: Int, _ stage: Int, _ name: String
  ) throws -> Connection {
    let part = try FunctionalModel(inputShape: net.shape(of: x)) { part, x in
      func normalized(_ x: Connection, _ name: String) -> Connection {
        part.add(LayerNorm(epsilon: 1e-6), to: x, name: name)
      }
      if stage == 0 {
        return normalized(
          part.convolution(x, filters, 4, stride: 4, name: name + "_stem_conv"), name + "_stem_layernorm")
      }
      return part.convolution(
        normalized(x, "\(name)_downsampling_layernorm_\(stage - 1)"), filters, 2, stride: 2,
        name: "\(name)_downsampling_conv_\(stage - 1)")
    }
    return net.add(
      part, to: x, name: stage == 0 ? name + "_stem" : "\(name)_downsampling_block_\(stage - 1)")
  }

  private static func block(_ net: FunctionalBuilder, _ input: Connection, _ name: String) -> Connection {
    let filters = net.channels(input)
    var x = net.convolution(
      input, filters, 7, padding: .same, groups: filters, name: name + "_depthwise_conv")
    x = net.add(LayerNorm(epsilon: 1e-6), to: x, name: name + "_layernorm")
    x = net.add(Dense(4 * filters), to: x, name: name + "_pointwise_conv_1")
    x = net.activation(.gelu, x, name: name + "_gelu")
    x = net.add(Dense(filters), to: x, name: name + "_pointwise_conv_2")
    x = net.add(LayerScale(initial: 1e-6), to: x, name: name + "_layer_scale")
    x = net.activation(.linear, x, name: name + "_identity")
    return net.add(Add(), to: [input, x])
  }
}
