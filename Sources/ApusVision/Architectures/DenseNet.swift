import ApusNN
import ApusTensor

extension VisionArchitecture {
  /// 121 layers.
  public static let denseNet121 = denseNet("DenseNet121", blocks: [6, 12, 24, 16], megabytes: 33)
  /// 169 layers.
  public static let denseNet169 = denseNet("DenseNet169", blocks: [6, 12, 32, 32], megabytes: 57)
  /// 201 layers.
  public static let denseNet201 = denseNet("DenseNet201", blocks: [6, 12, 48, 32], megabytes: 80)

  private static func denseNet(_ name: String, blocks: [Int], megabytes: Int) -> VisionArchitecture {
    VisionArchitecture(
      name, source: "Huang et al., arXiv:1608.06993", preprocessing: .imageNet, publishedMegabytes: megabytes
    ) { net, image, head in
      let growth = 32
      func active(_ x: Connection, _ norm: String, _ relu: String) -> Connection {
        net.relu(net.batchNorm(x, epsilon: 1.001e-5, name: norm), name: relu)
      }
      var x = net.add(ZeroPadding2D(3), to: image)
      x = net.convolution(x, 64, 7, stride: 2, useBias: false, name: "conv1_conv")
      x = active(x, "conv1_bn", "conv1_relu")
      x = net.add(ZeroPadding2D(1), to: x)
      x = net.add(MaxPool2D(3, stride: 2), to: x, name: "pool1")
      for (stage, count) in blocks.enumerated() {
        for number in 1...count {
          let name = "conv\(stage + 2)_block\(number)"
          var y = active(x, name + "_0_bn", name + "_0_relu")
          y = net.convolution(y, 4 * growth, 1, useBias: false, name: name + "_1_conv")
          y = active(y, name + "_1_bn", name + "_1_relu")
          y = net.convolution(y, growth, 3, padding: .same, useBias: false, name: name + "_2_conv")
          x = net.add(Concatenate(), to: [x, y], name: name + "_concat")
        }
        guard stage < blocks.count - 1 else { break }
        let name = "pool\(stage + 2)"
        x = active(x, name + "_bn", name + "_relu")
        x = net.convolution(x, net.channels(x) / 2, 1, useBias: false, name: name + "_conv")
        x = net.add(AveragePool2D(2), to: x, name: name + "_pool")
      }
      return head(net, active(x, "bn", "relu"))
    }
  }
}
