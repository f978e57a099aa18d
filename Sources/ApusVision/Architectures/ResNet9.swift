import ApusNN
import ApusTensor

extension VisionArchitecture {
  /// Eight convolutions and a head for images of 32×32 pixels: trained from scratch in minutes. A quarter as wide
  /// as the original, which was made for fast graphics cards; pooled before the normalization, which costs less.
  public static let resNet9 = resNet9("ResNet9", width: 24)

  private static func resNet9(_ name: String, width: Int) -> VisionArchitecture {
    VisionArchitecture(
      name, source: "Page, How to train your ResNet, 2018; narrower", inputShape: [32, 32, 3], classes: 10,
      preprocessing: Preprocessing(mean: [125.3, 123, 113.9], std: [63, 62.1, 66.7]), role: .smallImages
    ) { net, image, head in
      func convolution(_ x: Connection, _ filters: Int, pools: Bool = false, _ name: String) -> Connection {
        var x = net.convolution(
          x, filters, 3, padding: .same, useBias: false, initializer: .heNormal, name: name + ".conv")
        if pools { x = net.add(MaxPool2D(2), to: x, name: name + ".pool") }
        // Few epochs leave little time to settle, so the running statistics follow fast.
        x = net.batchNorm(x, momentum: 0.8, epsilon: 1e-5, name: name + ".bn")
        return net.relu(x, name: name + ".relu")
      }
      func residual(_ x: Connection, _ filters: Int, _ name: String) -> Connection {
        let y = convolution(convolution(x, filters, name + ".conv1"), filters, name + ".conv2")
        return net.add(Add(), to: [x, y], name: name + ".add")
      }
      var x = convolution(image, width, "stem")
      x = residual(convolution(x, 2 * width, pools: true, "layer1"), 2 * width, "layer1.residual")
      x = convolution(x, 4 * width, pools: true, "layer2")
      x = residual(convolution(x, 8 * width, pools: true, "layer3"), 8 * width, "layer3.residual")
      guard let classes = head.classes else { return head.pooled(net, x) }
      // Logits that begin small let the rate be high from the start.
      x = net.add(GlobalMaxPool2D(), to: x, name: "maxpool")
      x = net.add(Rescaling(0.125), to: x, name: "scale")
      return net.add(Dense(classes, activation: head.activation), to: x, name: "fc")
    }
  }
}
