/// Takes out of loops what their steps compute from slices of sequences and constants alone, where a product is
/// among it: one product over all steps has many rows where each step's has few.
///
/// A recurrent cell's product with its input is such, and its bias with it. What the loop then no longer reads or
/// nobody reads of it is left out.
public enum ScanProjection {
  /// The graph with such products before its loops.
  public static func apply(_ graph: Graph) -> Graph {
    var read = Set(graph.outputs)
    for vertex in graph.vertices { read.formUnion(vertex.inputs) }
    return graph.rewritten { vertex, inputs in
      guard case .scan(let spec) = vertex.node.op else { return nil }
      let isRead = vertex.node.types.indices.map { read.contains(Value(node: vertex.node, index: $0)) }
      return Origin.$current.withValue(vertex.node.origin) {
        LoopProjection(spec, inputs).rewritten(isRead: isRead)
      }
    }
  }
}

/// One loop, and what of its body can be computed for all steps at once.
private struct LoopProjection {
  /// How a value of the body comes about.
  private enum Source {
    /// From the scan's constants, or from nothing that is bound: the same in every step.
    case fixed
    /// From slices of sequences and what is fixed, by operations that can be done for all steps at once.
    case slices(hasProduct: Bool)
    /// In any other way.
    case step
  }

  private let spec: ScanSpec
  private let inputs: [Value]
  private var sources: [ObjectIdentifier: Source] = [:]
  /// What leaves the loop, in the order of the body.
  private var projected: [Value] = []

  init(_ spec: ScanSpec, _ inputs: [Value]) {
    self.spec = spec
    self.inputs = inputs
    let firstConstant = spec.carryCount + spec.sequenceCount
    for (index, input) in spec.body.inputs.enumerated() {
      sources[ObjectIdentifier(input.node)] =
        index < spec.carryCount ? .step : index < firstConstant ? .slices(hasProduct: false) : .fixed
    }
    for vertex in spec.body.vertices where sources[ObjectIdentifier(vertex.node)] == nil {
      sources[ObjectIdentifier(vertex.node)] = source(of: vertex)
    }
    var seen = Set<Value>()
    func project(_ value: Value) {
      guard case .slices(hasProduct: true) = source(value), seen.insert(value).inserted else { return }
      projected.append(value)
    }
    for vertex in spec.body.vertices {
      if case .step = source(Value(node: vertex.node, index: 0)) { vertex.inputs.forEach(project) }
    }
    spec.body.outputs.forEach(project)
  }

  private func source(_ value: Value) -> Source { sources[ObjectIdentifier(value.node)] ?? .step }

  private func source(of vertex: Graph.Vertex) -> Source {
    if vertex.isComputed { return .fixed }
    let operands = vertex.inputs.map { source($0) }
    var hasSlices = false, hasProduct = false
    for operand in operands {
      switch operand {
      case .fixed: break
      case .slices(let product):
        hasSlices = true
        hasProduct = hasProduct || product
      case .step: return .step
      }
    }
    switch vertex.node.op {
    case .input, .randomBits, .dropout, .scan, .whileLoop, .customCall, .barrier: return .step
    default: if !hasSlices { return .fixed }
    }
    switch vertex.node.op {
    case .unary, .binary, .compare, .select, .cast, .activation, .reshape, .transpose, .broadcast:
      return .slices(hasProduct: hasProduct)
    case .dot(_, .none):
      let varying = operands.filter { if case .slices = $0 { true } else { false } }
      return varying.count == 1 ? .slices(hasProduct: true) : .step
    default: return .step
    }
  }

