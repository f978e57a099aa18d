import ApusNN
import ApusTensor

extension VisionArchitecture {
  /// 16 layers with weights.
  public static let vgg16 = vgg("VGG16", convolutions: [2, 2, 3, 3, 3], megabytes: 528)
  /// 19 layers with weights.
  public static let vgg19 = vgg("VGG19", convolutions: [2, 2, 4, 4, 4], megabytes: 549)

  private static func vgg(_ name: String, convolutions: [Int], megabytes: Int) -> VisionArchitecture {
    VisionArchitecture(
      name, source: "Simonyan and Zisserman, arXiv:1409.1556", preprocessing: .blueFirst,
      publishedMegabytes: megabytes
    ) { net, image, head in
      var x = image
      for (index, count) in convolutions.enumerated() {
        for number in 1...count {
          x = net.convolution(
            x, min(64 << index, 512), 3, padding: .same, activation: .relu,
            name: "block\(index + 1)_conv\(number)")
        }
        x = net.add(MaxPool2D(2), to: x, name: "block\(index + 1)_pool")
      }
      guard let classes = head.classes else { return head.pooled(net, x) }
      x = net.add(Flatten(), to: x, name: "flatten")
      for number in 1...2 { x = net.add(Dense(4096, activation: .relu), to: x, name: "fc\(number)") }
      return net.add(Dense(classes, activation: head.activation), to: x, name: "predictions")
    }
  }
}
