import ApusGraph
import ApusTensor

/// A convolution of each channel by itself: `[batch, height, width, channels]` → the same with
/// `channels · multiplier` channels.
public final class DepthwiseConv2D: IdentifiedLayer, SpatialLayer, Sendable {
  /// The weights, `[height, width, 1, channels · multiplier]`: a convolution with a group for each channel.
  public let kernel: Parameter
  /// Added to each result channel; nil without `useBias`.
  public let bias: Parameter?
  /// Applied last; nothing when nil.
  public let activation: ActivationFunction?
  /// Filters for each channel.
  public let multiplier: Int
  private let settings: ConvolutionSettings
  let identity = LayerIdentity("DepthwiseConv2D")

  /// A depthwise convolution. Keras's defaults.
  public init(
    kernel: SpatialSize, stride: SpatialSize = 1, padding: Padding = .valid, multiplier: Int = 1,
    dilation: SpatialSize = 1, activation: ActivationFunction? = nil, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil
  ) {
    settings = ConvolutionSettings(
      axes: 2, filters: 1, window: kernel, stride: stride, padding: padding, dilation: dilation, groups: 1)
    self.kernel = Parameter(kernelInitializer, regularizer: kernelRegularizer)
    bias = useBias ? Parameter(biasInitializer) : nil
    self.activation = activation
    self.multiplier = multiplier
  }

  /// `[batch, height, width, channels]` → the same with `channels · multiplier` channels.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      let result = try depthwise(
        x, kernel: kernel, multiplier: multiplier, settings: settings, identity)
      return finish(result, bias: bias, activation: activation)
    }
  }
}

/// A depthwise convolution followed by a 1×1 convolution that mixes channels. Chollet, arXiv:1610.02357.
public final class SeparableConv2D: IdentifiedLayer, SpatialLayer, Sendable {
  /// The weights of the first, `[height, width, 1, channels · multiplier]`.
  public let depthwiseKernel: Parameter
  /// The weights of the second, `[1, 1, channels · multiplier, filters]`.
  public let pointwiseKernel: Parameter
  /// Added to each filter's result, `[filters]`; nil without `useBias`.
  public let bias: Parameter?
  /// Applied last; nothing when nil.
  public let activation: ActivationFunction?
  /// Filters of the first for each channel.
  public let multiplier: Int
  private let settings: ConvolutionSettings
  let identity = LayerIdentity("SeparableConv2D")

  /// A separable convolution with so many filters. Keras's defaults.
  public init(
    _ filters: Int, kernel: SpatialSize, stride: SpatialSize = 1, padding: Padding = .valid,
    multiplier: Int = 1, dilation: SpatialSize = 1, activation: ActivationFunction? = nil,
    useBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros
  ) {
    settings = ConvolutionSettings(
      axes: 2, filters: filters, window: kernel, stride: stride, padding: padding, dilation: dilation,
      groups: 1)
    depthwiseKernel = Parameter(kernelInitializer)
    pointwiseKernel = Parameter(kernelInitializer)
    bias = useBias ? Parameter(biasInitializer) : nil
    self.activation = activation
    self.multiplier = multiplier
  }

  /// `[batch, height, width, channels]` → the same with `filters` channels.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try identity.require([ArgumentCheck.isCount(settings.filters, "number of filters")])
      let middle = try depthwise(
        x, kernel: depthwiseKernel, multiplier: multiplier, settings: settings, identity)
      if middle.failure != nil { return middle }
      let point = pointwiseKernel.tensor(
        [1, 1, middle.shape[3], settings.filters], dtype: x.dtype)
      return finish(conv(middle, point), bias: bias, activation: activation)
    }
  }
}

private func depthwise(
  _ x: Tensor, kernel: Parameter, multiplier: Int, settings: ConvolutionSettings, _ identity: LayerIdentity
) throws(GraphError) -> Tensor {
  guard multiplier >= 1 else {
    throw identity.error(.argument, "multiplier \(multiplier) must be at least 1")
  }
  try identity.requireRank(4, x, ConvolutionSettings.axisNames[2] ?? "")
  try identity.requireFloating(x)
  let channels = x.shape[3]
  if let built = kernel.shape, built[3] != channels * multiplier {
    throw identity.error(
      .shape,
      "expects \(built[3] / multiplier) channels (built from the first input), got \(channels): the last axis of \(x.shape)",
      input: x)
  }
  let sizes = try settings.windowSizes(identity)
  try settings.requireRoom(x, identity)
  let area = Double(sizes.reduce(1, *))
  let weights = kernel.tensor(
    Shape(sizes + [1, channels * multiplier]), dtype: x.dtype,
    // Keras's kernel is [height, width, channels, multiplier], and its fans go by that.
    fans: Fans(input: area * Double(channels), output: area * Double(multiplier)))
  let result = conv(
    x, weights, strides: settings.stride, padding: settings.padding, dilations: settings.dilation,
    groups: channels)
  return result
}
