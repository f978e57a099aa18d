import ApusNN
import ApusTensor

extension VisionArchitecture {
  /// A class for each pixel: coarse feature maps are joined with fine ones.
  ///
  /// As published, but with padded convolutions, so that the result has the image's size. The sides must be
  /// multiples of 16. The head's classes are the result's channels; without a head the last features come.
  public static let uNet = uNet(width: 64)

  /// A U-Net whose first convolutions have so many filters.
  public static func uNet(width: Int) -> VisionArchitecture {
    VisionArchitecture(
      width == 64 ? "UNet" : "UNet(\(width))", source: "Ronneberger et al., arXiv:1505.04597",
      inputShape: [256, 256, 3], classes: 2, preprocessing: .unit, role: .segmentation
    ) { net, image, head in
      func double(_ x: Connection, _ filters: Int, _ name: String) -> Connection {
        (1...2).reduce(x) { x, number in
          net.convolution(
            x, filters, 3, padding: .same, activation: .relu, initializer: .heNormal,
            name: "\(name)_conv\(number)")
        }
      }
      var x = image
      var skipped: [Connection] = []
      for level in 1...4 {
        x = double(x, width << (level - 1), "down\(level)")
        skipped.append(x)
        x = net.add(MaxPool2D(2), to: x, name: "down\(level)_pool")
      }
      x = double(x, width << 4, "bottom")
      for level in (1...4).reversed() {
        let filters = width << (level - 1)
        x = net.add(Conv2DTranspose(filters, kernel: 2, stride: 2), to: x, name: "up\(level)_transposed")
        x = net.add(Concatenate(), to: [skipped[level - 1], x], name: "up\(level)_concat")
        x = double(x, filters, "up\(level)")
      }
      guard let classes = head.classes else { return head.pooled(net, x) }
      return net.convolution(x, classes, 1, activation: head.activation, name: "segmentation")
    }
  }
}
