import ApusGraph
import ApusTensor

/// (x − mean) / std for each feature of the last axis, with statistics measured once on the training set. Keras's layer of
/// the same name.
///
/// The statistics are saved with the weights, so that a model served later treats its inputs in the same way.
public final class Normalization: IdentifiedLayer, Sendable {
  /// Mean of each feature.
  public let mean = Parameter(.zeros, kind: .state)
  /// Standard deviation of each feature.
  public let deviation = Parameter(.ones, kind: .state)
  let identity = LayerIdentity("Normalization")

  /// A layer that does nothing until it was adapted or loaded.
  public init() {}

  /// Measures the statistics of data `[…, features]`. A feature that never changes gets a deviation of 1.
  /// - Throws: `GraphError` when the data cannot be computed.
  public func adapt(to data: Tensor) throws {
    guard data.rank >= 1, data.count > 0 else {
      throw identity.error(.shape, "cannot measure statistics of data of shape \(data.shape)")
    }
    let x = data.value.cast(.float64)
    let axes = Array(0..<(x.rank - 1))
    let center = x.mean(axes: axes)
    let spread = (x - center).squared().mean(axes: axes).sqrt()
    let used = spread.compare(.greater, spread.splat(0)).select(spread, spread.splat(1))
    mean.assign(Tensor(center.cast(.float32)))
    deviation.assign(Tensor(used.cast(.float32)))
    try evaluate(mean.tensor, deviation.tensor)
  }

  /// `[…, features]` → the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try identity.requireFloating(x)
      guard x.rank >= 1 else { throw identity.error(.shape, "expects […, features], got a scalar", input: x) }
      let features: Shape = [x.shape[x.rank - 1]]
      if let built = mean.shape, built != features {
        throw identity.error(
          .shape,
          "expects \(built[0]) features (as it was adapted), got \(features[0]): the last axis of \(x.shape)",
          input: x)
      }
      let center = mean.tensor(features).value.cast(x.dtype)
      let scale = deviation.tensor(features).value.cast(x.dtype)
      return Tensor((x.value - center) / scale)
    }
  }
}
