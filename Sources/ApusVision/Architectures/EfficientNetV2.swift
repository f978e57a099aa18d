import ApusNN
import ApusTensor

// Images are given as bytes 0…255: the first layers scale them.
extension VisionArchitecture {
  /// The smallest EfficientNet of version 2.
  public static let efficientNetV2B0 = efficientNetV2("B0", 1, 1, side: 224, stages: baseStages, 29)
  /// EfficientNet V2 for 240 pixels.
  public static let efficientNetV2B1 = efficientNetV2("B1", 1, 1.1, side: 240, stages: baseStages, 34)
  /// EfficientNet V2 for 260 pixels.
  public static let efficientNetV2B2 = efficientNetV2("B2", 1.1, 1.2, side: 260, stages: baseStages, 42)
  /// EfficientNet V2 for 300 pixels.
  public static let efficientNetV2B3 = efficientNetV2("B3", 1.2, 1.4, side: 300, stages: baseStages, 59)
  /// The small EfficientNet of version 2.
  public static let efficientNetV2S = efficientNetV2(
    "S", 1, 1, side: 384,
    stages: [
      V2Stage(2, 24, 24, expansion: 1), V2Stage(4, 24, 48, expansion: 4, stride: 2),
      V2Stage(4, 48, 64, expansion: 4, stride: 2),
      V2Stage(6, 64, 128, expansion: 4, stride: 2, isFused: false),
      V2Stage(9, 128, 160, expansion: 6, isFused: false),
      V2Stage(15, 160, 256, expansion: 6, stride: 2, isFused: false),
    ], 88)
  /// The medium EfficientNet of version 2.
  public static let efficientNetV2M = efficientNetV2(
    "M", 1, 1, side: 480,
    stages: [
      V2Stage(3, 24, 24, expansion: 1), V2Stage(5, 24, 48, expansion: 4, stride: 2),
      V2Stage(5, 48, 80, expansion: 4, stride: 2),
      V2Stage(7, 80, 160, expansion: 4, stride: 2, isFused: false),
      V2Stage(14, 160, 176, expansion: 6, isFused: false),
      V2Stage(18, 176, 304, expansion: 6, stride: 2, isFused: false),
      V2Stage(5, 304, 512, expansion: 6, isFused: false),
    ], 220)
  /// The large EfficientNet of version 2.
  public static let efficientNetV2L = efficientNetV2(
    "L", 1, 1, side: 480,
    stages: [
      V2Stage(4, 32, 32, expansion: 1), V2Stage(7, 32, 64, expansion: 4, stride: 2),
      V2Stage(7, 64, 96, expansion: 4, stride: 2),
      V2Stage(10, 96, 192, expansion: 4, stride: 2, isFused: false),
      V2Stage(19, 192, 224, expansion: 6, isFused: false),
      V2Stage(25, 224, 384, expansion: 6, stride: 2, isFused: false),
      V2Stage(7, 384, 640, expansion: 6, isFused: false),
    ], 479)

  private static let baseStages = [
    V2Stage(1, 32, 16, expansion: 1), V2Stage(2, 16, 32, expansion: 4, stride: 2),
    V2Stage(2, 32, 48, expansion: 4, stride: 2), V2Stage(3, 48, 96, expansion: 4, stride: 2, isFused: false),
    V2Stage(5, 96, 112, expansion: 6, isFused: false),
    V2Stage(8, 112, 192, expansion: 6, stride: 2, isFused: false),
  ]

  /// A stage of inverted residuals; fused ones have a convolution where the others have two, and no squeezing.
  private struct V2Stage {
    let repeats: Int
    let input: Int
    let output: Int
    let expansion: Int
    let stride: Int
    let isFused: Bool

    init(
      _ repeats: Int, _ input: Int, _ output: Int, expansion: Int, stride: Int = 1, isFused: Bool = true
    ) {
      self.repeats = repeats
      self.input = input
      self.output = output
      self.expansion = expansion
      self.stride = stride
      self.isFused = isFused
    }
  }

