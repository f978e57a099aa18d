/// A piece of graph with named ends: placeholders in, values out. Immutable; compared by structure.
public final class Graph: @unchecked Sendable, Hashable {
  /// The placeholders (`Op.input`) in the order in which a caller binds them.
  public let inputs: [Value]
  /// The values computed.
  public let outputs: [Value]
  /// Every node that the outputs reach, each after the nodes it reads. Stops at computed values.
  public let vertices: [Vertex]
  /// The canonical form that equality and the program cache go by.
  public let key: GraphKey

  /// A node as it was when the graph was formed.
  public struct Vertex: Sendable {
    /// The node.
    public let node: Node
    /// Its operands; empty for a leaf.
    public let inputs: [Value]
    /// Whether its results are given (computed before, or a constant) and nothing behind it matters.
    public let isComputed: Bool
  }

  /// A graph from placeholders to outputs.
  public init(inputs: [Value], outputs: [Value]) {
    self.inputs = inputs
    self.outputs = outputs
    vertices = Graph.sorted(outputs)
    key = GraphKey(inputs: inputs, outputs: outputs, vertices: vertices)
  }

  /// Equal structure, attributes, types and small constants.
  public static func == (left: Graph, right: Graph) -> Bool {
    left === right || (left.key == right.key && left.key.constantValues == right.key.constantValues)
  }
  /// Hash of the structure.
  public func hash(into hasher: inout Hasher) { hasher.combine(key.structuralHash) }

  /// Nodes in dependency order, without recursion so that depth is no limit. Nothing behind the nodes in
  /// `boundary` is looked at.
  public static func sorted(_ roots: [Value], stoppingAt boundary: Set<ObjectIdentifier> = []) -> [Vertex] {
    var order: [Vertex] = []
    var seen = Set<ObjectIdentifier>()
    var stack: [(vertex: Vertex, next: Int)] = []
    func visit(_ value: Value) {
      let identifier = ObjectIdentifier(value.node)
      guard seen.insert(identifier).inserted else { return }
      let inputs = value.node.pendingInputs
      let operands = boundary.contains(identifier) ? [] : inputs ?? []
      stack.append((Vertex(node: value.node, inputs: operands, isComputed: inputs == nil), 0))
    }
    for root in roots {
      visit(root)
      while let top = stack.last {
        if top.next < top.vertex.inputs.count {
          stack[stack.count - 1].next += 1
          visit(top.vertex.inputs[top.next])
        } else {
          order.append(top.vertex)
          stack.removeLast()
        }
      }
    }
    return order
  }

  /// The first failed node, if tracing went wrong anywhere.
  public var failure: GraphError? { vertices.lazy.compactMap { $0.node.failure }.first }
}

/// The canonical description of a graph: nodes by number, leaves by slot. Two graphs with equal keys
/// can share a program.
public struct GraphKey: Hashable, Sendable {
  struct Entry: Hashable, Sendable {
    let op: Op
    let types: [TensorType]
    /// Number of the producing entry and index of its result, alternating.
    let inputs: [Int32]
    /// Place among the bound placeholders, or -1.
    let slot: Int32
  }
  let entries: [Entry]
  let outputs: [Int32]
  /// Hash of all of the above.
  public let structuralHash: Int
  /// Values of constants of up to `smallLimit` elements, in order. They are not part of equality, so that a
  /// number which keeps changing can be promoted to an input.
  public let constantValues: [[UInt8]]
  /// Constants up to this many elements may be folded into programs; larger ones are always bound.
  public static let smallLimit = 16

  init(inputs: [Value], outputs: [Value], vertices: [Graph.Vertex]) {
    var number: [ObjectIdentifier: Int32] = [:]
    number.reserveCapacity(vertices.count)
    var slots: [ObjectIdentifier: Int32] = [:]
    for (slot, input) in inputs.enumerated() { slots[ObjectIdentifier(input.node)] = Int32(slot) }
    var entries: [Entry] = []
    entries.reserveCapacity(vertices.count)
    var constants: [[UInt8]] = []
    for vertex in vertices {
      let node = vertex.node
      var edges: [Int32] = []
      for input in vertex.inputs {
        edges.append(number[ObjectIdentifier(input.node)]!)
        edges.append(Int32(input.index))
      }
      if vertex.isComputed, node.types.count == 1, node.types[0].shape.elementCount <= Self.smallLimit {
        constants.append(node.result(0)!.withUnsafeBytes { Array($0) })
      }
      number[ObjectIdentifier(node)] = Int32(entries.count)
      entries.append(
        Entry(
          op: vertex.isComputed ? .constant : node.op, types: node.types, inputs: edges,
          slot: slots[ObjectIdentifier(node)] ?? -1))
    }
    self.entries = entries
    self.outputs = outputs.flatMap { [number[ObjectIdentifier($0.node)]!, Int32($0.index)] }
    constantValues = constants
    var hasher = Hasher()
    hasher.combine(entries)
    hasher.combine(self.outputs)
    structuralHash = hasher.finalize()
  }

  /// Equal structure; values of constants are not compared.
  public static func == (left: GraphKey, right: GraphKey) -> Bool {
    left.structuralHash == right.structuralHash && left.outputs == right.outputs
      && left.entries == right.entries
  }
  /// The structure's hash.
  public func hash(into hasher: inout Hasher) { hasher.combine(structuralHash) }
}
