import ApusGraph
import ApusTensor

/// A normalization whose epsilon differs between frameworks and is not in their files.
protocol EpsilonLayer: Module {
  /// Whether nobody chose the epsilon.
  var hasDefaultEpsilon: Bool { get }
}

/// Batch normalization over all axes but the last. Ioffe and Szegedy, arXiv:1502.03167.
///
/// In training it uses the batch's own mean and variance and keeps a running mean of both; otherwise, and
/// when frozen, it uses those. Keras's defaults; for weights of PyTorch write `BatchNorm(momentum: 0.9, epsilon: 1e-5)`.
public final class BatchNorm: IdentifiedLayer, EpsilonLayer, Sendable {
  /// Keras's default.
  static let kerasMomentum = 0.99
  /// Scale, `[channels]`; nil without `scale`.
  public let gamma: Parameter?
  /// Shift, `[channels]`; nil without `center`.
  public let beta: Parameter?
  /// The running mean, `[channels]`.
  public let movingMean = Parameter(.zeros, kind: .state)
  /// The running variance, `[channels]`; biased, as in Keras.
  public let movingVariance = Parameter(.ones, kind: .state)
  /// The part of the running statistics that stays at each step.
  public let momentum: Double
  /// Added to the variance.
  public let epsilon: Double
  let hasDefaultEpsilon: Bool
  let identity = LayerIdentity("BatchNorm")

  /// Batch normalization.
  /// - Parameters:
  ///   - momentum: The part of the running statistics that stays at each step, in 0…1: 1 − PyTorch's.
  ///   - epsilon: Added to the variance, above 0; Keras's 1e-3 when nil. It is not in files of weights: PyTorch's default
  ///     is 1e-5, and weights of PyTorch are only taken where it was chosen.
  ///   - center: Whether a learned shift is added.
  ///   - scale: Whether there is a learned scale; a following layer with a kernel makes it needless.
  ///   - betaInitializer: Initial values of the shift.
  ///   - gammaInitializer: Initial values of the scale.
  public init(
    momentum: Double = 0.99, epsilon: Double? = nil, center: Bool = true, scale: Bool = true,
    betaInitializer: Initializer = .zeros, gammaInitializer: Initializer = .ones
  ) {
    self.momentum = momentum
    self.epsilon = epsilon ?? 1e-3
    hasDefaultEpsilon = epsilon == nil
    gamma = scale ? Parameter(gammaInitializer) : nil
    beta = center ? Parameter(betaInitializer) : nil
  }

  /// `[…, channels]` → the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try identity.requireFloating(x)
      // PyTorch's rule, too: without an epsilon a channel that never changes is divided by 0.
      try identity.require([
        ArgumentCheck.isPositive(epsilon, "epsilon"), ArgumentCheck.isFraction(momentum, "momentum"),
      ])
      guard x.rank >= 2 else {
        throw identity.error(.shape, "expects [batch, …, channels], got shape \(x.shape)", input: x)
      }
      let channels: Shape = [x.shape[x.rank - 1]]
      if let built = movingMean.shape, built != channels {
        throw identity.error(
          .shape,
          "expects \(built[0]) channels (built from the first input), got \(channels[0]): the last axis of \(x.shape)",
          input: x)
      }
      let mean = movingMean.tensor(channels, dtype: x.dtype)
      let variance = movingVariance.tensor(channels, dtype: x.dtype)
      let scale =
        gamma?.tensor(channels, dtype: x.dtype) ?? Tensor(x.value.splat(1).broadcast(to: channels))
      let shift =
        beta?.tensor(channels, dtype: x.dtype) ?? Tensor(x.value.splat(0).broadcast(to: channels))
      guard Phase.current == .training, !movingMean.isFrozen else {
        return batchNorm(x, mean: mean, variance: variance, gamma: scale, beta: shift, epsilon: epsilon)
      }
      guard x.count > channels[0] else {
        throw identity.error(
          .shape, "cannot measure a variance from one number a channel: \(x.shape)", input: x,
          advice: "train with batches of at least 2 samples")
      }
      let (result, batchMean, batchVariance) = batchNorm(x, gamma: scale, beta: shift, epsilon: epsilon)
      movingMean.assign(moved(mean, to: batchMean))
      movingVariance.assign(moved(variance, to: batchVariance))
      return result
    }
  }

  private func moved(_ running: Tensor, to batch: Tensor) -> Tensor {
    Tensor(running.value * momentum + batch.value * (1 - momentum))
  }
}

