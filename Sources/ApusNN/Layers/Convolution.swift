import ApusGraph
import ApusTensor

/// Convolution over the spatial axes: `[batch, spatial…, channels]` → the same with `filters` channels. `Conv1D`,
/// `Conv2D` and `Conv3D` are its names.
///
/// The kernel `[window…, channels / groups, filters]` is created at the first call, when the number of channels is
/// known.
public final class Convolution<Rank: SpatialRank>: IdentifiedLayer, SpatialLayer, Sendable {
  /// The weights, `[window…, channels / groups, filters]`.
  public let kernel: Parameter
  /// Added to each filter's result, `[filters]`; nil without `useBias`.
  public let bias: Parameter?
  /// Applied last; nothing when nil.
  public let activation: ActivationFunction?
  let settings: ConvolutionSettings
  let identity = LayerIdentity("Conv\(Rank.axisCount)D")

  /// A convolution with Keras's defaults.
  /// - Parameters:
  ///   - filters: Channels of the result; at least 1 and a multiple of `groups`.
  ///   - kernel: Size of the window, one number or one for each spatial axis; at least 1.
  ///   - stride: Step of the window, at least 1.
  ///   - padding: `.valid` uses whole windows only; `.same` keeps the size at stride 1; `.causal`, for sequences, looks
  ///     at earlier steps only.
  ///   - dilation: Distance between the kernel's taps, at least 1.
  ///   - groups: Channels and filters are divided into so many groups that do not mix.
  ///   - activation: Applied to the result; none when nil.
  ///   - useBias: Whether a learned number is added to each filter's result. A following normalization makes it
  ///     needless.
  ///   - kernelInitializer: Initial values of the kernel.
  ///   - biasInitializer: Initial values of the bias.
  ///   - kernelRegularizer: A penalty on the kernel that training adds to the loss.
  ///   - kernelConstraint: A condition on the kernel that each update restores.
  public init(
    _ filters: Int, kernel: SpatialSize, stride: SpatialSize = 1, padding: Padding = .valid,
    dilation: SpatialSize = 1, groups: Int = 1, activation: ActivationFunction? = nil, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil, kernelConstraint: Constraint? = nil
  ) {
    settings = ConvolutionSettings(
      axes: Rank.axisCount, filters: filters, window: kernel, stride: stride, padding: padding,
      dilation: dilation, groups: groups)
    self.kernel = Parameter(kernelInitializer, regularizer: kernelRegularizer, constraint: kernelConstraint)
    bias = useBias ? Parameter(biasInitializer) : nil
    self.activation = activation
  }

  /// `[batch, spatial…, channels]` → the same with `filters` channels.
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

/// Convolution over sequences: `[batch, steps, channels]` → `[batch, steps, filters]`. Its kernel is
/// `[steps, channels / groups, filters]`.
public typealias Conv1D = Convolution<Spatial1D>
/// Convolution over images: `[batch, height, width, channels]` → `[batch, height, width, filters]`. Its kernel is
/// `[height, width, channels / groups, filters]`.
public typealias Conv2D = Convolution<Spatial2D>
/// Convolution over volumes: `[batch, depth, height, width, channels]` → `[batch, depth, height, width, filters]`. Its
/// kernel is `[depth, height, width, channels / groups, filters]`.
public typealias Conv3D = Convolution<Spatial3D>
