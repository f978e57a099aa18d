/// Replaces composites that have no kernel by the primitives that they stand for: activations become part of the
/// fused loop around them, recurrences that nothing fused become scans. Attention has a kernel for `float32` only.
public enum CompositeExpansion {
  /// The graph without such composites.
  public static func apply(_ graph: Graph) -> Graph {
    graph.rewritten { vertex, inputs in
      switch vertex.node.op {
      case .activation, .activationGradient: decompose(vertex.node.op, inputs)
      case .attention, .attentionGradient:
        inputs[0].dtype == .float32 ? nil : decompose(vertex.node.op, inputs)
      case .recurrence(let spec) where !spec.isFused: decompose(vertex.node.op, inputs)
      case .recurrenceGradient(let spec) where !spec.forward.isFused: decompose(vertex.node.op, inputs)
      default: nil
      }
    }
  }
}
