import ApusGraph
import ApusTensor

/// Transposed convolution over sequences, which enlarges them by its stride:
/// `[batch, steps, channels]` → the same with `filters` channels.
public final class Conv1DTranspose: IdentifiedLayer, Sendable {
  /// The weights, `[steps, filters, channels]`.
  public let kernel: Parameter
  /// Added to each filter's result, `[filters]`; nil without `useBias`.
  public let bias: Parameter?
  /// Applied last; nothing when nil.
  public let activation: ActivationFunction?
  /// Elements added at the end of each axis; the usual size when nil.
  public let outputPadding: SpatialSize?
  let settings: ConvolutionSettings
  let identity = LayerIdentity("Conv1DTranspose")

  /// A transposed convolution with so many filters. Keras's defaults and sizes: see `convTranspose`.
  public init(
    _ filters: Int, kernel: SpatialSize, stride: SpatialSize = 1, padding: Padding = .valid,
    outputPadding: SpatialSize? = nil, dilation: SpatialSize = 1, activation: ActivationFunction? = nil,
    useBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros, kernelRegularizer: Regularizer? = nil
  ) {
    settings = ConvolutionSettings(
      axes: 1, filters: filters, window: kernel, stride: stride, padding: padding, dilation: dilation,
      groups: 1)
    self.kernel = Parameter(kernelInitializer, regularizer: kernelRegularizer)
    bias = useBias ? Parameter(biasInitializer) : nil
    self.activation = activation
    self.outputPadding = outputPadding
  }

  /// `[batch, steps, channels]` → the same, enlarged, with `filters` channels.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      let channels = try settings.transposedChannels(x, kernel: kernel, identity)
      let sizes = try settings.windowSizes(identity)
      let weights = kernel.tensor(Shape(sizes + [settings.filters, channels]), dtype: x.dtype)
      let result = convTranspose(
        x, weights, strides: settings.stride, padding: settings.padding, outputPadding: outputPadding,
        dilations: settings.dilation)
      return finish(result, bias: bias, activation: activation)
    }
  }
}

/// Transposed convolution over pictures, which enlarges them by its stride:
/// `[batch, height, width, channels]` → the same with `filters` channels.
public final class Conv2DTranspose: IdentifiedLayer, Sendable {
  /// The weights, `[height, width, filters, channels]`.
  public let kernel: Parameter
  /// Added to each filter's result, `[filters]`; nil without `useBias`.
  public let bias: Parameter?
  /// Applied last; nothing when nil.
  public let activation: ActivationFunction?
  /// Elements added at the end of each axis; the usual size when nil.
  public let outputPadding: SpatialSize?
  let settings: ConvolutionSettings
  let identity = LayerIdentity("Conv2DTranspose")

  /// A transposed convolution with so many filters. Keras's defaults and sizes: see `convTranspose`.
  public init(
    _ filters: Int, kernel: SpatialSize, stride: SpatialSize = 1, padding: Padding = .valid,
    outputPadding: SpatialSize? = nil, dilation: SpatialSize = 1, activation: ActivationFunction? = nil,
    useBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros, kernelRegularizer: Regularizer? = nil
  ) {
    settings = ConvolutionSettings(
      axes: 2, filters: filters, window: kernel, stride: stride, padding: padding, dilation: dilation,
      groups: 1)
    self.kernel = Parameter(kernelInitializer, regularizer: kernelRegularizer)
    bias = useBias ? Parameter(biasInitializer) : nil
    self.activation = activation
    self.outputPadding = outputPadding
  }

  /// `[batch, height, width, channels]` → the same, enlarged, with `filters` channels.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      let channels = try settings.transposedChannels(x, kernel: kernel, identity)
      let sizes = try settings.windowSizes(identity)
      let weights = kernel.tensor(Shape(sizes + [settings.filters, channels]), dtype: x.dtype)
      let result = convTranspose(
        x, weights, strides: settings.stride, padding: settings.padding, outputPadding: outputPadding,
        dilations: settings.dilation)
      return finish(result, bias: bias, activation: activation)
    }
  }
}

/// Transposed convolution over volumes, which enlarges them by its stride:
/// `[batch, depth, height, width, channels]` → the same with `filters` channels.
public final class Conv3DTranspose: IdentifiedLayer, Sendable {
  /// The weights, `[depth, height, width, filters, channels]`.
  public let kernel: Parameter
  /// Added to each filter's result, `[filters]`; nil without `useBias`.
  public let bias: Parameter?
  /// Applied last; nothing when nil.
  public let activation: ActivationFunction?
  /// Elements added at the end of each axis; the usual size when nil.
  public let outputPadding: SpatialSize?
  let settings: ConvolutionSettings
  let identity = LayerIdentity("Conv3DTranspose")

  /// A transposed convolution with so many filters. Keras's defaults and sizes: see `convTranspose`.
  public init(
    _ filters: Int, kernel: SpatialSize, stride: SpatialSize = 1, padding: Padding = .valid,
    outputPadding: SpatialSize? = nil, dilation: SpatialSize = 1, activation: ActivationFunction? = nil,
    useBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros, kernelRegularizer: Regularizer? = nil
  ) {
    settings = ConvolutionSettings(
      axes: 3, filters: filters, window: kernel, stride: stride, padding: padding, dilation: dilation,
      groups: 1)
    self.kernel = Parameter(kernelInitializer, regularizer: kernelRegularizer)
    bias = useBias ? Parameter(biasInitializer) : nil
    self.activation = activation
    self.outputPadding = outputPadding
  }

  /// `[batch, depth, height, width, channels]` → the same, enlarged, with `filters` channels.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      let channels = try settings.transposedChannels(x, kernel: kernel, identity)
      let sizes = try settings.windowSizes(identity)
      let weights = kernel.tensor(Shape(sizes + [settings.filters, channels]), dtype: x.dtype)
      let result = convTranspose(
        x, weights, strides: settings.stride, padding: settings.padding, outputPadding: outputPadding,
        dilations: settings.dilation)
      return finish(result, bias: bias, activation: activation)
    }
  }
}
