import ApusGraph
import ApusTensor

/// Attention of queries to keys with several heads. Vaswani et al., arXiv:1706.03762; with fewer heads of keys
/// and values than of queries Ainslie et al., arXiv:2305.13245.
///
/// ```swift
/// let attention = MultiHeadAttention(heads: 8, keySize: 64)
/// let y = attention(x, causal: true)                 // self-attention
/// let z = attention(x, value: memory, mask: visible) // cross-attention
/// ```
///
/// Keras's layer of the same name: its kernels `[features, heads, size]` are these with the last two axes as one.
public final class MultiHeadAttention: IdentifiedLayer, Sendable {
  /// Number of heads of the queries.
  public let heads: Int
  /// Number of heads of keys and values; `heads` is a multiple of it.
  public let keyHeads: Int
  /// Size of one head's queries and keys, and of its values.
  public let keySize: Int, valueSize: Int
  /// Size of the result's last axis; that of the query's when nil.
  public let outputSize: Int?
  /// Projections into heads.
  public let query: Dense, key: Dense, value: Dense
  /// The projection of all heads to the result, `[heads · value size, features]`; made at the first call.
  public let outputKernel: Parameter
  /// Added to the result, `[features]`; nil without `useBias`.
  public let outputBias: Parameter?
  let identity = LayerIdentity("MultiHeadAttention")

  /// Attention with so many heads.
  /// - Parameters:
  ///   - heads: Number of heads of the queries.
  ///   - keySize: Size of one head's queries and keys.
  ///   - valueSize: `keySize` when left out.
  ///   - keyHeads: `heads` when left out; fewer make groups of heads share keys and values.
  ///   - outputSize: Size of the result's last axis; that of the query's when nil.
  ///   - useBias: Whether the projections add a learned vector.
  ///   - kernelInitializer: Initial values of the kernels.
  public init(
    heads: Int, keySize: Int, valueSize: Int? = nil, keyHeads: Int? = nil, outputSize: Int? = nil,
    useBias: Bool = true, kernelInitializer: Initializer = .glorotUniform
  ) {
    self.heads = heads
    self.keyHeads = keyHeads ?? heads
    self.keySize = keySize
    self.valueSize = valueSize ?? keySize
    self.outputSize = outputSize
    func projection(_ heads: Int, _ size: Int) -> Dense {
      Dense(heads * size, useBias: useBias, kernelInitializer: kernelInitializer)
    }
    query = projection(heads, keySize)
    key = projection(self.keyHeads, keySize)
    value = projection(self.keyHeads, self.valueSize)
    outputKernel = Parameter(kernelInitializer)
    outputBias = useBias ? Parameter(.zeros) : nil
  }

  /// Self-attention: `[batch, time, features]` → `[batch, time, output size]`.
  public func callAsFunction(_ x: Tensor) -> Tensor { self(x, value: x) }

  /// Self-attention in which a position may see only itself and what came before.
  public func callAsFunction(_ x: Tensor, causal: Bool, mask: Tensor? = nil) -> Tensor {
    self(x, value: x, mask: mask, causal: causal)
  }

  /// Attention of `x` to `value`.
  /// - Parameters:
  ///   - x: `[batch, queries, features]`
  ///   - source: What is looked up, `[batch, keys, features]`.
  ///   - other: What the queries are compared with, `[batch, keys, features]`; `value` when left out.
  ///   - mask: `bool[queries, keys]`, `[batch, queries, keys]` or `[batch, heads, queries, keys]`: the number of
  ///     axes decides, as in `scaledDotProductAttention`. A padding mask `[batch, keys]` is
  ///     `mask.expandedDimensions(axis: 1)`.
  ///   - causal: Whether a query sees only keys up to its own place.
  /// - Returns: `[batch, queries, output size]`
  public func callAsFunction(
    _ x: Tensor, value source: Tensor, key other: Tensor? = nil, mask: Tensor? = nil, causal: Bool = false
  ) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try identity.require([ArgumentCheck.isCount(outputSize ?? 1, "output size")])
      guard heads >= 1, keyHeads >= 1, keySize >= 1, valueSize >= 1, heads % keyHeads == 0 else {
        throw identity.error(
          .argument,
          "\(heads) heads over \(keyHeads) heads of keys, of sizes \(keySize) and \(valueSize): all must be at least 1, and the first a multiple of the second"
        )
      }
      for (tensor, name) in [(x, "query"), (source, "value"), (other ?? source, "key")] {
        guard tensor.rank == 3 else {
          throw identity.error(
            .shape, "expects [batch, time, features] as \(name), got shape \(tensor.shape)", input: tensor)
        }
      }
      let result = scaledDotProductAttention(
        split(query(x), heads, keySize), split(key(other ?? source), keyHeads, keySize),
        split(value(source), keyHeads, valueSize), mask: mask, causal: causal)
      if let failure = result.failure { throw failure }
      let (batch, time) = (x.shape[0], x.shape[1])
      let inputs = heads * valueSize, outputs = outputSize ?? x.shape[2]
      let kernel = outputKernel.tensor([inputs, outputs], dtype: x.dtype).value
      var joined = result.value.reshaped([batch * time, inputs]).matmul(kernel)
      if let outputBias { joined = joined + outputBias.tensor([outputs], dtype: x.dtype).value }
      return Tensor(joined.reshaped([batch, time, outputs]))
    }
  }

  /// `[batch, time, heads · size]` → `[batch, time, heads, size]`
  private func split(_ x: Tensor, _ heads: Int, _ size: Int) -> Tensor {
    if x.failure != nil { return x }
    return Tensor(x.value.reshaped([x.shape[0], x.shape[1], heads, size]))
  }
}
