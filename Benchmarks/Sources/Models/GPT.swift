import Apus

/// A decoder of text in the manner of GPT-2: embeddings of tokens and positions, pre-normalised blocks, a
/// normalisation and a head.
struct GPT: Layer {
  let tokens: Embedding
  let positions: PositionEmbedding
  let blocks: [TransformerBlock]
  let norm = LayerNorm(epsilon: 1e-5)
  /// nil where the table of tokens serves as the head.
  let head: Dense?

  init(
    vocabulary: Int, context: Int, features: Int, heads: Int, depth: Int, activation: ActivationFunction,
    hasOwnHead: Bool
  ) {
    let initializer = Initializer.randomNormal(standardDeviation: 0.02)
    tokens = Embedding(vocabulary, features, initializer: initializer)
    positions = PositionEmbedding(context, initializer: initializer)
    blocks = (0..<depth).map { _ in
      TransformerBlock(
        features, heads: heads, causal: true, activation: activation, kernelInitializer: initializer)
    }
    head = hasOwnHead ? Dense(vocabulary, kernelInitializer: initializer) : nil
  }

  /// Token numbers `[batch, time]` → logits `[batch, time, vocabulary]`.
  func callAsFunction(_ x: Tensor) -> Tensor {
    logits(blocks.reduce(positions(tokens(x))) { $1($0) })
  }

  /// The continuation of a text: token numbers `[batch, new]` from `position` on.
  func callAsFunction(_ x: Tensor, caches: [KeyValueCache], position: Tensor) -> Tensor {
    var state = positions(tokens(x), from: position)
    for (block, cache) in zip(blocks, caches) { state = block(state, cache: cache, position: position) }
    return logits(state)
  }

  private func logits(_ state: Tensor) -> Tensor {
    let normal = norm(state)
    if let head { return head(normal) }
    return tensordot(normal, tokens.embeddings.tensor, leftAxes: [2], rightAxes: [1])
  }

  /// Six layers over the characters of a text: small enough to be trained on a processor.
  static func small() -> GPT {
    GPT(
      vocabulary: 65, context: 256, features: 384, heads: 6, depth: 6,
      activation: .gelu(approximate: false), hasOwnHead: true)
  }

  /// GPT-2 of 124 million parameters.
  static func gpt2() -> GPT {
    GPT(
      vocabulary: 50257, context: 1024, features: 768, heads: 12, depth: 12,
      activation: .gelu(approximate: true), hasOwnHead: false)
  }
}
