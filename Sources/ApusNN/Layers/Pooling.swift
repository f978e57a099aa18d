import ApusGraph
import ApusTensor

/// The window of a pooling layer.
struct PoolSettings: Sendable {
  let axes: Int
  let window: SpatialSize
  let stride: SpatialSize?
  let padding: Padding

  func check(_ x: Tensor, _ identity: LayerIdentity) throws(GraphError) {
    try identity.requireRank(axes + 2, x, ConvolutionSettings.axisNames[axes] ?? "")
    // The window must fit into the input, or nothing would be left.
    try padding.requireRoom(x, reach: window.values(axes: axes) ?? [], identity, "window \(window)")
  }

}

/// The largest element of each window over sequences. Also known as MaxPooling1D.
public final class MaxPool1D: IdentifiedLayer, Sendable {
  let settings: PoolSettings
  let identity = LayerIdentity("MaxPool1D")

  /// Pooling with a window. Keras's defaults.
  /// - Parameters:
  ///   - window: Its size, one number or one for each axis.
  ///   - stride: Its step; the window itself when nil, so that windows do not overlap.
  public init(_ window: SpatialSize = 2, stride: SpatialSize? = nil, padding: Padding = .valid) {
    settings = PoolSettings(axes: 1, window: window, stride: stride, padding: padding)
  }

  /// `[batch, steps, channels]` → the same, smaller.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try settings.check(x, identity)
      return maxPool(x, settings.window, strides: settings.stride, padding: settings.padding)
    }
  }
}

/// The largest element of each window over pictures. Also known as MaxPooling2D.
public final class MaxPool2D: IdentifiedLayer, Sendable {
  let settings: PoolSettings
  let identity = LayerIdentity("MaxPool2D")

  /// Pooling with a window. Keras's defaults.
  /// - Parameters:
  ///   - window: Its size, one number or one for each axis.
  ///   - stride: Its step; the window itself when nil, so that windows do not overlap.
  public init(_ window: SpatialSize = 2, stride: SpatialSize? = nil, padding: Padding = .valid) {
    settings = PoolSettings(axes: 2, window: window, stride: stride, padding: padding)
  }

  /// `[batch, height, width, channels]` → the same, smaller.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try settings.check(x, identity)
      return maxPool(x, settings.window, strides: settings.stride, padding: settings.padding)
    }
  }
}

/// The largest element of each window over volumes. Also known as MaxPooling3D.
public final class MaxPool3D: IdentifiedLayer, Sendable {
  let settings: PoolSettings
  let identity = LayerIdentity("MaxPool3D")

  /// Pooling with a window. Keras's defaults.
  /// - Parameters:
  ///   - window: Its size, one number or one for each axis.
  ///   - stride: Its step; the window itself when nil, so that windows do not overlap.
  public init(_ window: SpatialSize = 2, stride: SpatialSize? = nil, padding: Padding = .valid) {
    settings = PoolSettings(axes: 3, window: window, stride: stride, padding: padding)
  }

  /// `[batch, depth, height, width, channels]` → the same, smaller.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try settings.check(x, identity)
      return maxPool(x, settings.window, strides: settings.stride, padding: settings.padding)
    }
  }
}

/// The mean of each window over sequences. Padding does not count. Also known as AveragePooling1D.
public final class AveragePool1D: IdentifiedLayer, Sendable {
  let settings: PoolSettings
  let identity = LayerIdentity("AveragePool1D")

  /// Pooling with a window. Keras's defaults.
  /// - Parameters:
  ///   - window: Its size, one number or one for each axis.
  ///   - stride: Its step; the window itself when nil, so that windows do not overlap.
  public init(_ window: SpatialSize = 2, stride: SpatialSize? = nil, padding: Padding = .valid) {
    settings = PoolSettings(axes: 1, window: window, stride: stride, padding: padding)
  }

  /// `[batch, steps, channels]` → the same, smaller.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try settings.check(x, identity)
      return averagePool(x, settings.window, strides: settings.stride, padding: settings.padding)
    }
  }
}

/// The mean of each window over pictures. Padding does not count. Also known as AveragePooling2D.
public final class AveragePool2D: IdentifiedLayer, Sendable {
  let settings: PoolSettings
  let identity = LayerIdentity("AveragePool2D")

  /// Pooling with a window. Keras's defaults.
  /// - Parameters:
  ///   - window: Its size, one number or one for each axis.
  ///   - stride: Its step; the window itself when nil, so that windows do not overlap.
  public init(_ window: SpatialSize = 2, stride: SpatialSize? = nil, padding: Padding = .valid) {
    settings = PoolSettings(axes: 2, window: window, stride: stride, padding: padding)
  }

  /// `[batch, height, width, channels]` → the same, smaller.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try settings.check(x, identity)
      return averagePool(x, settings.window, strides: settings.stride, padding: settings.padding)
    }
  }
}

/// The mean of each window over volumes. Padding does not count. Also known as AveragePooling3D.
public final class AveragePool3D: IdentifiedLayer, Sendable {
  let settings: PoolSettings
  let identity = LayerIdentity("AveragePool3D")

  /// Pooling with a window. Keras's defaults.
  /// - Parameters:
  ///   - window: Its size, one number or one for each axis.
  ///   - stride: Its step; the window itself when nil, so that windows do not overlap.
  public init(_ window: SpatialSize = 2, stride: SpatialSize? = nil, padding: Padding = .valid) {
    settings = PoolSettings(axes: 3, window: window, stride: stride, padding: padding)
  }

  /// `[batch, depth, height, width, channels]` → the same, smaller.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try settings.check(x, identity)
      return averagePool(x, settings.window, strides: settings.stride, padding: settings.padding)
    }
  }
}
