import ApusGraph
import ApusTensor

/// Convolution over sequences: `[batch, steps, channels]` → the same with `filters` channels.
///
/// The kernel `[steps, channels / groups, filters]` comes into being at the first call.
public final class Conv1D: IdentifiedLayer, Sendable {
  /// The weights, `[steps, channels / groups, filters]`.
  public let kernel: Parameter
  /// Added to each filter's result, `[filters]`; nil without `useBias`.
  public let bias: Parameter?
  /// Applied last; nothing when nil.
  public let activation: ActivationFunction?
  let settings: ConvolutionSettings
  let identity = LayerIdentity("Conv1D")

  /// A convolution with so many filters. Keras's defaults.
  /// - Parameters:
  ///   - filters: Channels of the result.
  ///   - kernel: Size of the window, one number or one for each axis.
  ///   - stride: Step of the window.
  ///   - padding: `.valid` uses whole windows only; `.same` keeps the size at stride 1;
  ///     `.causal` looks at earlier steps only.
  ///   - dilation: Distance between the kernel's taps.
  ///   - groups: Channels and filters are divided into so many groups that do not mix.
  public init(
    _ filters: Int, kernel: SpatialSize, stride: SpatialSize = 1, padding: Padding = .valid,
    dilation: SpatialSize = 1, groups: Int = 1, activation: ActivationFunction? = nil, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil, kernelConstraint: Constraint? = nil
  ) {
    settings = ConvolutionSettings(
      axes: 1, filters: filters, window: kernel, stride: stride, padding: padding, dilation: dilation,
      groups: groups)
    self.kernel = Parameter(kernelInitializer, regularizer: kernelRegularizer, constraint: kernelConstraint)
    bias = useBias ? Parameter(biasInitializer) : nil
    self.activation = activation
  }

  /// `[batch, steps, channels]` → the same with `filters` channels.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      let channels = try settings.channels(x, kernel: kernel, perKernel: settings.groups, identity)
      let sizes = try settings.windowSizes(identity)
      try settings.requireRoom(x, identity)
      let weights = kernel.tensor(
        Shape(sizes + [channels / settings.groups, settings.filters]), dtype: x.dtype)
      let result = conv(
        x, weights, strides: settings.stride, padding: settings.padding, dilations: settings.dilation,
        groups: settings.groups)
      return finish(result, bias: bias, activation: activation)
    }
  }
}

/// Convolution over pictures: `[batch, height, width, channels]` → the same with `filters` channels.
///
/// The kernel `[height, width, channels / groups, filters]` comes into being at the first call.
public final class Conv2D: IdentifiedLayer, Sendable {
  /// The weights, `[height, width, channels / groups, filters]`.
  public let kernel: Parameter
  /// Added to each filter's result, `[filters]`; nil without `useBias`.
  public let bias: Parameter?
  /// Applied last; nothing when nil.
  public let activation: ActivationFunction?
  let settings: ConvolutionSettings
  let identity = LayerIdentity("Conv2D")

  /// A convolution with so many filters. Keras's defaults.
  /// - Parameters:
  ///   - filters: Channels of the result.
  ///   - kernel: Size of the window, one number or one for each axis.
  ///   - stride: Step of the window.
  ///   - padding: `.valid` uses whole windows only; `.same` keeps the size at stride 1.
  ///   - dilation: Distance between the kernel's taps.
  ///   - groups: Channels and filters are divided into so many groups that do not mix.
  public init(
    _ filters: Int, kernel: SpatialSize, stride: SpatialSize = 1, padding: Padding = .valid,
    dilation: SpatialSize = 1, groups: Int = 1, activation: ActivationFunction? = nil, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil, kernelConstraint: Constraint? = nil
  ) {
    settings = ConvolutionSettings(
      axes: 2, filters: filters, window: kernel, stride: stride, padding: padding, dilation: dilation,
      groups: groups)
    self.kernel = Parameter(kernelInitializer, regularizer: kernelRegularizer, constraint: kernelConstraint)
    bias = useBias ? Parameter(biasInitializer) : nil
    self.activation = activation
  }

  /// `[batch, height, width, channels]` → the same with `filters` channels.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      let channels = try settings.channels(x, kernel: kernel, perKernel: settings.groups, identity)
      let sizes = try settings.windowSizes(identity)
      try settings.requireRoom(x, identity)
      let weights = kernel.tensor(
        Shape(sizes + [channels / settings.groups, settings.filters]), dtype: x.dtype)
      let result = conv(
        x, weights, strides: settings.stride, padding: settings.padding, dilations: settings.dilation,
        groups: settings.groups)
      return finish(result, bias: bias, activation: activation)
    }
  }
}

/// Convolution over volumes: `[batch, depth, height, width, channels]` → the same with `filters` channels.
///
/// The kernel `[depth, height, width, channels / groups, filters]` comes into being at the first call.
public final class Conv3D: IdentifiedLayer, Sendable {
  /// The weights, `[depth, height, width, channels / groups, filters]`.
  public let kernel: Parameter
  /// Added to each filter's result, `[filters]`; nil without `useBias`.
  public let bias: Parameter?
  /// Applied last; nothing when nil.
  public let activation: ActivationFunction?
  let settings: ConvolutionSettings
  let identity = LayerIdentity("Conv3D")

  /// A convolution with so many filters. Keras's defaults.
  /// - Parameters:
  ///   - filters: Channels of the result.
  ///   - kernel: Size of the window, one number or one for each axis.
  ///   - stride: Step of the window.
  ///   - padding: `.valid` uses whole windows only; `.same` keeps the size at stride 1.
  ///   - dilation: Distance between the kernel's taps.
  ///   - groups: Channels and filters are divided into so many groups that do not mix.
  public init(
    _ filters: Int, kernel: SpatialSize, stride: SpatialSize = 1, padding: Padding = .valid,
    dilation: SpatialSize = 1, groups: Int = 1, activation: ActivationFunction? = nil, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil, kernelConstraint: Constraint? = nil
  ) {
    settings = ConvolutionSettings(
      axes: 3, filters: filters, window: kernel, stride: stride, padding: padding, dilation: dilation,
      groups: groups)
    self.kernel = Parameter(kernelInitializer, regularizer: kernelRegularizer, constraint: kernelConstraint)
    bias = useBias ? Parameter(biasInitializer) : nil
    self.activation = activation
  }

  /// `[batch, depth, height, width, channels]` → the same with `filters` channels.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      let channels = try settings.channels(x, kernel: kernel, perKernel: settings.groups, identity)
      let sizes = try settings.windowSizes(identity)
      try settings.requireRoom(x, identity)
      let weights = kernel.tensor(
        Shape(sizes + [channels / settings.groups, settings.filters]), dtype: x.dtype)
      let result = conv(
        x, weights, strides: settings.stride, padding: settings.padding, dilations: settings.dilation,
        groups: settings.groups)
      return finish(result, bias: bias, activation: activation)
    }
  }
}
