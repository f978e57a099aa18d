import ApusNN
import ApusTensor

// ResNets of two convolutions a block, which Keras does not have: named as torchvision names them.
extension VisionArchitecture {
  /// 18 layers.
  public static let resNet18 = basicResNet("ResNet18", blocks: [2, 2, 2, 2])
  /// 34 layers.
  public static let resNet34 = basicResNet("ResNet34", blocks: [3, 4, 6, 3])

  private static func basicResNet(_ name: String, blocks: [Int]) -> VisionArchitecture {
    VisionArchitecture(name, source: "He et al., arXiv:1512.03385", preprocessing: .imageNet) {
      net, image, head in
      func convolution(
        _ x: Connection, _ filters: Int, _ kernel: Int, stride: Int = 1, _ name: String, norm: String
      ) -> Connection {
        let x = net.convolution(
          x, filters, SpatialSize(kernel), stride: SpatialSize(stride),
          padding: .symmetric(SpatialSize(kernel / 2), axes: 2), useBias: false, initializer: .heNormal,
          name: name)
        return net.batchNorm(x, momentum: 0.9, epsilon: 1e-5, name: norm)
      }
      var x = net.relu(convolution(image, 64, 7, stride: 2, "conv1", norm: "bn1"), name: "relu")
      x = net.add(MaxPool2D(3, stride: 2, padding: .symmetric(1, axes: 2)), to: x, name: "maxpool")
      for (stack, count) in blocks.enumerated() {
        for block in 0..<count {
          let name = "layer\(stack + 1).\(block)."
          let filters = 64 << stack, stride = stack > 0 && block == 0 ? 2 : 1
          var shortcut = x
          if stride > 1 {
            shortcut = convolution(
              x, filters, 1, stride: 2, name + "downsample.0", norm: name + "downsample.1")
          }
          x = convolution(x, filters, 3, stride: stride, name + "conv1", norm: name + "bn1")
          x = net.relu(x, name: name + "relu1")
          x = convolution(x, filters, 3, name + "conv2", norm: name + "bn2")
          x = net.relu(net.add(Add(), to: [x, shortcut], name: name + "add"), name: name + "relu2")
        }
      }
      return head(net, x, pool: "avgpool", maximumPool: "maxpool_top", predictions: "fc")
    }
  }
}
