import ApusGraph
import ApusTensor

/// Reduces each channel over all positions to one element: `GlobalAveragePool2D`, `GlobalMaxPool1D` and so on are its
/// names.
public final class GlobalPooling<Reduction: PoolingReduction, Rank: SpatialRank>: IdentifiedLayer, Sendable {
  /// Whether the reduced axes stay with size 1.
  public let keepAxes: Bool
  let identity = LayerIdentity("Global\(Reduction.name)Pool\(Rank.axisCount)D")

  /// Pooling over all positions.
  /// - Parameter keepAxes: Whether the reduced axes stay with size 1, so that the result has the input's rank.
  public init(keepAxes: Bool = false) { self.keepAxes = keepAxes }

  /// `[batch, spatial…, channels]` → `[batch, channels]`, with `keepAxes` `[batch, 1…, channels]`.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try identity.requireRank(Rank.axisCount + 2, x, Rank.inputDescription)
      if Reduction.needsReals { try identity.requireFloating(x) }
      return Reduction.reduced(x, axes: Array(1...Rank.axisCount), keepAxes: keepAxes)
    }
  }
}

/// The largest element of each channel over all steps: `[batch, steps, channels]` → `[batch, channels]`.
public typealias GlobalMaxPool1D = GlobalPooling<MaximumReduction, Spatial1D>
/// The largest element of each channel over an image: `[batch, height, width, channels]` → `[batch, channels]`.
public typealias GlobalMaxPool2D = GlobalPooling<MaximumReduction, Spatial2D>
/// The largest element of each channel over a volume: `[batch, depth, height, width, channels]` → `[batch, channels]`.
public typealias GlobalMaxPool3D = GlobalPooling<MaximumReduction, Spatial3D>
/// The mean of each channel over all steps: `[batch, steps, channels]` → `[batch, channels]`.
public typealias GlobalAveragePool1D = GlobalPooling<AverageReduction, Spatial1D>
/// The mean of each channel over an image: `[batch, height, width, channels]` → `[batch, channels]`.
public typealias GlobalAveragePool2D = GlobalPooling<AverageReduction, Spatial2D>
/// The mean of each channel over a volume: `[batch, depth, height, width, channels]` → `[batch, channels]`.
public typealias GlobalAveragePool3D = GlobalPooling<AverageReduction, Spatial3D>
