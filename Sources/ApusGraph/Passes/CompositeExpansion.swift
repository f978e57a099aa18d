/// Replaces composites that have no kernel by the primitives that they stand for: activations become part of the
/// fused loop around them. Attention has a kernel for `float32` only.
public enum CompositeExpansion {
  /// The graph without activations of their own.
  public static func apply(_ graph: Graph) -> Graph {
    graph.rewritten { vertex, inputs in
      switch vertex.node.op {
      case .activation, .activationGradient: decompose(vertex.node.op, inputs)
      case .attention, .attentionGradient:
        inputs[0].dtype == .float32 ? nil : decompose(vertex.node.op, inputs)
      default: nil
      }
    }
  }
}
