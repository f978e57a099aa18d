import ApusNN
import ApusTensor

extension VisionArchitecture {
  /// Inception blocks with shortcuts.
  public static let inceptionResNetV2 = VisionArchitecture(
    "InceptionResNetV2", source: "Szegedy et al., arXiv:1602.07261", inputShape: [299, 299, 3],
    preprocessing: .symmetric, publishedMegabytes: 215
  ) { net, image, head in
    func convolution(
      _ x: Connection, _ filters: Int, _ kernel: SpatialSize, stride: SpatialSize = 1,
      padding: Padding = .same
    ) -> Connection {
      inceptionConvolution(net, x, filters, kernel, stride: stride, padding: padding)
    }
    func halving(_ x: Connection, _ filters: Int) -> Connection {
      convolution(x, filters, 3, stride: 2, padding: .valid)
    }
    var x = inceptionStem(net, image)

    var branches = [convolution(x, 96, 1)]
    branches.append(convolution(convolution(x, 48, 1), 64, 5))
    branches.append(convolution(convolution(convolution(x, 64, 1), 96, 3), 96, 3))
    branches.append(convolution(net.add(AveragePool2D(3, stride: 1, padding: .same), to: x), 64, 1))
    x = net.add(Concatenate(), to: branches, name: "mixed_5b")
    for number in 1...10 {
      x = residual(net, x, scale: 0.17, "block35_\(number)") { x in
        [
          convolution(x, 32, 1), convolution(convolution(x, 32, 1), 32, 3),
          convolution(convolution(convolution(x, 32, 1), 48, 3), 64, 3),
        ]
      }
    }

    branches = [halving(x, 384)]
    branches.append(halving(convolution(convolution(x, 256, 1), 256, 3), 384))
    branches.append(net.add(MaxPool2D(3, stride: 2), to: x))
    x = net.add(Concatenate(), to: branches, name: "mixed_6a")
    for number in 1...20 {
      x = residual(net, x, scale: 0.1, "block17_\(number)") { x in
        [
          convolution(x, 192, 1),
          convolution(convolution(convolution(x, 128, 1), 160, [1, 7]), 192, [7, 1]),
        ]
      }
    }

    branches = [halving(convolution(x, 256, 1), 384)]
    branches.append(halving(convolution(x, 256, 1), 288))
    branches.append(halving(convolution(convolution(x, 256, 1), 288, 3), 320))
    branches.append(net.add(MaxPool2D(3, stride: 2), to: x))
    x = net.add(Concatenate(), to: branches, name: "mixed_7a")
    for number in 1...10 {
      x = residual(net, x, scale: number < 10 ? 0.2 : 1, "block8_\(number)", isLast: number == 10) { x in
        [
          convolution(x, 192, 1),
          convolution(convolution(convolution(x, 192, 1), 224, [1, 3]), 256, [3, 1]),
        ]
      }
    }
    x = net.convolution(x, 1536, 1, padding: .same, useBias: false, name: "conv_7b")
    x = net.relu(net.batchNorm(x, scale: false, name: "conv_7b_bn"), name: "conv_7b_ac")
    return head(net, x, maximumPool: nil)
  }

  private static func residual(
    _ net: FunctionalBuilder, _ x: Connection, scale: Double, _ name: String, isLast: Bool = false,
    _ branches: (Connection) -> [Connection]
  ) -> Connection {
    let mixed = net.add(Concatenate(), to: branches(x), name: name + "_mixed")
    let change = net.convolution(mixed, net.channels(x), 1, padding: .same, name: name + "_conv")
    let sum = net.add(ScaledSum(scale), to: [x, change])
    return isLast ? sum : net.relu(sum, name: name + "_ac")
  }
}

/// The first input and a fixed share of the second.
struct ScaledSum: MergingLayer {
  let scale: Double

  init(_ scale: Double) { self.scale = scale }

  func callAsFunction(_ inputs: [Tensor]) -> Tensor { inputs[0] + inputs[1] * scale }
}
