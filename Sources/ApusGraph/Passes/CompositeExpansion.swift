/// Replaces composites that have no kernel by the primitives that they stand for: activations become part of the
/// fused loop around them.
public enum CompositeExpansion {
  /// The graph without activations of their own.
  public static func apply(_ graph: Graph) -> Graph {
    graph.rewritten { vertex, inputs in
      switch vertex.node.op {
      case .activation, .activationGradient: decompose(vertex.node.op, inputs)
      default: nil
      }
    }
  }
}
