import ApusTensor

/// Layers whose intermediate results are not kept for the backward pass but computed again there: less memory for more
/// time. Predictions, losses and gradients have the same bits as without.
///
/// ```swift
/// let model = Sequential {
///   for _ in 0..<24 { Checkpointed { TransformerBlock(768, heads: 12) } }
///   Dense(10)
/// }
/// ```
///
/// Parameters go by the same paths as without: a model may be trained with it and used without. See `checkpointed` for
/// functions.
public struct Checkpointed: Layer, NamedChildren {
  /// What is computed again.
  public let layer: any Layer

  /// A layer whose intermediate results are not kept.
  public init(_ layer: any Layer) { self.layer = layer }

  /// Layers one after the other of whose results only the last is kept. One layer goes by its own name.
  public init(@LayerBuilder _ layers: () -> [any Layer]) {
    let layers = layers()
    layer = layers.count == 1 ? layers[0] : Sequential(layers)
  }

  package var namedChildren: [(label: String, child: Any)] { [("", layer)] }

  /// The layer's result.
  public func callAsFunction(_ x: Tensor) -> Tensor { checkpointed(x) { layer($0) } }
}
