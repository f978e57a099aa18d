import ApusGraph

/// What a step of a program has to do, counted from its operation: the same on every machine.
struct KernelWork {
  /// The operations that the step computes, in order: several for a fused loop, none for a change of layout.
  var operations: [String] = []
  /// The type of the last result.
  var result: TensorType?
  /// Additions, multiplications and so on; a function such as `exp` counts as one.
  var operationCount = 0.0
  /// Bytes of the operands and of the results, each counted once, as if no cache held any.
  var bytesRead = 0.0, bytesWritten = 0.0
}

extension Lowering {
  /// Notes what the kernels emitted for a unit do. What the operations ask for goes to the last kernel that computes
  /// them; copies and changes of layout beside it stay counted by their memory.
  func noteWork(of unit: FusionGroups.Unit, emittedFrom first: Int) {
    let emitted = kernels.indices.dropFirst(first)
    let computing = emitted.filter { !Self.movers.contains(kernels[$0].name) }
    guard let last = computing.last ?? emitted.last else { return }
    var work = KernelWork()
    let members = Set(unit.members)
    var operands = Set<Value>()
    for index in unit.members {
      let vertex = graph.vertices[index]
      work.operations.append(vertex.node.op.name)
      work.result = vertex.node.types.first
      work.operationCount += Self.operationCount(vertex)
      for input in vertex.inputs where !isComputed(input, by: members) { operands.insert(input) }
      for number in vertex.node.types.indices where isNeededOutside(result(vertex, number), members) {
        work.bytesWritten += Double(vertex.node.types[number].byteCount)
      }
    }
    for operand in operands { work.bytesRead += bytesInMemory(operand) }
    if unit.members.count == 1 { reduceReading(of: graph.vertices[unit.members[0]], &work) }
    setWork(last, work)
  }

  /// Kernels that only bring numbers from one place to another.
  private static let movers: Set<String> = ["copy", "reorder"]

  /// The work of a kernel as its memory tells it.
  func memoryWork(_ kernel: Kernel) -> KernelWork {
    var work = KernelWork()
    func bytes(_ storage: Int) -> Double { Double(storages[storage].byteCount) }
    work.bytesWritten = Set(kernel.writes).reduce(0) { $0 + bytes($1) }
    work.bytesRead = Set(kernel.reads).subtracting(kernel.writes).reduce(0) { $0 + bytes($1) }
    // A part of a large block is read, not the block.
    if Self.movers.contains(kernel.name) { work.bytesRead = min(work.bytesRead, work.bytesWritten) }
    return work
  }

  /// Bytes of memory behind a value: repeated elements count once, numbers and positions not at all.
  private func bytesInMemory(_ value: Value) -> Double {
    guard let view = knownView(value) else { return Double(value.type.byteCount) }
    if case .segments = view.base { return Double(value.type.byteCount) }
    guard view.storage != nil else { return 0 }
    let count = zip(view.shape.dimensions, view.strides).reduce(1) { $0 * ($1.1 == 0 ? 1 : $1.0) }
    return Double(count * value.dtype.byteSize)
  }

  /// Operations that read a part of their operand only.
  private func reduceReading(of vertex: Graph.Vertex, _ work: inout KernelWork) {
    switch vertex.node.op {
    case .gather, .gatherAlong, .dynamicSlice:
      work.bytesRead = work.bytesWritten + Double(vertex.inputs[1].type.byteCount)
    default: break
    }
  }

  /// How many operations on numbers a vertex asks for.
  static func operationCount(_ vertex: Graph.Vertex) -> Double {
    let result = Double(vertex.node.types.first?.shape.elementCount ?? 0)
    func elements(_ index: Int) -> Double { Double(vertex.inputs[index].shape.elementCount) }
    switch vertex.node.op {
    case .dot(let spec, _):
      return 2 * result * Double(spec.leftContract.reduce(1) { $0 * vertex.inputs[0].shape[$1] })
    case .convolution:
      return 2 * result * taps(vertex.inputs[1].shape)
    case .convolutionInputGradient:
      return 2 * elements(0) * taps(vertex.inputs[1].shape)
    case .convolutionFilterGradient:
      return 2 * elements(1) * taps(vertex.node.types[0].shape)
    case .pool(let spec): return result * Double(Shape.product(spec.window))
    case .maxPoolGradient(let spec), .averagePoolGradient(let spec, _):
      return elements(vertex.inputs.count - 1) * Double(Shape.product(spec.window))
    case .reduce, .argReduce, .cumulate: return elements(0)
    case .softmax, .softmaxGradient, .logSoftmax, .logSoftmaxGradient: return 4 * result
    case .softmaxCrossEntropy, .softmaxCrossEntropyGradient: return 4 * elements(0)
    case .layerNorm, .batchNorm: return 7 * elements(0)
    case .batchNormalize: return 4 * result
    case .layerNormGradient, .batchNormGradient: return 12 * elements(0)
    // Two products of queries and keys, five in the gradient; a causal mask leaves out half of each.
    case .attention(let spec), .attentionGradient(let spec):
      let queryCount = Double(vertex.inputs[0].shape[1]), keyCount = Double(vertex.inputs[1].shape[1])
      let isGradient = vertex.inputs.count > spec.inputCount
      let seen = spec.isCausal && queryCount == keyCount ? (keyCount + 1) / 2 : keyCount
      return (isGradient ? 10 : 4) * elements(0) * seen
    // A product of each step's state with the kernel, or of the gates' gradients; some twenty operations on each gate.
    case .recurrence:
      return elements(0) * (2 * Double(vertex.inputs[1].shape[0]) + 20)
    case .recurrenceGradient:
      return result * (2 * Double(vertex.inputs[0].shape[0]) + 20)
    case .scan(let spec):
      return Double(spec.length) * spec.body.vertices.reduce(0) { $0 + operationCount($1) }
    // Philox4x32 makes four words by ten rounds of two products and four exclusive ors.
    case .randomBits, .dropout: return 15 * result
    case .constant, .input, .failed, .iota, .reshape, .transpose, .broadcast, .slice, .reverse, .pad,
      .concatenate,
      .dynamicSlice, .dynamicUpdateSlice, .gather, .gatherAlong, .bitcast, .barrier, .stopGradient,
      .shardConstraint, .customGradient:
      return 0
    // One for each element of the result; what a host function or a loop of unknown length does is not known.
    case .unary, .binary, .compare, .select, .clamp, .cast, .activation, .activationGradient, .scatter,
      .scatterAlong, .sort, .recomputation, .whileLoop, .customCall:
      return result
    }
  }

  /// Products that one element of a convolution's result sums.
  private static func taps(_ kernel: Shape) -> Double {
    Double(kernel.dimensions.dropLast().reduce(1, *))
  }
}

extension Graph {
  /// Floating-point operations of its products and convolutions alone.
  package var productCount: Double {
    vertices.reduce(0) { sum, vertex in
      switch vertex.node.op {
      case .dot, .convolution: sum + Lowering.operationCount(vertex)
      default: sum
      }
    }
  }
}
