/// Has recurrences run by a kernel of their own. Those that it leaves out, because of their type or because they are
/// empty, become scans.
public enum RecurrenceFusion {
  /// The graph with its recurrences marked.
  public static func apply(_ graph: Graph) -> Graph {
    graph.rewritten { vertex, inputs in
      let node = vertex.node
      guard node.types[0].dtype == .float32, node.types.allSatisfy({ $0.shape.elementCount > 0 }) else {
        return nil
      }
      let op: Op
      switch node.op {
      case .recurrence(var spec):
        spec.isFused = true
        op = .recurrence(spec)
      case .recurrenceGradient(var spec):
        spec.forward.isFused = true
        op = .recurrenceGradient(spec)
      default: return nil
      }
      let fused = Node(op: op, inputs: inputs, types: node.types, origin: node.origin)
      return node.types.indices.map { Value(node: fused, index: $0) }
    }
  }
}
