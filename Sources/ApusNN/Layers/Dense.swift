import ApusGraph
import ApusTensor

/// A fully connected layer: activation(x · kernel + bias) over the last axis.
///
/// `[…, features]` → `[…, units]`. The kernel `[features, units]` comes into being at the first call.
public final class Dense: IdentifiedLayer, Sendable {
  /// Size of the last axis of the result.
  public let units: Int
  /// Applied last; nothing when nil.
  public let activation: ActivationFunction?
  /// The weights, `[features, units]`.
  public let kernel: Parameter
  /// Added to each row, `[units]`; nil without `useBias`.
  public let bias: Parameter?
  let identity = LayerIdentity("Dense")

  /// A fully connected layer with so many outputs.
  public init(
    _ units: Int, activation: ActivationFunction? = nil, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    kernelConstraint: Constraint? = nil
  ) {
    self.units = units
    self.activation = activation
    kernel = Parameter(kernelInitializer, regularizer: kernelRegularizer, constraint: kernelConstraint)
    bias = useBias ? Parameter(biasInitializer, regularizer: biasRegularizer) : nil
  }

  /// `[…, features]` → `[…, units]`
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try identity.requireFloating(x)
      guard units >= 1 else { throw identity.error(.argument, "units \(units) must be at least 1") }
      guard x.rank >= 2, let features = x.shape.dimensions.last else {
        throw identity.error(
          .shape, "expects [batch, features], got shape \(x.shape)", input: x,
          advice: "a single sample needs a batch axis: expandedDimensions(axis: 0)")
      }
      if let built = kernel.shape, built.rank == 2, built[0] != features {
        throw identity.error(
          .shape,
          "expects \(built[0]) features (built from the first input), got \(features): the last axis of \(x.shape)",
          input: x,
          advice: x.shape.dimensions.dropFirst().reduce(1, *) == built[0]
            ? "put a Flatten() before it" : "the sizes that lead here differ from those of the first call")
      }
      if kernel.variable == nil, let image = Flattening.imageShape(before: x) { identity.flattened = image }
      let weights = kernel.tensor([features, units], dtype: x.dtype)
      let rows = Array(x.shape.dimensions.dropLast())
      // Further axes join the batch: one product of two matrices.
      let matrix = x.value.reshaped([rows.reduce(1, *), features])
      var result = matrix.matmul(weights.value)
      if let bias { result = result + bias.tensor([units], dtype: x.dtype).value }
      let output = Tensor(result.reshaped(Shape(rows + [units])))
      return activation?(output) ?? output
    }
  }
}
