import ApusGraph
import ApusTensor

/// Reduces all spatial axes.
private func reduceSpatial(
  _ x: Tensor, axes count: Int, keepAxes: Bool, maximum: Bool, _ identity: LayerIdentity
) throws(GraphError) -> Tensor {
  try identity.requireRank(count + 2, x, ConvolutionSettings.axisNames[count] ?? "")
  let axes = Array(1...count)
  guard maximum else {
    try identity.requireFloating(x)
    return Tensor(x.value.mean(axes: axes, keepAxes: keepAxes))
  }
  return Tensor(x.value.reduced(.maximum, axes: axes, keepAxes: keepAxes))
}

/// The largest element of each channel over all positions:
/// `[batch, steps, channels]` → `[batch, channels]`.
public final class GlobalMaxPool1D: IdentifiedLayer, Sendable {
  /// Whether the reduced axes stay with size 1.
  public let keepAxes: Bool
  let identity = LayerIdentity("GlobalMaxPool1D")

  /// Pooling over everything.
  public init(keepAxes: Bool = false) { self.keepAxes = keepAxes }

  /// `[batch, steps, channels]` → `[batch, channels]`
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try reduceSpatial(x, axes: 1, keepAxes: keepAxes, maximum: true, identity)
    }
  }
}

/// The largest element of each channel over all positions:
/// `[batch, height, width, channels]` → `[batch, channels]`.
public final class GlobalMaxPool2D: IdentifiedLayer, Sendable {
  /// Whether the reduced axes stay with size 1.
  public let keepAxes: Bool
  let identity = LayerIdentity("GlobalMaxPool2D")

  /// Pooling over everything.
  public init(keepAxes: Bool = false) { self.keepAxes = keepAxes }

  /// `[batch, height, width, channels]` → `[batch, channels]`
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try reduceSpatial(x, axes: 2, keepAxes: keepAxes, maximum: true, identity)
    }
  }
}

/// The largest element of each channel over all positions:
/// `[batch, depth, height, width, channels]` → `[batch, channels]`.
public final class GlobalMaxPool3D: IdentifiedLayer, Sendable {
  /// Whether the reduced axes stay with size 1.
  public let keepAxes: Bool
  let identity = LayerIdentity("GlobalMaxPool3D")

  /// Pooling over everything.
  public init(keepAxes: Bool = false) { self.keepAxes = keepAxes }

  /// `[batch, depth, height, width, channels]` → `[batch, channels]`
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try reduceSpatial(x, axes: 3, keepAxes: keepAxes, maximum: true, identity)
    }
  }
}

/// The mean of each channel over all positions:
/// `[batch, steps, channels]` → `[batch, channels]`.
public final class GlobalAveragePool1D: IdentifiedLayer, Sendable {
  /// Whether the reduced axes stay with size 1.
  public let keepAxes: Bool
  let identity = LayerIdentity("GlobalAveragePool1D")

  /// Pooling over everything.
  public init(keepAxes: Bool = false) { self.keepAxes = keepAxes }

  /// `[batch, steps, channels]` → `[batch, channels]`
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try reduceSpatial(x, axes: 1, keepAxes: keepAxes, maximum: false, identity)
    }
  }
}

/// The mean of each channel over all positions:
/// `[batch, height, width, channels]` → `[batch, channels]`.
public final class GlobalAveragePool2D: IdentifiedLayer, Sendable {
  /// Whether the reduced axes stay with size 1.
  public let keepAxes: Bool
  let identity = LayerIdentity("GlobalAveragePool2D")

  /// Pooling over everything.
  public init(keepAxes: Bool = false) { self.keepAxes = keepAxes }

  /// `[batch, height, width, channels]` → `[batch, channels]`
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try reduceSpatial(x, axes: 2, keepAxes: keepAxes, maximum: false, identity)
    }
  }
}

/// The mean of each channel over all positions:
/// `[batch, depth, height, width, channels]` → `[batch, channels]`.
public final class GlobalAveragePool3D: IdentifiedLayer, Sendable {
  /// Whether the reduced axes stay with size 1.
  public let keepAxes: Bool
  let identity = LayerIdentity("GlobalAveragePool3D")

  /// Pooling over everything.
  public init(keepAxes: Bool = false) { self.keepAxes = keepAxes }

  /// `[batch, depth, height, width, channels]` → `[batch, channels]`
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try reduceSpatial(x, axes: 3, keepAxes: keepAxes, maximum: false, identity)
    }
  }
}
