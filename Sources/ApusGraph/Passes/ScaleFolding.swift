/// Scales the weights of a matrix product or convolution instead of its result: (x · w) ∘ s = x · (w ∘ s) for a vector s
/// along the last axis, as a normalization with known statistics has it. The shift that follows is then a bias.
public enum ScaleFolding {
  /// The graph with scales in the weights.
  public static func apply(_ graph: Graph) -> Graph {
    let uses = graph.useCounts()
    return graph.rewritten { vertex, inputs in
      guard case .binary(.multiply) = vertex.node.op else { return nil }
      for (first, second) in [(0, 1), (1, 0)] {
        let product = inputs[first]
        guard uses[vertex.inputs[first]] == 1, product.contractionEpilogue == Epilogue.none,
          product.hasWeightsAlongLastAxis, let scale = inputs[second].repeatedVector
        else { continue }
        let operands = product.node.inputs
        return [product.withOperands([operands[0], operands[1] * columns(scale, of: product)])]
      }
      return nil
    }
  }

  /// A vector along the axis of the weights that becomes the last axis of the result.
  private static func columns(_ vector: Value, of product: Value) -> Value {
    let weights = product.node.inputs[1]
    var axis = weights.rank - 1
    if case .dot(let spec, _) = product.node.op { axis = spec.rightFree(rank: weights.rank)[0] }
    return vector.broadcast(to: weights.shape, axes: [axis])
  }
}
