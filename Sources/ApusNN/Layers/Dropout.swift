import ApusGraph
import ApusTensor

/// Sets elements to 0 at random in training and scales the others by 1 / (1 − rate). Srivastava et al., JMLR
/// 2014.
///
/// Does nothing in inference. Random numbers come from `RandomSource.current` unless a source is given.
public final class Dropout: IdentifiedLayer, Sendable {
  /// The probability that an element is dropped.
  public let rate: Double
  /// Where random numbers come from; the current source when nil.
  public let source: RandomSource?
  let identity = LayerIdentity("Dropout")

  /// Dropout with a probability in 0 ..< 1.
  public init(_ rate: Double, source: RandomSource? = nil) {
    self.rate = rate
    self.source = source
  }

  /// Any shape to the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try requireRate(rate, identity)
      guard Phase.current == .training, rate > 0 else { return x }
      try identity.requireFloating(x)
      return dropout(x, rate: rate, source: source ?? .current)
    }
  }
}

/// Drops whole channels in training: neighbouring pixels are too alike to be dropped one by one. Tompson et
/// al., arXiv:1411.4280.
public final class SpatialDropout: IdentifiedLayer, Sendable {
  /// The probability that a channel is dropped.
  public let rate: Double
  /// Where random numbers come from; the current source when nil.
  public let source: RandomSource?
  let identity = LayerIdentity("SpatialDropout")

  /// Dropout of whole channels with a probability in 0 ..< 1; for any number of spatial axes.
  public init(_ rate: Double, source: RandomSource? = nil) {
    self.rate = rate
    self.source = source
  }

  /// `[batch, spatial…, channels]` → the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try requireRate(rate, identity)
      guard x.rank >= 3 else {
        throw identity.error(.shape, "expects [batch, spatial…, channels], got shape \(x.shape)", input: x)
      }
      guard Phase.current == .training, rate > 0 else { return x }
      try identity.requireFloating(x)
      let sizes = [x.shape[0]] + Array(repeating: 1, count: x.rank - 2) + [x.shape[x.rank - 1]]
      let ones = Tensor(x.value.splat(1).broadcast(to: Shape(sizes)))
      let mask = dropout(ones, rate: rate, source: source ?? .current)
      return Tensor(x.value * mask.value)
    }
  }
}

/// Adds normal noise in training.
public final class GaussianNoise: IdentifiedLayer, Sendable {
  /// The noise's standard deviation.
  public let standardDeviation: Double
  /// Where random numbers come from; the current source when nil.
  public let source: RandomSource?
  let identity = LayerIdentity("GaussianNoise")

  /// Noise of a standard deviation.
  public init(_ standardDeviation: Double, source: RandomSource? = nil) {
    self.standardDeviation = standardDeviation
    self.source = source
  }

  /// Any shape to the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      guard Phase.current == .training, standardDeviation > 0 else { return x }
      try identity.requireFloating(x)
      let noise = (source ?? .current).normal(
        x.shape, standardDeviation: standardDeviation, dtype: x.dtype)
      return Tensor(x.value + noise.value)
    }
  }
}

/// Drops whole samples of a residual branch in training and scales the others by 1 / (1 − rate). Huang et al.,
/// arXiv:1603.09382. Also known as drop path and drop connect.
public final class StochasticDepth: IdentifiedLayer, Sendable {
  /// The probability that a sample's branch is dropped.
  public let rate: Double
  /// Where random numbers come from; the current source when nil.
  public let source: RandomSource?
  let identity = LayerIdentity("StochasticDepth")

  /// Drops branches with a probability in 0 ..< 1.
  public init(_ rate: Double, source: RandomSource? = nil) {
    self.rate = rate
    self.source = source
  }

  /// `[batch, …]` → the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try requireRate(rate, identity)
      guard x.rank >= 1 else { throw identity.error(.shape, "expects [batch, …], got a scalar", input: x) }
      guard Phase.current == .training, rate > 0 else { return x }
      try identity.requireFloating(x)
      let samples = Shape([x.shape[0]] + Array(repeating: 1, count: x.rank - 1))
      return x
        * dropout(Tensor(x.value.splat(1).broadcast(to: samples)), rate: rate, source: source ?? .current)
    }
  }
}

private func requireRate(_ rate: Double, _ identity: LayerIdentity) throws(GraphError) {
  guard rate >= 0, rate < 1 else {
    throw identity.error(
      .argument, "rate \(rate) must be at least 0 and below 1",
      advice: rate > 1 && rate < 100 ? "a rate of \(rate) % is \(rate / 100)" : "")
  }
}
