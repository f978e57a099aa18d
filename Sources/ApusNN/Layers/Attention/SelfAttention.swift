import ApusGraph
import ApusTensor

/// Attention of a sequence to itself, with query, key and value out of one projection: what the blocks of
/// transformers are made of. Heads are read where that projection put them.
public final class SelfAttention: IdentifiedLayer, Sendable {
  /// Size of the last axis of input and result, a multiple of `heads`.
  public let features: Int
  /// Number of heads.
  public let heads: Int
  /// Whether a position may see only itself and what came before.
  public let isCausal: Bool
  /// The projection to query, key and value, side by side: `[features, 3 · features]`.
  public let projection: Dense
  /// The projection of all heads to the result, `[features, features]`.
  public let output: Dense
  let identity = LayerIdentity("SelfAttention")

  /// Self-attention with so many heads of `features / heads` each.
  public init(
    _ features: Int, heads: Int, causal: Bool = false, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform
  ) {
    self.features = features
    self.heads = heads
    isCausal = causal
    projection = Dense(3 * features, useBias: useBias, kernelInitializer: kernelInitializer)
    output = Dense(features, useBias: useBias, kernelInitializer: kernelInitializer)
  }

  /// `[batch, time, features]` → the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor { self(x, mask: nil) }

  /// `[batch, time, features]` → the same shape.
  /// - Parameters:
  ///   - x: `[batch, time, features]`
  ///   - mask: `bool[queries, keys]`, `[batch, queries, keys]` or `[batch, heads, queries, keys]`: the number of
  ///     axes decides, as in `scaledDotProductAttention`. A padding mask `[batch, keys]` is
  ///     `mask.expandedDimensions(axis: 1)`.
  /// - Returns: `[batch, time, features]`
  public func callAsFunction(_ x: Tensor, mask: Tensor?) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      let parts = try projected(x)
      return joined(
        scaledDotProductAttention(parts[0], parts[1], parts[2], mask: mask, causal: isCausal), x.shape)
    }
  }

  /// The continuation of a sequence whose earlier keys and values `cache` holds: each new position sees all
  /// before it and itself. The new keys and values are added to the cache.
  /// - Parameters:
  ///   - x: `[batch, new, features]`
  ///   - cache: The keys and values of the positions before.
  ///   - position: How many positions came before, an `int32` scalar; an operand of the program, so that steps at
  ///     different positions are one program.
  /// - Returns: `[batch, new, features]`
  public func callAsFunction(_ x: Tensor, cache: KeyValueCache, position: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      let parts = try projected(x)
      let (keys, values) = try cache.append(parts[1], parts[2], at: position)
      let lengths = Tensor(position.value.cast(.int32) + Double(x.shape[1]))
      return joined(
        scaledDotProductAttention(parts[0], keys, values, causal: true, lengths: lengths), x.shape)
    }
  }

  /// Query, key and value, each `[batch, time, heads, size]`.
  private func projected(_ x: Tensor) throws(GraphError) -> [Tensor] {
    try identity.requireFloating(x)
    guard heads >= 1, features >= heads, features % heads == 0 else {
      throw identity.error(.argument, "\(features) features cannot be shared out among \(heads) heads")
    }
    guard x.rank == 3, x.shape[2] == features else {
      throw identity.error(.shape, "expects [batch, time, \(features)], got shape \(x.shape)", input: x)
    }
    let all = projection(x)
    if let failure = all.failure { throw failure }
    return (0..<3).map { part in
      Tensor(
        all.value.slice(axis: 2, (part * features)..<((part + 1) * features))
          .reshaped([x.shape[0], x.shape[1], heads, features / heads]))
    }
  }

  private func joined(_ heads: Tensor, _ shape: Shape) -> Tensor {
    heads.failure != nil ? heads : output(Tensor(heads.value.reshaped(shape)))
  }
}
