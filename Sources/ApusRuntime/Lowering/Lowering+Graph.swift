import ApusGraph

extension Lowering {
  /// Optimizes a graph and lowers it, up to the placing of its outputs. See `Program` for the parameters.
  ///
  /// - Returns: The lowering, and the values that a caller binds: the graph's placeholders, then those computed leaves
  ///   that are not part of the program.
  static func lowered(
    _ graph: Graph, updates: [Int: Int], promoted: Set<ObjectIdentifier> = [], keeping kept: Set<Int>? = nil,
    _ optimizations: Optimizations, report: ((Passes.Pass, Graph, Graph) -> Void)? = nil
  ) throws -> (lowering: Lowering, leaves: [Value]) {
    if let failure = graph.failure { throw failure }
    // Small constants become part of the program; every other leaf is bound by the caller.
    var placeholders: [Node: [Value]] = [:]
    var leaves = graph.inputs
    for vertex in graph.vertices where vertex.isComputed {
      let types = vertex.node.types
      if types.count == 1, types[0].shape.elementCount <= GraphKey.smallLimit,
        !promoted.contains(ObjectIdentifier(vertex.node))
      {
        continue
      }
      placeholders[vertex.node] = types.map { Value.input($0.dtype, $0.shape) }
      leaves += types.indices.map { Value(node: vertex.node, index: $0) }
    }
    let extra = leaves.dropFirst(graph.inputs.count).map { placeholders[$0.node]![$0.index] }
    let bound = graph.rewritten(replacing: placeholders, extraInputs: extra)
    let lowering = try Lowering(
      try Passes.optimized(
        bound, disabled: optimizations.disabled, report: report),
      keptInputs: kept?.union(graph.inputs.count..<leaves.count), optimizations)
    try lowering.finish(updates: updates)
    return (lowering, leaves)
  }
}
