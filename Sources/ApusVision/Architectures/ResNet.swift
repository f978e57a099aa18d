import ApusNN
import ApusTensor

// Keras's ResNets: the convolutions of version 1 have biases, the first of a block has the stride.
extension VisionArchitecture {
  /// 50 layers.
  public static let resNet50 = resNet("ResNet50", blocks: [3, 4, 6, 3], megabytes: 98)
  /// 101 layers.
  public static let resNet101 = resNet("ResNet101", blocks: [3, 4, 23, 3], megabytes: 171)
  /// 152 layers.
  public static let resNet152 = resNet("ResNet152", blocks: [3, 8, 36, 3], megabytes: 232)
  /// 50 layers, normalized before each convolution.
  public static let resNet50V2 = resNetV2("ResNet50V2", blocks: [3, 4, 6, 3], megabytes: 98)
  /// 101 layers, normalized before each convolution.
  public static let resNet101V2 = resNetV2("ResNet101V2", blocks: [3, 4, 23, 3], megabytes: 171)
  /// 152 layers, normalized before each convolution.
  public static let resNet152V2 = resNetV2("ResNet152V2", blocks: [3, 8, 36, 3], megabytes: 232)

  private static func resNet(_ name: String, blocks: [Int], megabytes: Int) -> VisionArchitecture {
    VisionArchitecture(
      name, source: "He et al., arXiv:1512.03385", preprocessing: .blueFirst, publishedMegabytes: megabytes
    ) { net, image, head in
      var x = stem(net, image)
      x = net.relu(normalized(net, x, "conv1_bn"), name: "conv1_relu")
      x = stemPool(net, x)
      for (stack, count) in blocks.enumerated() {
        for block in 1...count {
          x = bottleneck(
            net, x, 64 << stack, stride: stack > 0 && block == 1 ? 2 : 1, isFirst: block == 1,
            "conv\(stack + 2)_block\(block)")
        }
      }
      return head(net, x)
    }
  }

  private static func resNetV2(_ name: String, blocks: [Int], megabytes: Int) -> VisionArchitecture {
    VisionArchitecture(
      name, source: "He et al., arXiv:1603.05027", preprocessing: .symmetric, publishedMegabytes: megabytes
    ) { net, image, head in
      var x = stemPool(net, stem(net, image))
      for (stack, count) in blocks.enumerated() {
        for block in 1...count {
          x = preactivatedBottleneck(
            net, x, 64 << stack, stride: stack < 3 && block == count ? 2 : 1, isFirst: block == 1,
            "conv\(stack + 2)_block\(block)")
        }
      }
      return head(net, net.relu(normalized(net, x, "post_bn"), name: "post_relu"))
    }
  }

  private static func stem(_ net: FunctionalBuilder, _ image: Connection) -> Connection {
    let padded = net.add(ZeroPadding2D(3), to: image, name: "conv1_pad")
    return net.convolution(padded, 64, 7, stride: 2, name: "conv1_conv")
  }

  private static func stemPool(_ net: FunctionalBuilder, _ x: Connection) -> Connection {
    let padded = net.add(ZeroPadding2D(1), to: x, name: "pool1_pad")
    return net.add(MaxPool2D(3, stride: 2), to: padded, name: "pool1_pool")
  }

  private static func normalized(_ net: FunctionalBuilder, _ x: Connection, _ name: String) -> Connection {
    net.batchNorm(x, epsilon: 1.001e-5, name: name)
  }

  private static func bottleneck(
    _ net: FunctionalBuilder, _ input: Connection, _ filters: Int, stride: Int, isFirst: Bool, _ name: String
  ) -> Connection {
    let stride = SpatialSize(stride)
    var shortcut = input
    if isFirst {
      shortcut = net.convolution(input, 4 * filters, 1, stride: stride, name: name + "_0_conv")
      shortcut = normalized(net, shortcut, name + "_0_bn")
    }
    var x = net.convolution(input, filters, 1, stride: stride, name: name + "_1_conv")
    x = net.relu(normalized(net, x, name + "_1_bn"), name: name + "_1_relu")
    x = net.convolution(x, filters, 3, padding: .same, name: name + "_2_conv")
    x = net.relu(normalized(net, x, name + "_2_bn"), name: name + "_2_relu")
    x = net.convolution(x, 4 * filters, 1, name: name + "_3_conv")
    x = normalized(net, x, name + "_3_bn")
    return net.relu(net.add(Add(), to: [shortcut, x], name: name + "_add"), name: name + "_out")
  }

  private static func preactivatedBottleneck(
    _ net: FunctionalBuilder, _ input: Connection, _ filters: Int, stride: Int, isFirst: Bool, _ name: String
  ) -> Connection {
    let size = SpatialSize(stride)
    let active = net.relu(normalized(net, input, name + "_preact_bn"), name: name + "_preact_relu")
    var shortcut = input
    if isFirst {
      shortcut = net.convolution(active, 4 * filters, 1, stride: size, name: name + "_0_conv")
    } else if stride > 1 {
      shortcut = net.add(MaxPool2D(1, stride: size), to: input)
    }
    var x = net.convolution(active, filters, 1, useBias: false, name: name + "_1_conv")
    x = net.relu(normalized(net, x, name + "_1_bn"), name: name + "_1_relu")
    x = net.add(ZeroPadding2D(1), to: x, name: name + "_2_pad")
    x = net.convolution(x, filters, 3, stride: size, useBias: false, name: name + "_2_conv")
    x = net.relu(normalized(net, x, name + "_2_bn"), name: name + "_2_relu")
    x = net.convolution(x, 4 * filters, 1, name: name + "_3_conv")
    return net.add(Add(), to: [shortcut, x], name: name + "_out")
  }
}
