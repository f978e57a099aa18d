extension Graph {
  /// The graph with some of its nodes replaced, walked from the leaves up.
  ///
  /// `transform` sees each node that is to be computed, with its operands already rewritten, and returns the
  /// values that stand for its results, or nil to leave it as it is. Placeholders and computed values are
  /// kept and not shown. A node whose operands did not change stays the same node.
  public func rewritten(_ transform: (Vertex, [Value]) -> [Value]?) -> Graph {
    var replacements: [ObjectIdentifier: [Value]] = [:]
    let isChanged = Graph.rewrite(vertices, &replacements, transform)
    guard isChanged else { return self }
    return Graph(inputs: inputs, outputs: outputs.map { replacements[ObjectIdentifier($0.node)]![$0.index] })
  }

  /// The graph with leaves replaced from the outset and placeholders added behind its own; see above for `transform`.
  /// - Parameters:
  ///   - seeds: Replacements for all results of some nodes.
  ///   - extraInputs: Placeholders added behind its own.
  ///   - transform: What stands for the results of a node, or nil to leave it.
  /// - Returns: The graph itself where nothing has changed.
  public func rewritten(
    replacing seeds: [Node: [Value]], extraInputs: [Value] = [],
    _ transform: (Vertex, [Value]) -> [Value]? = { _, _ in nil }
  ) -> Graph {
    var replacements = Dictionary(uniqueKeysWithValues: seeds.map { (ObjectIdentifier($0.key), $0.value) })
    let isChanged = Graph.rewrite(vertices, &replacements, transform)
    guard isChanged || !extraInputs.isEmpty else { return self }
    return Graph(
      inputs: inputs + extraInputs,
      outputs: outputs.map { replacements[ObjectIdentifier($0.node)]![$0.index] })
  }

  /// Rewrites sorted vertices into `replacements`, which maps each node to the values that stand for its
  /// results and may hold some at the start. Returns whether anything differs.
  @discardableResult
  static func rewrite(
    _ vertices: [Vertex], _ replacements: inout [ObjectIdentifier: [Value]],
    _ transform: (Vertex, [Value]) -> [Value]?
  ) -> Bool {
    var isChanged = !replacements.isEmpty
    replacements.reserveCapacity(vertices.count)
    for vertex in vertices {
      let node = vertex.node, identifier = ObjectIdentifier(node)
      guard replacements[identifier] == nil else { continue }
      let operands = vertex.inputs.map { replacements[ObjectIdentifier($0.node)]![$0.index] }
      if vertex.isTransformable, let replacement = transform(vertex, operands) {
        precondition(
          replacement.count == node.types.count, "\(node.op.name): \(replacement.count) replacements")
        replacements[identifier] = replacement
        isChanged = true
      } else {
        let result = operands == vertex.inputs ? node : node.copy(inputs: operands)
        replacements[identifier] = node.types.indices.map { Value(node: result, index: $0) }
      }
    }
    return isChanged
  }
}

extension Graph.Vertex {
  fileprivate var isTransformable: Bool {
    if isComputed { return false }
    switch node.op {
    case .input, .constant, .failed: return false
    default: return true
    }
  }
}

extension Node {
  /// The same operation on other operands of the same types.
  func copy(inputs: [Value]) -> Node { Node(op: op, inputs: inputs, types: types, origin: origin) }
}
