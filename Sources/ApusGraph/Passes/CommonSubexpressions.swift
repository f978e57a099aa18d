/// Computes what is asked for twice only once.
public enum CommonSubexpressions {
  private struct Key: Hashable {
    let op: Op
    let inputs: [Value]
    let types: [TensorType]
  }

  /// The graph with equal operations on equal operands merged.
  public static func apply(_ graph: Graph) -> Graph {
    var known: [Key: [Value]] = [:]
    var constants: [[UInt8]: [Value]] = [:]
    var merged: [Node: [Value]] = [:]
    for vertex in graph.vertices where vertex.isComputed && vertex.node.types.count == 1 {
      let value = Value(node: vertex.node, index: 0)
      guard value.shape.elementCount <= GraphKey.smallLimit, let literal = value.result else { continue }
      let bytes = literal.withUnsafeBytes { Array($0) }
      if let first = constants[bytes, default: []].first(where: { $0.type == value.type }) {
        merged[vertex.node] = [first]
      } else {
        constants[bytes, default: []].append(value)
      }
    }
    return graph.rewritten(replacing: merged) { vertex, inputs in
      switch vertex.node.op {
      // Placeholders are different things of the same kind; a barrier exists to keep two computations apart.
      case .input, .barrier, .failed, .customCall: return nil
      default: break
      }
      let key = Key(op: vertex.node.op, inputs: inputs, types: vertex.node.types)
      if let first = known[key] { return first }
      let node =
        inputs == vertex.inputs
        ? vertex.node
        : Node(op: vertex.node.op, inputs: inputs, types: vertex.node.types, origin: vertex.node.origin)
      let results = node.types.indices.map { Value(node: node, index: $0) }
      known[key] = results
      return inputs == vertex.inputs ? nil : results
    }
  }
}
