import ApusGraph
import ApusTensor

/// The normalization that a network expects of images: (x − mean) / std for each channel, with the channels in the
/// order that it learned.
public struct Preprocessing: Sendable, Hashable {
  /// Taken off each channel, in the order red, green, blue.
  public let mean: [Float]
  /// What each channel is divided by then, in the same order.
  public let std: [Float]
  /// Whether blue comes first in what the network is given.
  public let isBlueFirst: Bool

  /// A mean and a std for red, green and blue, in units of 0…255.
  public init(mean: [Float], std: [Float], isBlueFirst: Bool = false) {
    self.mean = mean
    self.std = std
    self.isBlueFirst = isBlueFirst
  }

  /// Nothing: the network begins with layers that do it.
  public static let none = Preprocessing(mean: [0, 0, 0], std: [1, 1, 1])
  /// To −1…1, which Keras calls `tf`.
  public static let symmetric = Preprocessing(
    mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5])
  /// To 0…1.
  public static let unit = Preprocessing(mean: [0, 0, 0], std: [255, 255, 255])
  /// By the mean and std of ImageNet, which Keras calls `torch`.
  public static let imageNet = Preprocessing(
    mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375])
  /// Blue first, less the mean of ImageNet, which Keras calls `caffe`.
  public static let blueFirst = Preprocessing(
    mean: [123.68, 116.779, 103.939], std: [1, 1, 1], isBlueFirst: true)
  /// (x − 127) / 128, as the EfficientNet-Lite networks want it.
  public static let lite = Preprocessing(mean: [127, 127, 127], std: [128, 128, 128])

  /// `[…, 3]` in 0…255, red first → what the network wants. Grey images get the first channel's numbers.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let real = x.dtype.isFloating ? x : x.cast(to: .float32)
    guard self != .none else { return real }
    guard let channels = x.shape.dimensions.last, channels == mean.count else {
      return (real - Double(mean[0])) / Double(std[0])
    }
    let scaled =
      (real - Tensor(numbers: mean, real.dtype)) / Tensor(numbers: std, real.dtype)
    return isBlueFirst ? scaled.flipped(axis: -1) : scaled
  }
}

extension Tensor {
  fileprivate init(numbers: [Float], _ dtype: DType) {
    self = Tensor(Literal(numbers, shape: [numbers.count])).cast(to: dtype)
  }
}
