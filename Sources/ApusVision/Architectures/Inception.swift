import ApusNN
import ApusTensor

extension VisionArchitecture {
  /// The third version, without the auxiliary head.
  public static let inceptionV3 = VisionArchitecture(
    "InceptionV3", source: "Szegedy et al., arXiv:1512.00567", inputShape: [299, 299, 3],
    preprocessing: .symmetric, publishedMegabytes: 92
  ) { net, image, head in
    var x = inceptionStem(net, image)
    for (index, pooled) in [32, 64, 64].enumerated() {
      x = wideBlock(net, x, pooled, "mixed\(index)")
    }
    let halved = inceptionConvolution(net, x, 384, 3, stride: 2, padding: .valid)
    var doubled = inceptionConvolution(net, x, 64, 1)
    doubled = inceptionConvolution(net, doubled, 96, 3)
    doubled = inceptionConvolution(net, doubled, 96, 3, stride: 2, padding: .valid)
    x = net.add(
      Concatenate(), to: [halved, doubled, net.add(MaxPool2D(3, stride: 2), to: x)], name: "mixed3")
    for (index, filters) in [128, 160, 160, 192].enumerated() {
      x = factorizedBlock(net, x, filters, "mixed\(index + 4)")
    }
    x = secondReduction(net, x)
    for index in 0...1 { x = expandedBlock(net, x, index) }
    return head(net, x, maximumPool: nil)
  }

  private static func wideBlock(
    _ net: FunctionalBuilder, _ x: Connection, _ pooled: Int, _ name: String
  ) -> Connection {
    let single = inceptionConvolution(net, x, 64, 1)
    let five = inceptionConvolution(net, inceptionConvolution(net, x, 48, 1), 64, 5)
    var double = inceptionConvolution(net, x, 64, 1)
    for _ in 0..<2 { double = inceptionConvolution(net, double, 96, 3) }
    let mean = net.add(AveragePool2D(3, stride: 1, padding: .same), to: x)
    return net.add(
      Concatenate(), to: [single, five, double, inceptionConvolution(net, mean, pooled, 1)], name: name)
  }

  /// 7×7 convolutions as 1×7 after 7×1.
  private static func factorizedBlock(
    _ net: FunctionalBuilder, _ x: Connection, _ filters: Int, _ name: String
  ) -> Connection {
    let single = inceptionConvolution(net, x, 192, 1)
    var seven = inceptionConvolution(net, x, filters, 1)
    seven = inceptionConvolution(net, seven, filters, [1, 7])
    seven = inceptionConvolution(net, seven, 192, [7, 1])
    var double = inceptionConvolution(net, x, filters, 1)
    double = inceptionConvolution(net, double, filters, [7, 1])
    double = inceptionConvolution(net, double, filters, [1, 7])
    double = inceptionConvolution(net, double, filters, [7, 1])
    double = inceptionConvolution(net, double, 192, [1, 7])
    let mean = net.add(AveragePool2D(3, stride: 1, padding: .same), to: x)
    return net.add(
      Concatenate(), to: [single, seven, double, inceptionConvolution(net, mean, 192, 1)], name: name)
  }

  private static func secondReduction(_ net: FunctionalBuilder, _ x: Connection) -> Connection {
    var three = inceptionConvolution(net, x, 192, 1)
    three = inceptionConvolution(net, three, 320, 3, stride: 2, padding: .valid)
    var seven = inceptionConvolution(net, x, 192, 1)
    seven = inceptionConvolution(net, seven, 192, [1, 7])
    seven = inceptionConvolution(net, seven, 192, [7, 1])
    seven = inceptionConvolution(net, seven, 192, 3, stride: 2, padding: .valid)
    let pooled = net.add(MaxPool2D(3, stride: 2), to: x)
    return net.add(Concatenate(), to: [three, seven, pooled], name: "mixed8")
  }

  private static func expandedBlock(_ net: FunctionalBuilder, _ x: Connection, _ index: Int) -> Connection {
    func spread(_ x: Connection, _ name: String?) -> Connection {
      let wide = inceptionConvolution(net, x, 384, [1, 3])
      let high = inceptionConvolution(net, x, 384, [3, 1])
      return net.add(Concatenate(), to: [wide, high], name: name)
    }
    let single = inceptionConvolution(net, x, 320, 1)
    let three = spread(inceptionConvolution(net, x, 384, 1), "mixed9_\(index)")
    let double = spread(
      inceptionConvolution(net, inceptionConvolution(net, x, 448, 1), 384, 3), nil)
    let mean = net.add(AveragePool2D(3, stride: 1, padding: .same), to: x)
    return net.add(
      Concatenate(), to: [single, three, double, inceptionConvolution(net, mean, 192, 1)],
      name: "mixed\(9 + index)")
  }

  /// A convolution without bias, normalized without scale, and a rectifier.
  static func inceptionConvolution(
    _ net: FunctionalBuilder, _ x: Connection, _ filters: Int, _ kernel: SpatialSize, stride: SpatialSize = 1,
    padding: Padding = .same
  ) -> Connection {
    let x = net.convolution(x, filters, kernel, stride: stride, padding: padding, useBias: false)
    return net.relu(net.batchNorm(x, scale: false))
  }

  /// What the Inception networks begin with.
  static func inceptionStem(_ net: FunctionalBuilder, _ image: Connection) -> Connection {
    var x = inceptionConvolution(net, image, 32, 3, stride: 2, padding: .valid)
    x = inceptionConvolution(net, x, 32, 3, padding: .valid)
    x = inceptionConvolution(net, x, 64, 3)
    x = net.add(MaxPool2D(3, stride: 2), to: x)
    x = inceptionConvolution(net, x, 80, 1, padding: .valid)
    x = inceptionConvolution(net, x, 192, 3, padding: .valid)
    return net.add(MaxPool2D(3, stride: 2), to: x)
  }
}
