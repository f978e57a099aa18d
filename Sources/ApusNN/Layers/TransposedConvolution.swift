import ApusGraph
import ApusTensor

/// Transposed convolution, which enlarges the spatial axes by its stride: `[batch, spatial…, channels]` → the same,
/// enlarged, with `filters` channels. `Conv1DTranspose`, `Conv2DTranspose` and `Conv3DTranspose` are its names.
public final class TransposedConvolution<Rank: SpatialRank>: IdentifiedLayer, SpatialLayer, Sendable {
  /// The weights, `[window…, filters, channels]`.
  public let kernel: Parameter
  /// Added to each filter's result, `[filters]`; nil without `useBias`.
  public let bias: Parameter?
  /// Applied last; nothing when nil.
  public let activation: ActivationFunction?
  /// Elements added at the end of each axis; the usual size when nil.
  public let outputPadding: SpatialSize?
  let settings: ConvolutionSettings
  let identity = LayerIdentity("Conv\(Rank.axisCount)DTranspose")

  /// A transposed convolution with Keras's defaults and sizes: see `convTranspose`.
  /// - Parameters:
  ///   - filters: Channels of the result, at least 1.
  ///   - kernel: Size of the window, one number or one for each spatial axis; at least 1.
  ///   - stride: By how much each axis is enlarged, at least 1.
  ///   - padding: `.valid` keeps all that the windows reach; `.same` gives size · stride.
  ///   - outputPadding: Elements added at the end of each axis, below the stride; the usual size when nil.
  ///   - dilation: Distance between the kernel's taps, at least 1.
  ///   - activation: Applied to the result; none when nil.
  ///   - useBias: Whether a learned number is added to each filter's result.
  ///   - kernelInitializer: Initial values of the kernel.
  ///   - biasInitializer: Initial values of the bias.
  ///   - kernelRegularizer: A penalty on the kernel that training adds to the loss.
  public init(
    _ filters: Int, kernel: SpatialSize, stride: SpatialSize = 1, padding: Padding = .valid,
    outputPadding: SpatialSize? = nil, dilation: SpatialSize = 1, activation: ActivationFunction? = nil,
    useBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros, kernelRegularizer: Regularizer? = nil
  ) {
    settings = ConvolutionSettings(
      axes: Rank.axisCount, filters: filters, window: kernel, stride: stride, padding: padding,
      dilation: dilation, groups: 1)
    self.kernel = Parameter(kernelInitializer, regularizer: kernelRegularizer)
    bias = useBias ? Parameter(biasInitializer) : nil
    self.activation = activation
    self.outputPadding = outputPadding
  }

  /// `[batch, spatial…, channels]` → the same, enlarged, with `filters` channels.
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

/// Transposed convolution over sequences: `[batch, steps, channels]` → `[batch, steps · stride, filters]`. Its kernel is
/// `[steps, filters, channels]`.
public typealias Conv1DTranspose = TransposedConvolution<Spatial1D>
/// Transposed convolution over images: `[batch, height, width, channels]` →
/// `[batch, height · stride, width · stride, filters]`. Its kernel is `[height, width, filters, channels]`.
public typealias Conv2DTranspose = TransposedConvolution<Spatial2D>
/// Transposed convolution over volumes: `[batch, depth, height, width, channels]` → each axis times the stride, with
/// `filters` channels. Its kernel is `[depth, height, width, filters, channels]`.
public typealias Conv3DTranspose = TransposedConvolution<Spatial3D>
