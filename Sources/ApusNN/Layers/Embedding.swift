import ApusGraph
import ApusTensor

/// A learned vector for each index: `[…]` → `[…, dimensions]`. An index out of range stops the run with an
/// error.
public final class Embedding: IdentifiedLayer, Sendable {
  /// Number of vectors: indices run from 0 to one less.
  public let count: Int
  /// Length of each vector.
  public let dimensions: Int
  /// The vectors, `[count, dimensions]`.
  public let embeddings: Parameter
  let identity = LayerIdentity("Embedding")

  /// So many vectors of a length. Keras's initializer.
  public init(
    _ count: Int, _ dimensions: Int, initializer: Initializer = .randomUniform(),
    regularizer: Regularizer? = nil
  ) {
    self.count = count
    self.dimensions = dimensions
    embeddings = Parameter(initializer, regularizer: regularizer)
  }

  /// Indices `[…]` → `[…, dimensions]`
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      guard count >= 1, dimensions >= 1 else {
        throw identity.error(.argument, "\(count) vectors of length \(dimensions): both must be at least 1")
      }
      guard x.dtype.isInteger else {
        throw identity.error(
          .dtype, "expects whole numbers, got \(x.dtype)", input: x, advice: "convert with .cast(to: .int32)")
      }
      let table = embeddings.tensor([count, dimensions])
      let indices = x.dtype == .int64 ? x.value : x.value.cast(.int32)
      return Tensor(table.value.gather(indices, axis: 0, mode: .checked))
    }
  }
}
