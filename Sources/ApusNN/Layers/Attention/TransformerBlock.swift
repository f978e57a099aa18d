import ApusGraph
import ApusTensor

/// Self-attention and two dense layers, each normalized before and added to its input: the block of GPT-2.
/// Radford et al., 2019; Xiong et al., arXiv:2002.04745, on where to normalize.
public final class TransformerBlock: IdentifiedLayer, Sendable {
  /// The normalization before the attention.
  public let norm1: LayerNorm
  /// Attention of the positions to each other.
  public let attention: SelfAttention
  /// The normalization before the dense layers.
  public let norm2: LayerNorm
  /// The dense layer to the hidden size and the one back.
  public let expansion: Dense, contraction: Dense
  /// Applied in training to what is added.
  public let dropout: Dropout
  let identity = LayerIdentity("TransformerBlock")

  /// A block over `features` with so many heads.
  /// - Parameters:
  ///   - features: Size of the last axis of input and result, a multiple of `heads`.
  ///   - heads: Number of heads.
  ///   - hidden: Size between the dense layers; four times the features when left out.
  ///   - causal: Whether a position may see only itself and what came before.
  ///   - activation: Between the dense layers.
  ///   - epsilon: Added to the variance; GPT-2's.
  ///   - dropout: Probability with which an element of what is added is dropped in training.
  ///   - kernelInitializer: Initial values of the kernels.
  public init(
    _ features: Int, heads: Int, hidden: Int? = nil, causal: Bool = false,
    activation: ActivationFunction = .gelu(approximate: false), epsilon: Double = 1e-5, dropout: Double = 0,
    kernelInitializer: Initializer = .glorotUniform
  ) {
    norm1 = LayerNorm(epsilon: epsilon)
    attention = SelfAttention(
      features, heads: heads, causal: causal, kernelInitializer: kernelInitializer)
    norm2 = LayerNorm(epsilon: epsilon)
    expansion = Dense(hidden ?? 4 * features, activation: activation, kernelInitializer: kernelInitializer)
    contraction = Dense(features, kernelInitializer: kernelInitializer)
    self.dropout = Dropout(dropout)
  }

  /// `[batch, time, features]` → the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor { self(x) { attention($0) } }

  /// `[batch, time, features]` → the same shape.
  /// - Parameters:
  ///   - x: `[batch, time, features]`
  ///   - mask: `bool[queries, keys]`, `[batch, queries, keys]` or `[batch, heads, queries, keys]`: the number of
  ///     axes decides, as in `scaledDotProductAttention`. A padding mask `[batch, keys]` is
  ///     `mask.expandedDimensions(axis: 1)`.
  /// - Returns: `[batch, time, features]`
  public func callAsFunction(_ x: Tensor, mask: Tensor?) -> Tensor { self(x) { attention($0, mask: mask) } }

  /// The continuation of a sequence; see `SelfAttention`.
  public func callAsFunction(_ x: Tensor, cache: KeyValueCache, position: Tensor) -> Tensor {
    self(x) { attention($0, cache: cache, position: position) }
  }

  private func callAsFunction(_ x: Tensor, _ attend: (Tensor) -> Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      let attended = x + dropout(attend(norm1(x)))
      return attended + dropout(contraction(expansion(norm2(attended))))
    }
  }
}
