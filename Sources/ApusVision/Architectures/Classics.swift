import ApusNN
import ApusTensor

// The networks that the field began with. AlexNet and SqueezeNet are named as in torchvision.
extension VisionArchitecture {
  /// Seven layers for digits of 28×28 pixels, with rectifiers and maxima in place of the original's sigmoids and
  /// trained subsampling.
  public static let leNet5 = VisionArchitecture(
    "LeNet5", source: "LeCun et al., Proc. IEEE 86 (11), 1998", inputShape: [28, 28, 1], classes: 10,
    preprocessing: .unit
  ) { net, image, head in
    var x = net.convolution(image, 6, 5, padding: .same, activation: .relu, name: "conv1")
    x = net.add(MaxPool2D(2), to: x, name: "pool1")
    x = net.convolution(x, 16, 5, activation: .relu, name: "conv2")
    x = net.add(MaxPool2D(2), to: x, name: "pool2")
    guard let classes = head.classes else { return head.pooled(net, x) }
    x = net.add(Flatten(), to: x, name: "flatten")
    x = net.add(Dense(120, activation: .relu), to: x, name: "fc1")
    x = net.add(Dense(84, activation: .relu), to: x, name: "fc2")
    return net.add(Dense(classes, activation: head.activation), to: x, name: "fc3")
  }

  /// Five convolutions and three fully connected layers, in the form for one processor.
  public static let alexNet = VisionArchitecture(
    "AlexNet", source: "Krizhevsky, arXiv:1404.5997", preprocessing: .imageNet
  ) { net, image, head in
    func pooled(_ x: Connection, _ number: Int) -> Connection {
      net.add(MaxPool2D(3, stride: 2), to: x, name: "features.\(number)")
    }
    func convolution(_ x: Connection, _ filters: Int, _ kernel: Int, stride: Int = 1, _ number: Int)
      -> Connection
    {
      net.convolution(
        x, filters, SpatialSize(kernel), stride: SpatialSize(stride),
        padding: .symmetric(SpatialSize(kernel == 11 ? 2 : kernel / 2), axes: 2), activation: .relu,
        name: "features.\(number)")
    }
    var x = pooled(convolution(image, 64, 11, stride: 4, 0), 2)
    x = pooled(convolution(x, 192, 5, 3), 5)
    x = convolution(x, 384, 3, 6)
    x = convolution(x, 256, 3, 8)
    x = pooled(convolution(x, 256, 3, 10), 12)
    guard let classes = head.classes else { return head.pooled(net, x) }
    // PyTorch's files count the pixels of one channel after the other.
    x = net.add(Permute([3, 1, 2]), to: x, name: "permute")
    x = net.add(Flatten(), to: x, name: "flatten")
    for number in [1, 4] {
      x = net.add(Dropout(0.5), to: x, name: "classifier.\(number - 1)")
      x = net.add(Dense(4096, activation: .relu), to: x, name: "classifier.\(number)")
    }
    return net.add(Dense(classes, activation: head.activation), to: x, name: "classifier.6")
  }

  /// AlexNet's accuracy with a fiftieth of its weights.
  public static let squeezeNet = squeezeNet(
    "SqueezeNet", stem: (96, 7),
    [
      .pool, .fire(16, 64), .fire(16, 64), .fire(32, 128), .pool, .fire(32, 128), .fire(48, 192),
      .fire(48, 192),
    ]
      + [.fire(64, 256), .pool, .fire(64, 256)])
  /// Version 1.1: two fifths of the work.
  public static let squeezeNet11 = squeezeNet(
    "SqueezeNet1_1", stem: (64, 3),
    [.pool, .fire(16, 64), .fire(16, 64), .pool, .fire(32, 128), .fire(32, 128), .pool, .fire(48, 192)]
      + [.fire(48, 192), .fire(64, 256), .fire(64, 256)])

  private enum SqueezeStep: Sendable {
    case pool
    /// Filters of the squeezing convolution, and of each of the two expanding ones.
    case fire(Int, Int)
  }

  private static func squeezeNet(
    _ name: String, stem: (filters: Int, kernel: Int), _ steps: [SqueezeStep]
  ) -> VisionArchitecture {
    VisionArchitecture(name, source: "Iandola et al., arXiv:1602.07360", preprocessing: .imageNet) {
      net, image, head in
      var x = net.convolution(
        image, stem.filters, SpatialSize(stem.kernel), stride: 2, activation: .relu, initializer: .heUniform,
        name: "features.0")
      for (index, step) in steps.enumerated() {
        let name = "features.\(index + 2)"
        switch step {
        case .pool:
          // A last window that is not whole counts as well.
          let rests = net.shape(of: x).dimensions.prefix(2).map { $0 > 3 ? ($0 - 3) % 2 : 0 }
          let padding = Padding.explicit(rests.map { SpatialPadding(before: 0, after: $0) })
          x = net.add(MaxPool2D(3, stride: 2, padding: padding), to: x, name: name)
        case .fire(let squeezed, let expanded):
          func convolution(_ x: Connection, _ filters: Int, _ kernel: SpatialSize, _ part: String)
            -> Connection
          {
            net.convolution(
              x, filters, kernel, padding: .same, activation: .relu, initializer: .heUniform,
              name: "\(name).\(part)")
          }
          let narrow = convolution(x, squeezed, 1, "squeeze")
          let parts = [
            convolution(narrow, expanded, 1, "expand1x1"), convolution(narrow, expanded, 3, "expand3x3"),
          ]
          x = net.add(Concatenate(), to: parts, name: name + ".concat")
        }
      }
      guard let classes = head.classes else { return head.pooled(net, x) }
      x = net.add(Dropout(0.5), to: x, name: "classifier.0")
      x = net.convolution(
        x, classes, 1, activation: .relu,
        initializer: .randomNormal(standardDeviation: 0.01), name: "classifier.1")
      x = net.add(GlobalAveragePool2D(), to: x, name: "classifier.3")
      return net.activation(head.activation ?? .linear, x, name: "predictions")
    }
  }
}
