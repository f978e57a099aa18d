import ApusNN
import ApusTensor

extension VisionArchitecture {
  /// Depthwise separable convolutions, for phones.
  public static let mobileNet = mobileNet(width: 1)

  /// The first MobileNet with so many times the published channels.
  public static func mobileNet(width: Double) -> VisionArchitecture {
    VisionArchitecture(
      width == 1 ? "MobileNet" : "MobileNet(\(width))", source: "Howard et al., arXiv:1704.04861",
      preprocessing: .symmetric, publishedMegabytes: width == 1 ? 16 : nil
    ) { net, image, head in
      func active(_ x: Connection, _ name: String) -> Connection {
        net.relu6(net.batchNorm(x, name: name + "_bn"), name: name + "_relu")
      }
      func scaled(_ filters: Int) -> Int { Int(Double(filters) * width) }
      var x = net.convolution(
        image, scaled(32), 3, stride: 2, padding: .same, useBias: false, name: "conv1")
      x = active(x, "conv1")
      let filters = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024]
      for (index, filters) in filters.enumerated() {
        let number = index + 1
        let isStrided = [2, 4, 6, 12].contains(number)
        if isStrided {
          x = net.add(ZeroPadding2D(height: (0, 1), width: (0, 1)), to: x, name: "conv_pad_\(number)")
        }
        x = net.depthwise(
          x, 3, stride: isStrided ? 2 : 1, padding: isStrided ? .valid : .same, name: "conv_dw_\(number)")
        x = active(x, "conv_dw_\(number)")
        x = net.convolution(x, scaled(filters), 1, padding: .same, useBias: false, name: "conv_pw_\(number)")
        x = active(x, "conv_pw_\(number)")
      }
      guard let classes = head.classes else { return head.pooled(net, x) }
      x = net.add(GlobalAveragePool2D(keepAxes: true), to: x)
      x = net.add(Dropout(0.001), to: x, name: "dropout")
      x = net.convolution(x, classes, 1, padding: .same, name: "conv_preds")
      x = net.add(Reshape([classes]), to: x, name: "reshape_2")
      return net.activation(head.activation ?? .linear, x, name: "predictions")
    }
  }

  /// Inverted residuals with linear bottlenecks.
  public static let mobileNetV2 = mobileNetV2(width: 1)

  /// The second MobileNet with so many times the published channels.
  public static func mobileNetV2(width: Double) -> VisionArchitecture {
    VisionArchitecture(
      width == 1 ? "MobileNetV2" : "MobileNetV2(\(width))", source: "Sandler et al., arXiv:1801.04381",
      preprocessing: .symmetric, publishedMegabytes: width == 1 ? 14 : nil
    ) { net, image, head in
      func normalized(_ x: Connection, _ name: String) -> Connection {
        net.batchNorm(x, momentum: 0.999, name: name)
      }
      var x = net.convolution(
        image, roundedChannels(32 * width), 3, stride: 2, padding: .same, useBias: false, name: "Conv1")
      x = net.relu6(normalized(x, "bn_Conv1"), name: "Conv1_relu")
      let stages = [
        (16, 1, 1), (24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1),
      ]
      var block = 0
      for (filters, count, firstStride) in stages {
        for index in 0..<count {
          let stride = index == 0 ? firstStride : 1
          let prefix = block == 0 ? "expanded_conv_" : "block_\(block)_"
          let output = roundedChannels(Double(Int(Double(filters) * width)))
          let input = x
          let channels = net.channels(input)
          if block > 0 {
            x = net.convolution(x, 6 * channels, 1, padding: .same, useBias: false, name: prefix + "expand")
            x = net.relu6(normalized(x, prefix + "expand_BN"), name: prefix + "expand_relu")
          }
          if stride == 2 { x = net.stridePadding(x, kernel: 3, name: prefix + "pad") }
          x = net.depthwise(
            x, 3, stride: SpatialSize(stride), padding: stride == 1 ? .same : .valid,
            name: prefix + "depthwise")
          x = net.relu6(normalized(x, prefix + "depthwise_BN"), name: prefix + "depthwise_relu")
          x = net.convolution(x, output, 1, padding: .same, useBias: false, name: prefix + "project")
          x = normalized(x, prefix + "project_BN")
          if channels == output, stride == 1 { x = net.add(Add(), to: [input, x], name: prefix + "add") }
          block += 1
        }
      }
      x = net.convolution(
        x, width > 1 ? roundedChannels(1280 * width) : 1280, 1, useBias: false, name: "Conv_1")
      x = net.relu6(normalized(x, "Conv_1_bn"), name: "out_relu")
      return head(net, x, pool: nil, maximumPool: nil)
    }
  }
}