  /// The loop's results with what can be done at once done before it, nil where nothing changes.
  func rewritten(isRead: [Bool]) -> [Value]? {
    let kept = spec.body.outputs.indices.filter { index in
      index < spec.carryCount || isRead[index] && !projected.contains(spec.body.outputs[index])
    }
    guard !projected.isEmpty || kept.count < spec.body.outputs.count else { return nil }
    let stacks = outside()
    let placeholders = projected.map { Value.input($0.dtype, $0.shape) }
    let replaced = spec.body.rewritten(
      replacing: Dictionary(
        uniqueKeysWithValues: zip(projected, placeholders).map { ($0.node, [$1]) }),
      extraInputs: placeholders)
    let outputs = kept.map { replaced.outputs[$0] }
    let alive = Set(Graph.sorted(outputs).map { ObjectIdentifier($0.node) })
    func isAlive(_ index: Int) -> Bool { alive.contains(ObjectIdentifier(spec.body.inputs[index].node)) }
    let firstConstant = spec.carryCount + spec.sequenceCount
    let sequences = (spec.carryCount..<firstConstant).filter(isAlive)
    let constants = (firstConstant..<inputs.count).filter(isAlive)
    let carries = Array(0..<spec.carryCount)
    let body = Graph(
      inputs: (carries + sequences).map { spec.body.inputs[$0] } + placeholders
        + constants.map { spec.body.inputs[$0] },
      outputs: outputs)
    let scan = ScanSpec(
      body: body, length: spec.length, carryCount: spec.carryCount,
      sequenceCount: sequences.count + placeholders.count, reverse: spec.reverse)
    let results = Node.apply(
      .scan(scan),
      (carries + sequences).map { inputs[$0] } + projected.map { stacks[$0]! } + constants.map { inputs[$0] })
    return spec.body.outputs.enumerated().map { index, output in
      if let place = kept.firstIndex(of: index) { return results[place] }
      // Nobody reads what is not stacked; any value stands for it.
      return stacks[output] ?? output.filled(0)
    }
  }

  /// What leaves the loop, for all steps: `[length, …]`.
  private func outside() -> [Value: Value] {
    guard !projected.isEmpty else { return [:] }
    var fixed: [ObjectIdentifier: [Value]] = [:]
    var stacks: [Value: Value] = [:]
    for (index, input) in spec.body.inputs.enumerated() where index >= spec.carryCount {
      if index < spec.carryCount + spec.sequenceCount {
        stacks[input] = inputs[index]
      } else {
        fixed[ObjectIdentifier(input.node)] = [inputs[index]]
      }
    }
    for vertex in Graph.sorted(projected) {
      let value = Value(node: vertex.node, index: 0)
      guard case .slices = source(value), stacks[value] == nil else { continue }
      stacks[value] = atOnce(vertex) { operand in
        if let stack = stacks[operand] { return (stack, true) }
        Graph.rewrite(Graph.sorted([operand]), &fixed) { _, _ in nil }
        return (fixed[ObjectIdentifier(operand.node)]![operand.index], false)
      }
    }
    return stacks
  }

  /// An operation of a step for all steps. `operand` tells a value and whether steps lie along its first axis.
  private func atOnce(_ vertex: Graph.Vertex, _ operand: (Value) -> (value: Value, isStack: Bool)) -> Value {
    let operands = vertex.inputs.map(operand)
    let length = spec.length
    func steps(_ shape: Shape) -> Shape { Shape([length] + shape.dimensions) }
    switch vertex.node.op {
    case .reshape(let shape): return operands[0].value.reshaped(steps(shape))
    case .transpose(let permutation): return operands[0].value.transposed([0] + permutation.map { $0 + 1 })
    case .broadcast(let shape, let axes):
      return operands[0].value.broadcast(to: steps(shape), axes: [0] + axes.map { $0 + 1 })
    case .dot(let spec, _):
      return productOfAllSteps(spec, operands.map(\.value), varying: operands[0].isStack ? 0 : 1)
    default:
      let all = operands.map { value, isStack in
        isStack
          ? value
          : value.broadcast(to: steps(value.shape), axes: value.shape.dimensions.indices.map { $0 + 1 })
      }
      return .apply(vertex.node.op, all)
    }
  }
}
