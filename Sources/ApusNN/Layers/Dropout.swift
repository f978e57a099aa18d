import ApusGraph
import ApusTensor

/// What a dropout layer drops as one: elements, channels or samples.
public protocol DropoutUnit: Sendable {
  /// The layer's name.
  static var layerName: String { get }
  /// The shape of the random mask for an input of shape `shape`, with size 1 along the axes that are dropped together;
  /// nil for shapes that have no such units.
  static func maskShape(for shape: Shape) -> Shape?
  /// The axes that inputs must have, for messages.
  static var inputDescription: String { get }
}

/// Each element is dropped by itself.
public enum ElementUnit: DropoutUnit {
  /// `Dropout`
  public static let layerName = "Dropout"
  /// Any shape.
  public static let inputDescription = "[…]"
  /// The input's own shape.
  public static func maskShape(for shape: Shape) -> Shape? { shape }
}

/// Whole channels are dropped.
public enum ChannelUnit: DropoutUnit {
  /// `SpatialDropout`
  public static let layerName = "SpatialDropout"
  /// `[batch, spatial…, channels]`
  public static let inputDescription = "[batch, spatial…, channels]"
  /// `[batch, 1…, channels]`
  public static func maskShape(for shape: Shape) -> Shape? {
    guard shape.rank >= 3 else { return nil }
    return Shape([shape[0]] + Array(repeating: 1, count: shape.rank - 2) + [shape[shape.rank - 1]])
  }
}

/// Whole samples are dropped.
public enum SampleUnit: DropoutUnit {
  /// `StochasticDepth`
  public static let layerName = "StochasticDepth"
  /// `[batch, …]`
  public static let inputDescription = "[batch, …]"
  /// `[batch, 1…]`
  public static func maskShape(for shape: Shape) -> Shape? {
    guard shape.rank >= 1 else { return nil }
    return Shape([shape[0]] + Array(repeating: 1, count: shape.rank - 1))
  }
}

/// Sets units of the input to 0 at random in training and scales the others by 1 / (1 − rate), so that the expected value
/// stays. Does nothing in inference. `Dropout`, `SpatialDropout` and `StochasticDepth` are its names.
///
/// Random numbers come from `RandomSource.current` unless a source is given.
public final class RandomDropping<Unit: DropoutUnit>: IdentifiedLayer, Sendable {
  /// The probability that a unit is dropped, in 0 ..< 1.
  public let rate: Double
  /// Where random numbers come from; the current source when nil.
  public let source: RandomSource?
  let identity = LayerIdentity(Unit.layerName)

  /// Dropout with a probability.
  /// - Parameters:
  ///   - rate: The probability that a unit is dropped, in 0 ..< 1.
  ///   - source: Where random numbers come from; the current source when nil.
  public init(_ rate: Double, source: RandomSource? = nil) {
    self.rate = rate
    self.source = source
  }

  /// Any shape that has the units → the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      guard rate >= 0, rate < 1 else {
        throw identity.error(
          .argument, "rate \(rate) must be at least 0 and below 1",
          advice: rate > 1 && rate < 100 ? "a rate of \(rate) % is \(rate / 100)" : "")
      }
      guard let mask = Unit.maskShape(for: x.shape) else {
        throw identity.error(.shape, "expects \(Unit.inputDescription), got shape \(x.shape)", input: x)
      }
      guard Phase.current == .training, rate > 0 else { return x }
      try identity.requireFloating(x)
      guard mask != x.shape else { return dropout(x, rate: rate, source: source ?? .current) }
      return x * dropout(Tensor(x.value.splat(1).broadcast(to: mask)), rate: rate, source: source ?? .current)
    }
  }
}

/// Sets elements to 0 at random in training and scales the others by 1 / (1 − rate). Srivastava et al., JMLR 2014.
public typealias Dropout = RandomDropping<ElementUnit>
/// Drops whole channels of `[batch, spatial…, channels]` in training, for any number of spatial axes: neighboring
/// positions are too alike to be dropped one by one. Tompson et al., arXiv:1411.4280.
public typealias SpatialDropout = RandomDropping<ChannelUnit>
/// Drops whole samples of a residual branch `[batch, …]` in training. Huang et al., arXiv:1603.09382. Also known as drop
/// path and drop connect.
public typealias StochasticDepth = RandomDropping<SampleUnit>

/// Adds normal noise in training. Does nothing in inference.
public final class GaussianNoise: IdentifiedLayer, Sendable {
  /// The noise's standard deviation, at least 0.
  public let standardDeviation: Double
  /// Where random numbers come from; the current source when nil.
  public let source: RandomSource?
  let identity = LayerIdentity("GaussianNoise")

  /// Noise of a standard deviation.
  /// - Parameters:
  ///   - standardDeviation: At least 0, in the unit of the input.
  ///   - source: Where random numbers come from; the current source when nil.
  public init(_ standardDeviation: Double, source: RandomSource? = nil) {
    self.standardDeviation = standardDeviation
    self.source = source
  }

  /// Any shape to the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      guard standardDeviation >= 0, standardDeviation.isFinite else {
        throw identity.error(.argument, "standard deviation \(standardDeviation) must be a number from 0 up")
      }
      guard Phase.current == .training, standardDeviation > 0 else { return x }
      try identity.requireFloating(x)
      let noise = (source ?? .current).normal(
        x.shape, standardDeviation: standardDeviation, dtype: x.dtype)
      return Tensor(x.value + noise.value)
    }
  }
}
