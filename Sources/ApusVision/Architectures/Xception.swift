import ApusNN
import ApusTensor

extension VisionArchitecture {
  /// Separable convolutions throughout.
  public static let xception = VisionArchitecture(
    "Xception", source: "Chollet, arXiv:1610.02357", inputShape: [299, 299, 3], preprocessing: .symmetric,
    publishedMegabytes: 88
  ) { net, image, head in
    func separable(_ x: Connection, _ filters: Int, _ name: String) -> Connection {
      let x = net.add(
        SeparableConv2D(filters, kernel: 3, padding: .same, useBias: false), to: x, name: name)
      return net.batchNorm(x, name: name + "_bn")
    }
    var x = net.convolution(image, 32, 3, stride: 2, useBias: false, name: "block1_conv1")
    x = net.relu(net.batchNorm(x, name: "block1_conv1_bn"), name: "block1_conv1_act")
    x = net.convolution(x, 64, 3, useBias: false, name: "block1_conv2")
    x = net.relu(net.batchNorm(x, name: "block1_conv2_bn"), name: "block1_conv2_act")

    // A block that halves the image, beside a strided 1×1 convolution.
    func reduction(_ input: Connection, _ block: Int, _ filters: (Int, Int)) -> Connection {
      let shortcut = net.batchNorm(
        net.convolution(input, filters.1, 1, stride: 2, padding: .same, useBias: false))
      let name = "block\(block)_sepconv"
      var x = block == 2 ? input : net.relu(input, name: name + "1_act")
      x = separable(x, filters.0, name + "1")
      x = separable(net.relu(x, name: name + "2_act"), filters.1, name + "2")
      x = net.add(MaxPool2D(3, stride: 2, padding: .same), to: x, name: "block\(block)_pool")
      return net.add(Add(), to: [x, shortcut])
    }
    for (block, filters) in [(2, 128), (3, 256), (4, 728)] { x = reduction(x, block, (filters, filters)) }
    for block in 5...12 {
      var y = x
      for number in 1...3 {
        let name = "block\(block)_sepconv\(number)"
        y = separable(net.relu(y, name: name + "_act"), 728, name)
      }
      x = net.add(Add(), to: [y, x])
    }
    x = reduction(x, 13, (728, 1024))
    for (number, filters) in [(1, 1536), (2, 2048)] {
      let name = "block14_sepconv\(number)"
      x = net.relu(separable(x, filters, name), name: name + "_act")
    }
    return head(net, x, maximumPool: nil)
  }
}
