import ApusGraph
import ApusTensor

/// Normalization of each channel of each sample over its places: contrast falls away, image by image. Ulyanov et al.,
/// arXiv:1607.08022.
public final class InstanceNorm: IdentifiedLayer, Sendable {
  /// Scale, `[channels]`; nil without `scale`.
  public let gamma: Parameter?
  /// Shift, `[channels]`; nil without `center`.
  public let beta: Parameter?
  /// Added to the variance.
  public let epsilon: Double
  let identity = LayerIdentity("InstanceNorm")

  /// Instance normalization.
  /// - Parameters:
  ///   - epsilon: Added to the variance.
  ///   - center: Whether a learned shift is added.
  ///   - scale: Whether there is a learned scale.
  public init(epsilon: Double = 1e-5, center: Bool = true, scale: Bool = true) {
    self.epsilon = epsilon
    gamma = scale ? Parameter(.ones) : nil
    beta = center ? Parameter(.zeros) : nil
  }

  /// `[batch, places…, channels]` → the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try identity.requireFloating(x)
      try identity.require([ArgumentCheck.isAtLeastZero(epsilon, "epsilon")])
      guard x.rank >= 3 else {
        throw identity.error(
          .shape, "expects a batch, places and channels, three axes or more, got shape \(x.shape)", input: x)
      }
      let places = Array(1..<x.rank - 1)
      let channels = x.shape[x.rank - 1]
      if let built = (gamma ?? beta)?.shape, built != [channels] {
        throw identity.error(
          .shape, "expects \(built[0]) channels (built from the first input), got \(channels)", input: x)
      }
      let value = x.value
      let centered = value - value.mean(axes: places, keepAxes: true)
      let variance = centered.squared().mean(axes: places, keepAxes: true)
      var result = centered * (variance + epsilon).rsqrt()
      if let gamma { result = result * gamma.tensor([channels], dtype: x.dtype).value }
      if let beta { result = result + beta.tensor([channels], dtype: x.dtype).value }
      return Tensor(result)
    }
  }
}