  private static func efficientNetV2(
    _ variant: String, _ width: Double, _ depth: Double, side: Int, stages: [V2Stage], _ megabytes: Int
  ) -> VisionArchitecture {
    VisionArchitecture(
      "EfficientNetV2" + variant, source: "Tan and Le, arXiv:2104.00298", inputShape: [side, side, 3],
      preprocessing: .none, publishedMegabytes: megabytes
    ) { net, image, head in
      // Here channels are never rounded up for being a tenth short.
      func filters(_ count: Int) -> Int { max(8, Int(Double(count) * width + 4) / 8 * 8) }
      func convolution(
        _ x: Connection, _ count: Int, _ kernel: SpatialSize, stride: Int = 1, _ name: String
      ) -> Connection {
        let x = net.convolution(
          x, count, kernel, stride: SpatialSize(stride), padding: .same, useBias: false,
          initializer: efficientNetKernel, name: name + "conv")
        return net.batchNorm(x, momentum: 0.9, name: name + "bn")
      }
      func active(_ x: Connection, _ name: String) -> Connection {
        net.activation(.silu, x, name: name + "activation")
      }
      func block(
        _ input: Connection, _ stage: V2Stage, _ output: Int, stride: Int, dropRate: Double, _ prefix: String
      ) -> Connection {
        let channels = net.channels(input)
        let isExpanded = stage.expansion > 1
        var x = input
        if isExpanded {
          x = convolution(
            x, channels * stage.expansion, stage.isFused ? 3 : 1, stride: stage.isFused ? stride : 1,
            prefix + "expand_")
          x = active(x, prefix + "expand_")
        }
        if stage.isFused {
          x = convolution(
            x, output, isExpanded ? 1 : 3, stride: isExpanded ? 1 : stride, prefix + "project_")
          if !isExpanded { x = active(x, prefix + "project_") }
        } else {
          x = net.depthwise(
            x, 3, stride: SpatialSize(stride), initializer: efficientNetKernel, name: prefix + "dwconv2")
          x = active(net.batchNorm(x, momentum: 0.9, name: prefix + "bn"), prefix)
          x = net.squeezeAndExcite(
            x, max(1, channels / 4), activation: .silu, initializer: efficientNetKernel, prefix: prefix)
          x = convolution(x, output, 1, prefix + "project_")
        }
        return stride == 1 && channels == output
          ? residualSum(net, x, input, dropRate: dropRate, prefix: prefix) : x
      }

      var x: Connection
      if variant.hasPrefix("B") {
        x = net.add(Rescaling(1.0 / 255), to: image)
        x = net.add(
          ImageNetNormalization(mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]), to: x,
          name: "normalization")
      } else {
        x = net.add(Rescaling(1.0 / 128, offset: -1), to: image)
      }
      x = active(convolution(x, filters(stages[0].input), 3, stride: 2, "stem_"), "stem_")
      // Keras shares the rates out over the unscaled number of blocks.
      let total = Double(stages.reduce(0) { $0 + $1.repeats })
      var number = 0
      for (index, stage) in stages.enumerated() {
        for repetition in 0..<Int((depth * Double(stage.repeats)).rounded(.up)) {
          x = block(
            x, stage, filters(stage.output), stride: repetition == 0 ? stage.stride : 1,
            dropRate: 0.2 * Double(number) / total, blockPrefix(index, repetition))
          number += 1
        }
      }
      x = active(convolution(x, filters(1280), 1, "top_"), "top_")
      return head(net, x, dropout: (0.2, "top_dropout"))
    }
  }
}

/// (x − mean) / std for each of three channels; images with another number of channels pass.
struct ImageNetNormalization: Layer {
  let mean: [Float]
  let std: [Float]

  func callAsFunction(_ x: Tensor) -> Tensor {
    guard x.shape.dimensions.last == mean.count else { return x }
    return Preprocessing(mean: mean, std: std)(x)
  }
}
