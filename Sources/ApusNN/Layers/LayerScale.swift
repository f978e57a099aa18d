import ApusGraph
import ApusTensor

/// A learned factor for each channel, small at first so that a deep residual network starts as an identity.
/// Touvron et al., arXiv:2103.17239.
public final class LayerScale: IdentifiedLayer, Sendable {
  /// The factors, `[channels]`.
  public let gamma: Parameter
  let identity = LayerIdentity("LayerScale")

  /// Factors that all start with one number; ConvNeXt's 1e-6.
  public init(initial: Double = 1e-6) { gamma = Parameter(.constant(initial)) }

  /// `[…, channels]` → the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try identity.requireFloating(x)
      guard x.rank >= 1 else { throw identity.error(.shape, "expects […, channels], got a scalar", input: x) }
      let channels: Shape = [x.shape[x.rank - 1]]
      if let built = gamma.shape, built != channels {
        throw identity.error(
          .shape, "expects \(built[0]) channels (built from the first input), got \(channels[0])", input: x)
      }
      return x * gamma.tensor(channels, dtype: x.dtype)
    }
  }
}
