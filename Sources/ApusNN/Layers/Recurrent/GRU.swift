import ApusGraph
import ApusTensor

/// Gated recurrent unit. Cho et al., arXiv:1406.1078.
///
/// z, r = σ(x W + h U + b), n = tanh(x W + r (h U + b)), h = z h′ + (1 − z) n: `[batch, time, features]` →
/// `[batch, units]`, with `returnSequences` `[batch, time, units]`.
///
/// The gates z, r, n lie side by side in the kernels' last axis, as in Keras; PyTorch's order is r, z, n. With
/// `resetAfter`, as here and in PyTorch, there are two biases `[2, 3 · units]`: the inputs' and the state's. Without it,
/// the reset comes before the product, n = tanh(x W + (r h) U + b), and the loop runs as a `scan`.
public final class GRU: RecurrentLayer, IdentifiedLayer, Sendable {
  /// Size of the state.
  public let units: Int
  /// Of the proposal n: tanh by default.
  public let activation: ActivationFunction
  /// Of the gates: the logistic function by default.
  public let recurrentActivation: ActivationFunction
  /// Whether the reset gate is applied after the product with the state's weights.
  public let resetAfter: Bool
  /// Whether the result has the states of all steps.
  public let returnSequences: Bool
  /// Whether steps run from the last to the first.
  public let goBackwards: Bool
  /// Probabilities that a feature and that a part of the state is dropped in training.
  public let dropout: Double, recurrentDropout: Double
  /// The inputs' weights, `[features, 3 · units]`.
  public let kernel: Parameter
  /// The state's weights, `[units, 3 · units]`.
  public let recurrentKernel: Parameter
  /// `[2, 3 · units]` with `resetAfter`, otherwise `[3 · units]`; nil without `useBias`.
  public let bias: Parameter?
  let identity = LayerIdentity("GRU")

  /// A gated recurrent unit with Keras's defaults.
  /// - Parameters:
  ///   - units: Size of the state, at least 1.
  ///   - activation: Of the new state: tanh by default.
  ///   - recurrentActivation: Of the gates: the logistic function by default.
  ///   - useBias: Whether learned numbers are added.
  ///   - resetAfter: Whether the reset gate is applied after the product with the state's weights, as in PyTorch.
  ///   - returnSequences: Whether the result has the states of all steps, `[batch, time, units]`.
  ///   - goBackwards: Whether steps run from the last to the first.
  ///   - dropout: Probability that a feature is dropped in training, in 0 ..< 1.
  ///   - recurrentDropout: Probability that a part of the state is dropped in training, in 0 ..< 1.
  ///   - kernelInitializer: Initial values of the inputs' weights.
  ///   - recurrentInitializer: Initial values of the state's weights.
  ///   - biasInitializer: Initial values of the bias.
  ///   - kernelRegularizer: A penalty on the inputs' weights.
  ///   - recurrentRegularizer: A penalty on the state's weights.
  ///   - biasRegularizer: A penalty on the bias.
  public init(
    _ units: Int, activation: ActivationFunction = .tanh, recurrentActivation: ActivationFunction = .sigmoid,
    useBias: Bool = true, resetAfter: Bool = true, returnSequences: Bool = false, goBackwards: Bool = false,
    dropout: Double = 0, recurrentDropout: Double = 0, kernelInitializer: Initializer = .glorotUniform,
    recurrentInitializer: Initializer = .orthogonal(), biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil, recurrentRegularizer: Regularizer? = nil,
    biasRegularizer: Regularizer? = nil
  ) {
    self.units = units
    self.activation = activation
    self.recurrentActivation = recurrentActivation
    self.resetAfter = resetAfter
    self.returnSequences = returnSequences
    self.goBackwards = goBackwards
    self.dropout = dropout
    self.recurrentDropout = recurrentDropout
    kernel = Parameter(kernelInitializer, regularizer: kernelRegularizer)
    recurrentKernel = Parameter(recurrentInitializer, regularizer: recurrentRegularizer)
    bias = useBias ? Parameter(biasInitializer, regularizer: biasRegularizer) : nil
  }

  /// See `RecurrentLayer`. The state is `[h]`.
  public func run(_ x: Tensor, mask: Tensor?, initialState: [Tensor]?, reverse: Bool) -> RecurrentResult {
    let loop = RecurrentLoop(
      identity: identity, units: units, cell: .gru,
      isStandard: resetAfter && activation.kind == .tanh && recurrentActivation.kind == .sigmoid,
      dropout: RecurrentDropout(rate: dropout, recurrentRate: recurrentDropout))
    return loop.run(x, mask: mask, initialState: initialState, reverse: reverse) { _ in
      weights(x.dtype)
    } step: { [activation, recurrentActivation, resetAfter, units] projection, state, kernel, bias in
      let p = projection.gates(3), h = state[0]
      var update: Tensor, proposal: Tensor
      if resetAfter {
        let product = matmul(h, kernel)
        let r = (bias.map { product + $0 } ?? product).gates(3)
        update = recurrentActivation(p[0] + r[0])
        proposal = activation(p[2] + recurrentActivation(p[1] + r[1]) * r[2])
      } else {
        let gates = kernel.value.slice(axis: 1, 0..<2 * units)
        let rest = kernel.value.slice(axis: 1, 2 * units..<3 * units)
        let r = matmul(h, Tensor(gates)).gates(2)
        update = recurrentActivation(p[0] + r[0])
        proposal = activation(p[2] + matmul(recurrentActivation(p[1] + r[1]) * h, Tensor(rest)))
      }
      return [update * h + (1 - update) * proposal]
    }
  }

  private func weights(_ dtype: DType) -> RecurrentLoop.Weights {
    var weights = RecurrentLoop.Weights(kernel: kernel, recurrentKernel: recurrentKernel)
    guard let bias else { return weights }
    if resetAfter {
      let both = bias.tensor([2, 3 * units], dtype: dtype).value
      weights.bias = both.slice(axis: 0, 0..<1).reshaped([3 * units])
      weights.recurrentBias = both.slice(axis: 0, 1..<2).reshaped([3 * units])
    } else {
      weights.bias = bias.tensor([3 * units], dtype: dtype).value
    }
    return weights
  }
}
