import ApusGraph
import ApusNN
import ApusTensor

/// CapsNet with its decoder, which draws the image again from the capsule of its class: what keeps in the capsules
/// how a thing looks, beside what it is. Sabour et al., arXiv:1710.09829, section 4.1.
///
/// ```swift
/// let model = try CapsuleAutoencoder()
/// let (loss, gradients) = try valueAndGradient(at: model) { $0.loss(images, labels: labels) }
/// try optimizer.update(model, gradients)
/// ```
///
/// For digits of 28 by 28 pixels it has the published 8,215,568 parameters.
public struct CapsuleAutoencoder: Module {
  /// The network of capsules.
  public let encoder: VisionModel
  /// Three dense layers from capsules to pixels.
  public let decoder: Sequential

  /// - Parameters:
  ///   - classes: The number of classes, and of the last capsules.
  ///   - inputShape: `[height, width, channels]` of one image.
  /// - Throws: `GraphError` when images are too small for the network.
  public init(classes: Int = 10, inputShape: Shape = [28, 28, 1]) throws {
    encoder = try VisionModel(.capsNet, classes: classes, inputShape: inputShape)
    decoder = Sequential {
      Dense(512, activation: .relu)
      Dense(1024, activation: .relu)
      Dense(inputShape.elementCount, activation: .sigmoid)
      Reshape(inputShape)
    }
  }

  /// The lengths of the classes' capsules, and images drawn from one capsule each.
  /// - Parameters:
  ///   - images: `[batch, height, width, channels]` in 0...1.
  ///   - labels: Whose capsule is drawn, `[batch]`: the true class in training. The longest capsule's when nil.
  /// - Returns: `[batch, classes]`, which are probabilities though they do not add up to 1, and images in 0...1.
  public func callAsFunction(_ images: Tensor, labels: Tensor? = nil) -> (lengths: Tensor, drawn: Tensor) {
    let (lengths, features) = encoder.network.outputAndFeatures(["digit_capsules"], of: images)
    let capsules = features[0]
    guard lengths.failure == nil, capsules.failure == nil else { return (lengths, lengths) }
    let (batch, classes, size) = (capsules.shape[0], capsules.shape[1], capsules.shape[2])
    let chosen = (labels ?? lengths.argmax(axis: 1)).oneHot(classes: classes, dtype: capsules.dtype)
    let masked = (capsules * chosen.expandedDimensions(axis: 2)).reshaped([batch, classes * size])
    return (lengths, decoder(masked))
  }

  /// The margin loss of the lengths, and what images lose in being drawn again.
  /// - Parameters:
  ///   - images: `[batch, height, width, channels]` in 0...1.
  ///   - labels: Their classes, `[batch]`.
  ///   - reconstructionWeight: How much the sum of squared differences of an image's pixels counts; the paper's. 0 does
  ///     without.
  /// - Returns: A scalar, the batch's mean.
  public func loss(_ images: Tensor, labels: Tensor, reconstructionWeight: Double = 0.0005) -> Tensor {
    let (lengths, drawn) = self(images, labels: labels)
    let margin = Loss.capsuleMargin(lengths, labels)
    guard reconstructionWeight != 0, margin.failure == nil, drawn.failure == nil else { return margin }
    let difference = drawn - images
    let sums = (difference * difference).sum(axes: [1, 2, 3])
    return margin + sums.mean() * reconstructionWeight
  }
}

extension Loss {
  /// For the lengths of capsules: that of the true class should be above 0.9, the others below 0.1.
  /// Sabour et al., arXiv:1710.09829, section 3.
  public static let capsuleMargin = Loss("capsule_margin", targetKind: .indices) { lengths, labels in
    guard lengths.failure == nil, lengths.rank == 2 else { return lengths }
    let truth = labels.oneHot(classes: lengths.shape[1], dtype: lengths.dtype)
    let short = maximum(0.9 - lengths, 0), long = maximum(lengths - 0.1, 0)
    return (truth * short * short + (1 - truth) * long * long * 0.5).sum(axes: [1])
  }
}
