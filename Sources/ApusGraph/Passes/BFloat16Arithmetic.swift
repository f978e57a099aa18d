/// bfloat16 is a storage type: every operation that computes does so in float32 and rounds its results.
public enum BFloat16Arithmetic {
  /// The graph with casts around operations on bfloat16.
  public static func apply(_ graph: Graph) -> Graph {
    graph.rewritten { vertex, inputs in
      let node = vertex.node
      let types = vertex.inputs.map(\.dtype) + node.types.map(\.dtype)
      guard types.contains(.bfloat16), !isMovement(node.op) else { return nil }
      let results = Node.apply(node.op, inputs.map { $0.dtype == .bfloat16 ? $0.cast(.float32) : $0 })
      return zip(results, node.types).map { $0.cast($1.dtype) }
    }
  }

  /// Operations that only move bytes, or whose meaning is a conversion.
  private static func isMovement(_ op: Op) -> Bool {
    switch op {
    case .constant, .input, .failed, .cast, .bitcast, .select, .gather, .gatherAlong, .concatenate, .pad,
      .dynamicSlice, .dynamicUpdateSlice, .scan, .whileLoop, .recomputation, .customCall, .barrier, .reshape,
      .transpose,
      .broadcast, .slice, .reverse, .stopGradient, .shardConstraint, .customGradient:
      true
    case .scatter(_, let kind), .scatterAlong(_, let kind): kind == .set
    default: false
    }
  }
}
