import ApusNN
import ApusTensor

// What several families are made of.
extension FunctionalBuilder {
  /// Channels of a connection.
  func channels(_ x: Connection) -> Int { shape(of: x).dimensions.last ?? 0 }

  func convolution(
    _ x: Connection, _ filters: Int, _ kernel: SpatialSize, stride: SpatialSize = 1,
    padding: Padding = .valid,
    groups: Int = 1, activation: ActivationFunction? = nil, useBias: Bool = true,
    initializer: Initializer = .glorotUniform, name: String? = nil
  ) -> Connection {
    add(
      Conv2D(
        filters, kernel: kernel, stride: stride, padding: padding, groups: groups, activation: activation,
        useBias: useBias, kernelInitializer: initializer), to: x, name: name)
  }

  func depthwise(
    _ x: Connection, _ kernel: SpatialSize, stride: SpatialSize = 1, padding: Padding = .same,
    initializer: Initializer = .glorotUniform, name: String? = nil
  ) -> Connection {
    add(
      DepthwiseConv2D(
        kernel: kernel, stride: stride, padding: padding, useBias: false, kernelInitializer: initializer),
      to: x,
      name: name)
  }

  func batchNorm(
    _ x: Connection, momentum: Double = 0.99, epsilon: Double = 1e-3, scale: Bool = true, name: String? = nil
  ) -> Connection {
    add(BatchNorm(momentum: momentum, epsilon: epsilon, scale: scale), to: x, name: name)
  }

  func activation(_ function: ActivationFunction, _ x: Connection, name: String? = nil) -> Connection {
    add(Activation(function), to: x, name: name)
  }

  func relu(_ x: Connection, name: String? = nil) -> Connection { activation(.relu, x, name: name) }

  /// The rectifier limited to 6, as a layer of its own.
  func relu6(_ x: Connection, name: String? = nil) -> Connection { add(ReLU(maximum: 6), to: x, name: name) }

  /// Zeros that make a window of stride 2 see the same pixels as TensorFlow's `same` padding does, whether the
  /// image's sides are even or odd.
  func stridePadding(_ x: Connection, kernel: Int, name: String? = nil) -> Connection {
    let sides = shape(of: x).dimensions.prefix(2).map { (kernel / 2 - (1 - $0 % 2), kernel / 2) }
    return add(ZeroPadding2D(height: sides[0], width: sides[1]), to: x, name: name)
  }

  /// A factor for each channel from the means of all: Hu et al., arXiv:1709.01507, as EfficientNet has it.
  func squeezeAndExcite(
    _ x: Connection, _ squeezed: Int, activation: ActivationFunction, initializer: Initializer, prefix: String
  ) -> Connection {
    let filters = channels(x)
    var factors = add(GlobalAveragePool2D(), to: x, name: prefix + "se_squeeze")
    factors = add(Reshape([1, 1, filters]), to: factors, name: prefix + "se_reshape")
    factors = convolution(
      factors, squeezed, 1, padding: .same, activation: activation, initializer: initializer,
      name: prefix + "se_reduce")
    factors = convolution(
      factors, filters, 1, padding: .same, activation: .sigmoid, initializer: initializer,
      name: prefix + "se_expand")
    return add(Multiply(), to: [x, factors], name: prefix + "se_excite")
  }
}

/// `value` rounded to a multiple of `divisor`, by no more than a tenth downwards.
func roundedChannels(_ value: Double, divisor: Int = 8) -> Int {
  let rounded = max(divisor, Int(value + Double(divisor) / 2) / divisor * divisor)
  return Double(rounded) < 0.9 * value ? rounded + divisor : rounded
}
