import ApusGraph
import ApusKernels

/// Turns an optimized graph into kernels over storages.
///
/// Shape operations become views that cost nothing; elementwise operations and reductions are gathered into
/// fused loops (`FusionGroups`); everything else is one kernel each. Files beside this one hold one family each.
final class Lowering {
  let graph: Graph
  let optimizations: Optimizations
  private(set) var storages: [Storage] = []
  private(set) var kernels: [Kernel] = []
  private(set) var constants: [Literal] = []
  private var views: [Value: View] = [:]
  private var copies: [Value: View] = [:]
  /// Number of threads that kernels may use.
  let threads = Int32(apus_thread_count())
  /// Origin of the operation being lowered.
  private(set) var current = Origin()
  /// Max-pool gradients in the graph, and where the positions of their maxima lie.
  let poolGradients: Set<PoolKey>
  var poolPositions: [PoolKey: Int] = [:]

  /// Numbers of the vertices that read each value.
  let consumers: [Value: [Int]]
  /// What the graph gives.
  let outputSet: Set<Value>

  /// What is computed once and kept.
  var preparation: Preparation
  /// Weights that are kept in oneDNN's layouts, and transformed for Winograd's convolution, by their values.
  var layouts = KeptLayouts()
  var winogradWeights: [Value: View] = [:]

  /// Why the program cannot be made, once a block was wanted that no machine has.
  private(set) var impossible: GraphError?

  init(_ graph: Graph, keptInputs: Set<Int>? = nil, _ optimizations: Optimizations = .standard) throws {
    self.graph = graph
    self.optimizations = optimizations
    preparation = Preparation(keptInputs: optimizations.allows("preparation") ? keptInputs : nil)
    var consumers: [Value: [Int]] = [:]
    for (index, vertex) in graph.vertices.enumerated() {
      for input in vertex.inputs { consumers[input, default: []].append(index) }
    }
    self.consumers = consumers
    outputSet = Set(graph.outputs)
    poolGradients = Set(
      graph.vertices.compactMap { vertex in
        if case .maxPoolGradient(let spec) = vertex.node.op, !vertex.isComputed {
          return PoolKey(x: vertex.inputs[0], spec: spec)
        }
        return nil
      })
    for (number, input) in graph.inputs.enumerated() {
      let storage = newStorage(.input(number), byteCount: input.type.byteCount)
      views[input] = contiguousView(storage, input.type)
    }
    for vertex in graph.vertices where vertex.isComputed {
      for index in vertex.node.types.indices {
        let value = Value(node: vertex.node, index: index)
        if let literal = value.result { defineConstant(value, literal) }
      }
    }
    let groups = FusionGroups(
      graph, fuses: optimizations.allows("fusion"), savesMemory: optimizations.allows("order"))
    for unit in groups.ordered {
      current = graph.vertices[unit.members[0]].node.origin
      let first = kernels.count
      if unit.isLoop {
        try lowerLoop(unit)
      } else {
        let vertex = graph.vertices[unit.members[0]]
        try requireMemory(vertex)
        try lower(vertex.node.op, vertex)
      }
      if let impossible { throw impossible }
      noteWork(of: unit, emittedFrom: first)
    }
  }

  /// Checks that what a kernel reads and writes could be in memory, before its sizes are computed with.
  private func requireMemory(_ vertex: Graph.Vertex) throws(GraphError) {
    for type in vertex.node.types + vertex.inputs.map(\.type) where type.byteCount > Storage.byteLimit {
      throw .outOfMemory(
        vertex.node.op.name, wanted: type.byteCount, for: "\(type)", origin: vertex.node.origin)
    }
  }

  // MARK: - Storages and views

  func newStorage(_ kind: Storage.Kind, byteCount: Int) -> Int {
    if byteCount > Storage.byteLimit, impossible == nil {
      impossible = .outOfMemory("program", wanted: byteCount, for: "one block", origin: current)
    }
    storages.append(Storage(kind: kind, byteCount: min(byteCount, Storage.byteLimit), parent: nil))
    return storages.count - 1
  }

  func setKind(_ storage: Int, _ kind: Storage.Kind) { storages[storage].kind = kind }
  func setParent(_ storage: Int, _ parent: Int, byteOffset: Int) {
    storages[storage].parent = (parent, byteOffset)
  }

  func contiguousView(_ storage: Int, _ type: TensorType) -> View {
    View(
      base: .storage(storage), offset: 0, strides: type.shape.strides, shape: type.shape, dtype: type.dtype)
  }

  private func defineConstant(_ value: Value, _ literal: Literal) {
    if literal.shape.elementCount == 1, literal.dtype != .bfloat16 {
      let integer = literal.dtype == .int64 ? literal.scalars(as: Int64.self)[0] : 0
      views[value] = View(
        base: .scalar(literal.doubles[0], integer), offset: 0,
        strides: Array(repeating: 0, count: value.rank), shape: value.shape, dtype: value.dtype)
    } else {
      let storage = newStorage(.constant(constants.count), byteCount: value.type.byteCount)
      constants.append(literal)
      views[value] = contiguousView(storage, value.type)
    }
  }

