import ApusGraph
import ApusTensor

/// A learned vector for each place in a sequence, added to what stands there.
public final class PositionEmbedding: IdentifiedLayer, Sendable {
  /// The longest sequence.
  public let capacity: Int
  /// The vectors, `[capacity, features]`.
  public let embeddings: Parameter
  let identity = LayerIdentity("PositionEmbedding")

  /// Vectors for so many places. Keras's initializer.
  public init(_ capacity: Int, initializer: Initializer = .glorotUniform) {
    self.capacity = capacity
    embeddings = Parameter(initializer)
  }

  /// `[…, time, features]` → the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor { self(x, from: nil) }

  /// `[…, time, features]` → the same shape.
  /// - Parameters:
  ///   - x: `[…, time, features]`
  ///   - position: The place of the first of them, a whole number; 0 when left out.
  /// - Returns: `[…, time, features]`
  public func callAsFunction(_ x: Tensor, from position: Tensor?) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try identity.requireFloating(x)
      guard x.rank >= 2 else {
        throw identity.error(.shape, "expects […, time, features], got shape \(x.shape)", input: x)
      }
      let time = x.shape[x.rank - 2], features = x.shape[x.rank - 1]
      guard time <= capacity else {
        throw identity.error(
          .shape, "has vectors for \(capacity) places, the input \(x.shape) has \(time)", input: x)
      }
      let table = embeddings.tensor([capacity, features], dtype: x.dtype).value
      guard let position else { return Tensor(x.value + table.slice(axis: 0, 0..<time)) }
      let places = Value.iota([time]) + position.value.cast(.int32)
      return Tensor(x.value + table.gather(places, axis: 0, mode: .checked))
    }
  }
}
