import ApusGraph
import ApusTensor

/// How a pooling layer reduces a window to one element.
public protocol PoolingReduction: Sendable {
  /// What the names of its layers begin with: `Max`.
  static var name: String { get }
  /// Whether elements must be real numbers.
  static var needsReals: Bool { get }
  /// Reduces each window: `[batch, spatial…, channels]` → the same, smaller.
  static func pooled(_ x: Tensor, _ window: SpatialSize, stride: SpatialSize?, padding: Padding) -> Tensor
  /// Reduces whole axes, which stay with size 1 if `keepAxes`.
  static func reduced(_ x: Tensor, axes: [Int], keepAxes: Bool) -> Tensor
}

/// Pooling by the largest element.
public enum MaximumReduction: PoolingReduction {
  /// `Max`
  public static let name = "Max"
  /// False: numbers of any type have a maximum.
  public static let needsReals = false
  /// The largest element of each window.
  public static func pooled(
    _ x: Tensor, _ window: SpatialSize, stride: SpatialSize?, padding: Padding
  ) -> Tensor { maxPool(x, window, strides: stride, padding: padding) }
  /// The largest element along the axes.
  public static func reduced(_ x: Tensor, axes: [Int], keepAxes: Bool) -> Tensor {
    Tensor(x.value.reduced(.maximum, axes: axes, keepAxes: keepAxes))
  }
}

/// Pooling by the mean.
public enum AverageReduction: PoolingReduction {
  /// `Average`
  public static let name = "Average"
  /// True: a mean is a real number.
  public static let needsReals = true
  /// The mean of each window; padding does not count.
  public static func pooled(
    _ x: Tensor, _ window: SpatialSize, stride: SpatialSize?, padding: Padding
  ) -> Tensor { averagePool(x, window, strides: stride, padding: padding) }
  /// The mean along the axes.
  public static func reduced(_ x: Tensor, axes: [Int], keepAxes: Bool) -> Tensor {
    Tensor(x.value.mean(axes: axes, keepAxes: keepAxes))
  }
}

/// Reduces each window of the spatial axes to one element: `MaxPool2D`, `AveragePool1D` and so on are its names.
public final class Pooling<Reduction: PoolingReduction, Rank: SpatialRank>: IdentifiedLayer, SpatialLayer,
  Sendable
{
  /// Size of the window, one number or one for each spatial axis.
  public let window: SpatialSize
  /// Step of the window; the window's size when nil.
  public let stride: SpatialSize?
  /// What happens at the edges.
  public let padding: Padding
  let identity = LayerIdentity("\(Reduction.name)Pool\(Rank.axisCount)D")

  /// Pooling with a window. Keras's defaults.
  /// - Parameters:
  ///   - window: Its size, one number or one for each spatial axis; at least 1.
  ///   - stride: Its step, at least 1; the window's size when nil, so that windows do not overlap.
  ///   - padding: `.valid` uses whole windows only; `.same` gives ⌈size / stride⌉ of them.
  public init(_ window: SpatialSize = 2, stride: SpatialSize? = nil, padding: Padding = .valid) {
    self.window = window
    self.stride = stride
    self.padding = padding
  }

  /// `[batch, spatial…, channels]` → the same, smaller.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try identity.requireRank(Rank.axisCount + 2, x, Rank.inputDescription)
      if Reduction.needsReals { try identity.requireFloating(x) }
      let sizes = try identity.sizes(window, axes: Rank.axisCount, "window")
      if let stride { _ = try identity.sizes(stride, axes: Rank.axisCount, "stride") }
      // The window must fit into the input, or nothing would be left.
      try padding.requireRoom(x, reach: sizes, identity, "window \(window)")
      return Reduction.pooled(x, window, stride: stride, padding: padding)
    }
  }
}

/// The largest element of each window: `[batch, steps, channels]` → the same, shorter. Keras's MaxPooling1D.
public typealias MaxPool1D = Pooling<MaximumReduction, Spatial1D>
/// The largest element of each window: `[batch, height, width, channels]` → the same, smaller. Keras's MaxPooling2D.
public typealias MaxPool2D = Pooling<MaximumReduction, Spatial2D>
/// The largest element of each window: `[batch, depth, height, width, channels]` → the same, smaller. Keras's
/// MaxPooling3D.
public typealias MaxPool3D = Pooling<MaximumReduction, Spatial3D>
/// The mean of each window, in which padding does not count: `[batch, steps, channels]` → the same, shorter. Keras's
/// AveragePooling1D.
public typealias AveragePool1D = Pooling<AverageReduction, Spatial1D>
/// The mean of each window, in which padding does not count: `[batch, height, width, channels]` → the same, smaller.
/// Keras's AveragePooling2D.
public typealias AveragePool2D = Pooling<AverageReduction, Spatial2D>
/// The mean of each window, in which padding does not count: `[batch, depth, height, width, channels]` → the same,
/// smaller. Keras's AveragePooling3D.
public typealias AveragePool3D = Pooling<AverageReduction, Spatial3D>
