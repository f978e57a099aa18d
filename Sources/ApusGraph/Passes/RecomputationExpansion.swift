/// Replaces regions that are computed again for their gradient by what they compute: once gradients are taken, nothing
/// is special about them.
public enum RecomputationExpansion {
  /// The graph without regions.
  public static func apply(_ graph: Graph) -> Graph {
    graph.rewritten { vertex, inputs in
      guard case .recomputation(let body) = vertex.node.op else { return nil }
      return body.applied(to: inputs)
    }
  }
}

extension Graph {
  /// What the graph computes of other operands than its placeholders. Regions inside are replaced as well.
  func applied(to operands: [Value]) -> [Value] {
    var replacements: [ObjectIdentifier: [Value]] = [:]
    for (input, operand) in zip(inputs, operands) { replacements[ObjectIdentifier(input.node)] = [operand] }
    Graph.rewrite(vertices, &replacements) { vertex, inputs in
      guard case .recomputation(let body) = vertex.node.op else { return nil }
      return body.applied(to: inputs)
    }
    return outputs.map { replacements[ObjectIdentifier($0.node)]![$0.index] }
  }
}
