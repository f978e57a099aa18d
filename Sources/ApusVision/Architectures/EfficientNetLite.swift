import ApusNN
import ApusTensor

// Named as in the PyTorch files of efficientnet-lite-pytorch: `_blocks.3._expand_conv`.
extension VisionArchitecture {
  /// EfficientNet without squeezing and with a rectifier that ends at 6: for integer arithmetic.
  public static let efficientNetLite0 = efficientNetLite(
    0, width: 1, depth: 1, side: 224, dropout: 0.2, pretrained: .efficientNetLite0)
  /// The Lite network for 240 pixels.
  public static let efficientNetLite1 = efficientNetLite(1, width: 1, depth: 1.1, side: 240, dropout: 0.2)
  /// The Lite network for 260 pixels.
  public static let efficientNetLite2 = efficientNetLite(2, width: 1.1, depth: 1.2, side: 260, dropout: 0.3)

  private static func efficientNetLite(
    _ number: Int, width: Double, depth: Double, side: Int, dropout: Double,
    pretrained: PretrainedWeights? = nil
  ) -> VisionArchitecture {
    VisionArchitecture(
      "EfficientNetLite\(number)", source: "Tan and Le, arXiv:1905.11946; Liu, TensorFlow blog, 2020",
      inputShape: [side, side, 3], preprocessing: .lite, pretrained: pretrained
    ) { net, image, head in
      func filters(_ count: Int) -> Int { roundedChannels(Double(count) * width) }
      func convolution(_ x: Connection, _ count: Int, _ name: String) -> Connection {
        net.convolution(
          x, count, 1, padding: .same, useBias: false, initializer: efficientNetKernel, name: name)
      }
      var x = net.convolution(
        image, 32, 3, stride: 2, padding: .same, useBias: false, initializer: efficientNetKernel,
        name: "_conv_stem")
      x = net.relu6(net.batchNorm(x, name: "_bn0"), name: "_stem_relu")
      let stages = MobileStage.efficientNet
      var block = 0
      for (index, stage) in stages.enumerated() {
        // The stem, the head and the number of blocks of the first and last stage are not scaled.
        let isEdge = index == 0 || index == stages.count - 1
        let repeats = isEdge ? stage.repeats : Int((depth * Double(stage.repeats)).rounded(.up))
        for repetition in 0..<repeats {
          let prefix = "_blocks.\(block)."
          let stride = repetition == 0 ? stage.stride : 1
          let input = x
          if stage.expansion > 1 {
            x = convolution(x, net.channels(x) * stage.expansion, prefix + "_expand_conv")
            x = net.relu6(net.batchNorm(x, name: prefix + "_bn0"), name: prefix + "_expand_relu")
          }
          x = net.depthwise(
            x, SpatialSize(stage.kernel), stride: SpatialSize(stride), initializer: efficientNetKernel,
            name: prefix + "_depthwise_conv")
          x = net.relu6(net.batchNorm(x, name: prefix + "_bn1"), name: prefix + "_relu")
          x = net.batchNorm(
            convolution(x, filters(stage.output), prefix + "_project_conv"), name: prefix + "_bn2")
          if stride == 1, net.channels(input) == net.channels(x) {
            x = residualSum(
              net, x, input, dropRate: 0.2 * Double(block) / Double(stages.count * 3), prefix: prefix)
          }
          block += 1
        }
      }
      x = net.relu6(net.batchNorm(convolution(x, 1280, "_conv_head"), name: "_bn1"), name: "_head_relu")
      return head(net, x, dropout: (dropout, "_dropout"), predictions: "_fc")
    }
  }
}
