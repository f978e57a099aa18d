import ApusGraph
import ApusTensor

/// A fully connected layer whose result is fed back: h = tanh(x W + h′ U + b). Elman, 1990.
///
/// `[batch, time, features]` → `[batch, units]`, with `returnSequences` `[batch, time, units]`.
public final class SimpleRNN: RecurrentLayer, IdentifiedLayer, Sendable {
  /// Size of the state.
  public let units: Int
  /// Of the new state: tanh by default.
  public let activation: ActivationFunction
  /// Whether the result has the states of all steps.
  public let returnSequences: Bool
  /// Whether steps run from the last to the first.
  public let goBackwards: Bool
  /// Probabilities that a feature and that a part of the state is dropped in training.
  public let dropout: Double, recurrentDropout: Double
  /// The inputs' weights, `[features, units]`.
  public let kernel: Parameter
  /// The state's weights, `[units, units]`.
  public let recurrentKernel: Parameter
  /// `[units]`; nil without `useBias`.
  public let bias: Parameter?
  let identity = LayerIdentity("SimpleRNN")

  /// A recurrent layer with Keras's defaults.
  /// - Parameters:
  ///   - units: Size of the state, at least 1.
  ///   - activation: Of the new state: tanh by default.
  ///   - useBias: Whether learned numbers are added.
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
    _ units: Int, activation: ActivationFunction = .tanh, useBias: Bool = true, returnSequences: Bool = false,
    goBackwards: Bool = false, dropout: Double = 0, recurrentDropout: Double = 0,
    kernelInitializer: Initializer = .glorotUniform, recurrentInitializer: Initializer = .orthogonal(),
    biasInitializer: Initializer = .zeros, kernelRegularizer: Regularizer? = nil,
    recurrentRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil
  ) {
    self.units = units
    self.activation = activation
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
      identity: identity, units: units, cell: .simple, isStandard: activation.kind == .tanh,
      dropout: RecurrentDropout(rate: dropout, recurrentRate: recurrentDropout))
    return loop.run(x, mask: mask, initialState: initialState, reverse: reverse) { _ in
      RecurrentLoop.Weights(
        kernel: kernel, recurrentKernel: recurrentKernel, bias: bias?.tensor([units], dtype: x.dtype).value)
    } step: { [activation] projection, state, kernel, _ in
      [activation(projection + matmul(state[0], kernel))]
    }
  }
}
