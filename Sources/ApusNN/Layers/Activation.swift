import ApusGraph
import ApusTensor

/// An activation as a layer of its own.
public final class Activation: IdentifiedLayer, Sendable {
  /// The function applied.
  public let function: ActivationFunction
  let identity = LayerIdentity("Activation")

  /// A layer that applies `function`.
  public init(_ function: ActivationFunction) { self.function = function }

  /// Any shape to the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in function(x) }
  }
}

/// The rectifier: max(x, 0), with a slope below the threshold and a ceiling if wanted.
public final class ReLU: IdentifiedLayer, Sendable {
  /// Slope below the threshold.
  public let negativeSlope: Double
  /// The largest result; none when nil.
  public let maximum: Double?
  /// From where on the input is passed.
  public let threshold: Double
  let identity = LayerIdentity("ReLU")

  /// A rectifier.
  public init(negativeSlope: Double = 0, maximum: Double? = nil, threshold: Double = 0) {
    self.negativeSlope = negativeSlope
    self.maximum = maximum
    self.threshold = threshold
  }

  /// Any shape to the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      // Keras's conditions.
      try identity.require([
        ArgumentCheck.isAtLeastZero(negativeSlope, "negative slope"),
        ArgumentCheck.isAtLeastZero(maximum ?? 0, "maximum"),
        ArgumentCheck.isAtLeastZero(threshold, "threshold"),
      ])
      return relu(x, negativeSlope: negativeSlope, maximum: maximum, threshold: threshold)
    }
  }
}

/// The rectifier with a small slope for negative inputs. Keras's default slope, 0.3.
public final class LeakyReLU: IdentifiedLayer, Sendable {
  /// Slope for negative inputs.
  public let negativeSlope: Double
  let identity = LayerIdentity("LeakyReLU")

  /// A leaky rectifier.
  public init(negativeSlope: Double = 0.3) { self.negativeSlope = negativeSlope }

  /// Any shape to the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in leakyRelu(x, negativeSlope: negativeSlope) }
  }
}

/// The rectifier whose negative slope is learned. He et al., arXiv:1502.01852.
public final class PReLU: IdentifiedLayer, Sendable {
  /// The slopes: the input's shape without the batch axis, with 1 for the shared axes.
  public let alpha: Parameter
  /// Axes (counted with the batch axis as 0) along which one slope serves all.
  public let sharedAxes: [Int]
  let identity = LayerIdentity("PReLU")

  /// A rectifier with learned slopes. For images, `sharedAxes: [1, 2]` gives one slope a channel.
  public init(sharedAxes: [Int] = [], alphaInitializer: Initializer = .zeros) {
    self.sharedAxes = sharedAxes
    alpha = Parameter(alphaInitializer)
  }

  /// Any shape to the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try identity.requireFloating(x)
      guard x.rank >= 2 else {
        throw identity.error(.shape, "expects a batch axis and another, got shape \(x.shape)", input: x)
      }
      var shape = x.shape.dimensions
      for axis in sharedAxes {
        guard (1..<x.rank).contains(axis) else {
          throw identity.error(.axis, "shared axis \(axis) is not among 1…\(x.rank - 1) of \(x.shape)")
        }
        shape[axis] = 1
      }
      let slope = alpha.tensor(Shape(Array(shape.dropFirst())), dtype: x.dtype).value
      let zero = x.value.splat(0)
      return Tensor(x.value.maximum(zero) + slope * x.value.minimum(zero))
    }
  }
}

/// x where positive, α (e^x − 1) elsewhere.
public final class ELU: IdentifiedLayer, Sendable {
  /// Scale of the negative part.
  public let alpha: Double
  let identity = LayerIdentity("ELU")

  /// An exponential linear unit.
  public init(alpha: Double = 1) { self.alpha = alpha }

  /// Any shape to the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in elu(x, alpha: alpha) }
  }
}

/// Probabilities: e^x / Σ e^x along an axis.
///
/// Losses such as `.crossEntropy` take logits and need no softmax before them.
public final class Softmax: IdentifiedLayer, Sendable {
  /// The axis along which probabilities add up to 1.
  public let axis: Int
  let identity = LayerIdentity("Softmax")

  /// A softmax along an axis.
  public init(axis: Int = -1) { self.axis = axis }

  /// Any shape to the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in softmax(x, axis: axis) }
  }
}
