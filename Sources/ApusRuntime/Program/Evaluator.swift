import ApusGraph

/// Computes values and keeps the results in their nodes.
public enum Evaluator {
  /// Computes `roots` in one program. When one of them cannot be computed and is not `required`, the required ones are
  /// computed without it.
  /// - Throws: `GraphError` when a required value was given bad operands or met bad data.
  public static func evaluate(_ roots: [Value], required: [Value]) throws {
    for value in required { if let failure = value.failure { throw failure } }
    let computable = roots.filter { $0.failure == nil }
    do {
      try evaluate(computable)
    } catch {
      let needed = required.filter { $0.result == nil }
      // What nobody asked for fails when it is read itself.
      if needed.isEmpty, !required.isEmpty { return }
      guard needed.count < computable.count, !needed.isEmpty else { throw error }
      try evaluate(needed)
    }
  }

  private static func evaluate(_ roots: [Value]) throws {
    // All results of a node are kept together, so that its inputs can be let go.
    var seen = Set<ObjectIdentifier>()
    let outputs = roots.flatMap { root -> [Value] in
      guard seen.insert(ObjectIdentifier(root.node)).inserted else { return [] }
      return root.node.types.indices.map { Value(node: root.node, index: $0) }
    }
    let graph = Graph(inputs: [], outputs: outputs)
    if let failure = graph.failure { throw failure }
    if let placeholder = graph.vertices.first(where: { !$0.isComputed && $0.node.op == .input }) {
      throw GraphError(
        .argument, "read",
        "the value depends on a placeholder \(placeholder.node.types[0]) that nobody bound",
        advice: "it was made while tracing a function; only what the function returns can be read")
    }
    let results = try Literal.results(outputs.map(\.type)) { index in
      (outputs[index].node.op.name, outputs[index].node.origin)
    }
    try Engine.shared.run {
      let entry = try ProgramCache.shared.entry(for: graph)
      let inputs = entry.leaves.map { graph.vertices[$0.vertex].node.result($0.result)!.buffer.pointer }
      try entry.program.run(inputs: inputs, outputs: results.map(\.buffer.pointer))
      Diagnostics.count { $0.runs += 1 }
    }
    for (output, result) in zip(outputs, results) { output.node.materialize(output.index, result) }
  }
}
