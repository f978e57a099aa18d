import ApusGraph
import ApusTensor

/// Long short-term memory. Hochreiter and Schmidhuber, 1997; Gers et al., 2000.
///
/// i, f, o = σ(x W + h U + b), g = tanh(x W + h U + b), c = f c′ + i g, h = o tanh(c): `[batch, time, features]` →
/// `[batch, units]`, with `returnSequences` `[batch, time, units]`.
///
/// The gates i, f, g, o lie side by side in the kernels' last axis, as in Keras and PyTorch. Weights of PyTorch fit
/// transposed: `kernel` = weight_ihᵀ, `recurrentKernel` = weight_hhᵀ, `bias` = bias_ih + bias_hh. With the activations that
/// stand here by default one kernel does the whole loop; others run as a `scan`.
public final class LSTM: RecurrentLayer, IdentifiedLayer, Sendable {
  /// Size of the state.
  public let units: Int
  /// Of the proposal and of the cell: tanh by default.
  public let activation: ActivationFunction
  /// Of the gates: the logistic function by default.
  public let recurrentActivation: ActivationFunction
  /// Whether the result has the states of all steps.
  public let returnSequences: Bool
  /// Whether steps run from the last to the first.
  public let goBackwards: Bool
  /// Probabilities that a feature and that a part of the state is dropped in training.
  public let dropout: Double, recurrentDropout: Double
  /// The inputs' weights, `[features, 4 · units]`.
  public let kernel: Parameter
  /// The state's weights, `[units, 4 · units]`.
  public let recurrentKernel: Parameter
  /// Added to the gates' inputs, `[4 · units]`; nil without `useBias`.
  public let bias: Parameter?
  let identity = LayerIdentity("LSTM")

  /// A long short-term memory with Keras's defaults.
  /// - Parameters:
  ///   - units: Size of the state, at least 1.
  ///   - activation: Of the new state: tanh by default.
  ///   - recurrentActivation: Of the gates: the logistic function by default.
  ///   - useBias: Whether learned numbers are added.
  ///   - returnSequences: Whether the result has the states of all steps, `[batch, time, units]`.
  ///   - goBackwards: Whether steps run from the last to the first.
  ///   - dropout: Probability that a feature is dropped in training, in 0 ..< 1.
  ///   - recurrentDropout: Probability that a part of the state is dropped in training, in 0 ..< 1.
  ///   - unitForgetBias: Whether the forget gate's bias starts at 1, so that what a cell holds is kept at first
  ///     (Jozefowicz et al., 2015).
  ///   - kernelInitializer: Initial values of the inputs' weights.
  ///   - recurrentInitializer: Initial values of the state's weights.
  ///   - biasInitializer: Initial values of the bias.
  ///   - kernelRegularizer: A penalty on the inputs' weights.
  ///   - recurrentRegularizer: A penalty on the state's weights.
  ///   - biasRegularizer: A penalty on the bias.
  public init(
    _ units: Int, activation: ActivationFunction = .tanh, recurrentActivation: ActivationFunction = .sigmoid,
    useBias: Bool = true, returnSequences: Bool = false, goBackwards: Bool = false, dropout: Double = 0,
    recurrentDropout: Double = 0, unitForgetBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, recurrentInitializer: Initializer = .orthogonal(),
    biasInitializer: Initializer = .zeros, kernelRegularizer: Regularizer? = nil,
    recurrentRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil
  ) {
    self.units = units
    self.activation = activation
    self.recurrentActivation = recurrentActivation
    self.returnSequences = returnSequences
    self.goBackwards = goBackwards
    self.dropout = dropout
    self.recurrentDropout = recurrentDropout
    kernel = Parameter(kernelInitializer, regularizer: kernelRegularizer)
    recurrentKernel = Parameter(recurrentInitializer, regularizer: recurrentRegularizer)
    let first = unitForgetBias ? LSTM.unitForgetBias(biasInitializer) : biasInitializer
    bias = useBias ? Parameter(first, regularizer: biasRegularizer) : nil
  }

  /// See `RecurrentLayer`. The state is `[h, c]`.
  public func run(_ x: Tensor, mask: Tensor?, initialState: [Tensor]?, reverse: Bool) -> RecurrentResult {
    let loop = RecurrentLoop(
      identity: identity, units: units, cell: .lstm,
      isStandard: activation.kind == .tanh && recurrentActivation.kind == .sigmoid,
      dropout: RecurrentDropout(rate: dropout, recurrentRate: recurrentDropout))
    return loop.run(x, mask: mask, initialState: initialState, reverse: reverse) { _ in
      RecurrentLoop.Weights(
        kernel: kernel, recurrentKernel: recurrentKernel,
        bias: bias?.tensor([4 * units], dtype: x.dtype).value)
    } step: { [activation, recurrentActivation] projection, state, kernel, _ in
      let gates = (projection + matmul(state[0], kernel)).gates(4)
      let cell =
        recurrentActivation(gates[1]) * state[1] + recurrentActivation(gates[0]) * activation(gates[2])
      return [recurrentActivation(gates[3]) * activation(cell), cell]
    }
  }

  private static func unitForgetBias(_ initializer: Initializer) -> Initializer {
    Initializer(initializer.name) { shape, fans, dtype, source in
      let units = shape[0] / 4
      let all = initializer(shape, fans: fans, dtype: dtype, from: source).value
      let ones = Value.scalar(1, dtype).broadcast(to: [units])
      let (before, behind) = (all.slice(axis: 0, 0..<units), all.slice(axis: 0, 2 * units..<4 * units))
      return Tensor(.concatenate([before, ones, behind], axis: 0))
    }
  }
}
