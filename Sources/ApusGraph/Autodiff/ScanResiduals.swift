/// The values of a scan's forward run that its gradient reads, and how each comes to be there.
final class ScanResiduals {
  /// How a value of the body changes from step to step.
  private enum Change {
    /// It depends on nothing that is bound: it can be made anywhere.
    case never
    /// It depends on the scan's constants only: it can be made once, outside.
    case constant
    /// It depends on carries or sequences.
    case eachStep
  }

  private let spec: ScanSpec
  private let inputs: [Value]
  private var changes: [ObjectIdentifier: Change] = [:]
  private var bodyInputs: [Value: Int] = [:]
  /// Results that the forward scan has to give besides its own.
  private var extraOutputs: [Value] = []
  private var outputIndex: [Value: Int] = [:]
  private var outsideValues: [ObjectIdentifier: [Value]] = [:]

  init(_ spec: ScanSpec, inputs: [Value]) {
    self.spec = spec
    self.inputs = inputs
    let body = spec.body
    let firstConstant = spec.carryCount + spec.sequenceCount
    for (index, input) in body.inputs.enumerated() { bodyInputs[input] = index }
    for vertex in body.vertices {
      var change = Change.never
      if let index = bodyInputs[Value(node: vertex.node, index: 0)] {
        change = index < firstConstant ? .eachStep : .constant
      }
      for input in vertex.inputs {
        switch changes[ObjectIdentifier(input.node)] {
        case .eachStep: change = .eachStep
        case .constant where change == .never: change = .constant
        default: break
        }
      }
      changes[ObjectIdentifier(vertex.node)] = change
    }
    for index in body.outputs.indices.reversed() where index >= spec.carryCount {
      outputIndex[body.outputs[index]] = index
    }
    for (index, input) in body.inputs.enumerated() where index >= firstConstant {
      outsideValues[ObjectIdentifier(input.node)] = [inputs[index]]
    }
  }

  /// Whether the forward body computes the value.
  func isForward(_ value: Value) -> Bool { changes[ObjectIdentifier(value.node)] != nil }

  /// Whether the value is the same in every step and known outside.
  func isInvariant(_ value: Value) -> Bool { changes[ObjectIdentifier(value.node)] == .constant }

  /// Whether the value is had for the whole run without being asked for: a sequence or a stacked result.
  func isStacked(_ value: Value) -> Bool {
    if let index = bodyInputs[value] {
      return index >= spec.carryCount && index < spec.carryCount + spec.sequenceCount
    }
    return outputIndex[value] != nil
  }

  /// Has the forward scan stack a value of its body.
  func request(_ value: Value) {
    guard !isStacked(value), !extraOutputs.contains(value) else { return }
    extraOutputs.append(value)
  }

  // MARK: - The backward step

  /// A placeholder of the backward body and the forward value that it receives.
  struct Binding {
    let placeholder: Value
    let source: Value
  }

  /// Values of the backward step, in terms of placeholders of its own.
  struct Step {
    var roots: [Value]
    var sequences: [Binding] = []
    var constants: [Binding] = []
  }

  /// Cuts what the roots read of the forward body: cheap copies are made again, everything else is passed in.
  func transferred(_ roots: [Value]) -> Step {
    var boundary = Set<ObjectIdentifier>()
    for vertex in spec.body.vertices where !isMadeAgain(vertex.node) {
      boundary.insert(ObjectIdentifier(vertex.node))
    }
    let vertices = Graph.sorted(roots, stoppingAt: boundary)
    var step = Step(roots: roots)
    var replacements: [ObjectIdentifier: [Value]] = [:]
    var seen = Set<Value>()
    for value in vertices.flatMap(\.inputs) + roots where boundary.contains(ObjectIdentifier(value.node)) {
      guard seen.insert(value).inserted else { continue }
      let node = value.node, placeholder = Value.input(value.dtype, value.shape)
      var results =
        replacements[ObjectIdentifier(node)] ?? node.types.indices.map { Value(node: node, index: $0) }
      results[value.index] = placeholder
      replacements[ObjectIdentifier(node)] = results
      if isInvariant(value) {
        step.constants.append(Binding(placeholder: placeholder, source: value))
      } else {
        request(value)
        step.sequences.append(Binding(placeholder: placeholder, source: value))
      }
    }
    Graph.rewrite(vertices, &replacements) { _, _ in nil }
    step.roots = roots.map { replacements[ObjectIdentifier($0.node)]![$0.index] }
    return step
  }

  private func isMadeAgain(_ node: Node) -> Bool {
    guard let change = changes[ObjectIdentifier(node)], change != .never else { return true }
    switch node.op {
    case .broadcast: return true
    case .reshape, .transpose: return change == .eachStep
    default: return false
    }
  }

  // MARK: - The forward run

  /// The results of a forward scan that stacks what was requested.
  struct Forward {
    fileprivate let stacks: [Value: Value]
    /// All steps' values of a value of the body.
    func stack(_ value: Value) -> Value { stacks[value]! }
  }

  func forward(_ context: GradientContext) -> Forward {
    var stacks: [Value: Value] = [:]
    var results = spec.body.outputs.indices.map { context.output($0) }
    if !extraOutputs.isEmpty {
      var wider = spec
      wider.body = Graph(inputs: spec.body.inputs, outputs: spec.body.outputs + extraOutputs)
      results = Node.apply(.scan(wider), inputs)
      for (index, value) in extraOutputs.enumerated() {
        stacks[value] = results[spec.body.outputs.count + index]
      }
    }
    for (value, index) in outputIndex { stacks[value] = results[index] }
    for (value, index) in bodyInputs
    where index >= spec.carryCount && index < spec.carryCount + spec.sequenceCount {
      stacks[value] = inputs[index]
    }
    return Forward(stacks: stacks)
  }

  /// A value that depends on constants only, computed outside the loop.
  func outside(_ value: Value) -> Value {
    Graph.rewrite(Graph.sorted([value]), &outsideValues) { _, _ in nil }
    return outsideValues[ObjectIdentifier(value.node)]![value.index]
  }
}