  /// Fresh memory for a value that a kernel writes.
  func allocate(_ value: Value) -> View {
    let view = contiguousView(newStorage(.arena, byteCount: value.type.byteCount), value.type)
    views[value] = view
    ownResults.insert(view.storage!)
    return view
  }

  func setView(_ value: Value, _ view: View) { views[value] = view }

  /// Makes a value of arrays that stay where they are; see `View.Base.segments`.
  func setSegments(_ value: Value, _ parts: [Segment]) {
    views[value] = View(
      base: .segments(segments.count), offset: 0, strides: value.shape.strides, shape: value.shape,
      dtype: value.dtype)
    segments.append(parts)
  }

  /// One of several arrays that make one operand: how many elements, and where they are; zeros when nowhere.
  struct Segment {
    let count: Int
    let view: View?
  }
  private(set) var segments: [[Segment]] = []

  /// Whether the storage was made for one value that a kernel writes whole, so that it may be placed elsewhere.
  func isOwnResult(_ storage: Int) -> Bool { ownResults.contains(storage) }
  private var ownResults = Set<Int>()

  func scratch(_ byteCount: Int) -> Int { newStorage(.arena, byteCount: max(byteCount, 64)) }

  func emit(_ kernel: Kernel) {
    preparation.add(kernel, to: self)
    kernels.append(kernel)
    kernels[kernels.count - 1].work = memoryWork(kernel)
  }

  /// Says what a kernel does, by its number.
  func setWork(_ kernel: Int, _ work: KernelWork) { kernels[kernel].work = work }

  /// The way a value is read, if anybody has asked for it yet.
  func knownView(_ value: Value) -> View? { views[value] }

  /// How a value can be read where it is. View operations are resolved here, when somebody reads them.
  func view(_ value: Value) throws -> View {
    if let known = views[value] { return known }
    let vertex = value.node
    let inputs = try self.inputs(of: vertex)
    let result: View
    switch vertex.op {
    case .reshape(let shape):
      let source = try view(inputs[0])
      if let reshaped = source.reshaped(shape) {
        result = reshaped
      } else {
        result = try contiguous(inputs[0]).reshaped(shape)!
      }
    case .transpose(let permutation): result = try view(inputs[0]).transposed(permutation)
    case .broadcast(let shape, let axes): result = try view(inputs[0]).broadcast(shape, axes: axes)
    case .slice(let starts, let limits, let strides):
      result = try view(inputs[0]).sliced(starts: starts, limits: limits, steps: strides)
    case .reverse(let axes): result = try view(inputs[0]).reversed(axes)
    case .stopGradient, .shardConstraint, .barrier: result = try view(inputs[0])
    case .customGradient(let custom): result = try view(inputs[custom.argumentCount + value.index])
    case .iota(let axis, let shape, let dtype):
      var strides = Array(repeating: 0, count: shape.rank)
      strides[axis] = 1
      result = View(base: .index, offset: 0, strides: strides, shape: shape, dtype: dtype)
    default:
      throw GraphError(
        .argument, vertex.op.name, "was read before it was computed", origin: vertex.origin)
    }
    views[value] = result
    return result
  }

  /// Numbers of the vertices by their nodes.
  private(set) lazy var vertexNumbers: [ObjectIdentifier: Int] = Dictionary(
    uniqueKeysWithValues: graph.vertices.enumerated().map { (ObjectIdentifier($1.node), $0) })

  private lazy var inputsByNode: [ObjectIdentifier: [Value]] = Dictionary(
    graph.vertices.map { (ObjectIdentifier($0.node), $0.inputs) }, uniquingKeysWith: { first, _ in first })

  func inputs(of node: Node) throws -> [Value] { inputsByNode[ObjectIdentifier(node)] ?? [] }

  /// The value in memory, in row-major order; copied there if it is not.
  func contiguous(_ value: Value) throws -> View {
    let known = try view(value)
    if known.isContiguous { return known }
    if let copy = copies[value] { return copy }
    let result = try copied(known)
    copies[value] = result
    return result
  }

  /// A fresh row-major copy of what a view shows.
  func copied(_ source: View) throws -> View {
    let type = TensorType(source.dtype, source.shape)
    let result = contiguousView(newStorage(.arena, byteCount: type.byteCount), type)
    try emitCopy(from: source, to: result)
    return result
  }
}

extension Op {
  /// Whether the operation only changes how its operand is looked at.
  var isView: Bool {
    switch self {
    case .reshape, .transpose, .broadcast, .slice, .reverse, .stopGradient, .shardConstraint, .barrier,
      .customGradient, .iota:
      true
    default: false
    }
  }

  /// Whether the operation can be part of a fused loop.
  var isFusible: Bool {
    switch self {
    case .unary, .binary, .compare, .select, .clamp, .cast, .bitcast, .reduce: true
    case .activation(let kind, _), .activationGradient(let kind, _): kind.hasLoopInstruction
    default: false
    }
  }
}
