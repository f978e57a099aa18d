import ApusGraph
import ApusNN
import ApusTensor

extension VisionArchitecture {
  /// Capsules with dynamic routing, for digits: the lengths of the last capsules are the classes' probabilities.
  ///
  /// The published network's decoder, which draws the image again from the capsules and is used in training
  /// alone, is not part of it.
  public static let capsNet = VisionArchitecture(
    "CapsNet", source: "Sabour et al., arXiv:1710.09829", inputShape: [28, 28, 1], classes: 10,
    preprocessing: .unit
  ) { net, image, head in
    var x = net.convolution(image, 256, 9, activation: .relu, name: "conv1")
    x = net.convolution(x, 256, 9, stride: 2, name: "primary_capsules")
    x = net.add(Reshape([-1, 8]), to: x, name: "capsules")
    x = net.add(Squash(), to: x, name: "squash")
    guard let classes = head.classes else { return x }
    x = net.add(CapsuleLayer(classes, size: 16), to: x, name: "digit_capsules")
    return net.add(Lambda("Length") { sqrt(($0 * $0).sum(axes: [2]) + 1e-9) }, to: x, name: "lengths")
  }
}

/// Vectors shortened to a length below 1 that keep their directions: |v|² / (1 + |v|²) · v / |v|.
struct Squash: Layer {
  func callAsFunction(_ x: Tensor) -> Tensor {
    let square = (x * x).sum(axis: -1, keepDimensions: true)
    return x * (square / ((1 + square) * sqrt(square + 1e-9)))
  }
}

/// Capsules that each take most from the capsules below that agree with them. Sabour et al., arXiv:1710.09829.
public struct CapsuleLayer: Layer {
  /// Number of capsules.
  public let count: Int
  /// Numbers of each.
  public let size: Int
  /// How often the agreement is looked at.
  public let iterations: Int
  /// What each capsule makes of each one below, `[capsules below, count, size below, size]`.
  public let kernel = Parameter(.randomNormal(standardDeviation: 0.1))

  /// So many capsules of so many numbers; the paper's three rounds of routing.
  public init(_ count: Int, size: Int, iterations: Int = 3) {
    self.count = count
    self.size = size
    self.iterations = iterations
  }

  /// `[batch, capsules below, size below]` → `[batch, count, size]`
  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard x.rank == 3 else {
      return Tensor(
        .failed(
          GraphError(.shape, "CapsuleLayer", "expects [batch, capsules, size], got shape \(x.shape)")))
    }
    let weights = kernel.tensor([x.shape[1], count, x.shape[2], size], dtype: x.dtype)
    // [batch, capsules below, count, size]
    let votes = einsum("bid,ijde->bije", x, weights)
    // What steers the routing is no way for the gradient, but in the last round.
    let steering = stopGradient(votes)
    var logits = steering.sum(axes: [3]) * 0
    for _ in 1..<max(iterations, 1) {
      let result = Squash()(einsum("bij,bije->bje", softmax(logits, axis: 2), steering))
      logits = logits + einsum("bije,bje->bij", steering, result)
    }
    return Squash()(einsum("bij,bije->bje", softmax(logits, axis: 2), votes))
  }
}