/// Normalization of each sample over its last axes. Ba et al., arXiv:1607.06450. Keras's epsilon.
public final class LayerNorm: IdentifiedLayer, EpsilonLayer, Sendable {
  /// Scale, of the normalized axes' shape; nil without `scale`.
  public let gamma: Parameter?
  /// Shift, of the normalized axes' shape; nil without `center`.
  public let beta: Parameter?
  /// Number of axes, counted from the last, that are normalized together.
  public let axisCount: Int
  /// Added to the variance.
  public let epsilon: Double
  let hasDefaultEpsilon: Bool
  let identity = LayerIdentity("LayerNorm")

  /// Layer normalization.
  /// - Parameters:
  ///   - epsilon: Added to the variance, at least 0; Keras's 1e-3 when nil. It is not in files of weights: PyTorch's
  ///     default is 1e-5, and weights of PyTorch are only taken where it was chosen.
  ///   - axisCount: Number of axes, counted from the last, that are normalized together.
  ///   - center: Whether a learned shift is added.
  ///   - scale: Whether there is a learned scale.
  public init(epsilon: Double? = nil, axisCount: Int = 1, center: Bool = true, scale: Bool = true) {
    self.epsilon = epsilon ?? 1e-3
    hasDefaultEpsilon = epsilon == nil
    self.axisCount = axisCount
    gamma = scale ? Parameter(.ones) : nil
    beta = center ? Parameter(.zeros) : nil
  }

  /// `[…, features]` → the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try identity.requireFloating(x)
      try identity.require([
        ArgumentCheck.isAtLeastZero(epsilon, "epsilon"), ArgumentCheck.isCount(axisCount, "number of axes"),
      ])
      guard x.rank >= axisCount else {
        throw identity.error(
          .shape, "expects at least \(axisCount) axes, got shape \(x.shape)", input: x)
      }
      let features = Shape(Array(x.shape.dimensions.suffix(axisCount)))
      if let built = (gamma ?? beta)?.shape, built != features {
        throw identity.error(
          .shape,
          "expects features of \(built) (built from the first input), got \(features): the end of \(x.shape)",
          input: x)
      }
      func flat(_ parameter: Parameter?) -> Tensor? {
        parameter.map {
          Tensor($0.tensor(features, dtype: x.dtype).value.reshaped([features.elementCount]))
        }
      }
      let rows = Array(x.shape.dimensions.dropLast(axisCount))
      let matrix = Tensor(x.value.reshaped(Shape(rows + [features.elementCount])))
      let result = layerNorm(matrix, gamma: flat(gamma), beta: flat(beta), epsilon: epsilon)
      return Tensor(result.value.reshaped(x.shape))
    }
  }
}

/// Division of each sample by its root mean square over the last axis. Zhang and Sennrich, arXiv:1910.07467.
public final class RMSNorm: IdentifiedLayer, Sendable {
  /// Scale, `[features]`.
  public let gamma = Parameter(.ones)
  /// Added to the mean square.
  public let epsilon: Double
  let identity = LayerIdentity("RMSNorm")

  /// Root-mean-square normalization.
  /// - Parameter epsilon: Added to the mean square, at least 0; Keras's.
  public init(epsilon: Double = 1e-6) { self.epsilon = epsilon }

  /// `[…, features]` → the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try identity.requireFloating(x)
      try identity.require([ArgumentCheck.isAtLeastZero(epsilon, "epsilon")])
      guard x.rank >= 1 else { throw identity.error(.shape, "expects […, features], got a scalar", input: x) }
      let features: Shape = [x.shape[x.rank - 1]]
      if let built = gamma.shape, built != features {
        throw identity.error(
          .shape, "expects \(built[0]) features (built from the first input), got \(features[0])", input: x)
      }
      return rmsNorm(x, gamma: gamma.tensor(features, dtype: x.dtype), epsilon: epsilon)
    }
  }
}
