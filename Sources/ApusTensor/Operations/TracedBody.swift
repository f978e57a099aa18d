import ApusGraph

/// A loop's body as a graph: a closure traced over placeholders, with the variables and the outer tensors that
/// it uses as further placeholders.
struct TracedBody {
  /// Placeholders of the closure's arguments.
  let parameters: [Value]
  /// What the closure returned.
  private(set) var results: [Value]
  /// Variables that were read or assigned, with their placeholders and the values they have at the end.
  private(set) var states: [(variable: Variable, placeholder: Value, final: Value)]
  /// Outer values used inside, with their placeholders.
  private(set) var captures: [(outer: Value, placeholder: Value)] = []

  /// Traces a closure.
  /// - Parameters:
  ///   - types: Types of the arguments.
  ///   - isWhole: Whether everything that the closure makes belongs to the body; otherwise what it computes from
  ///     outer values alone is computed once, outside.
  ///   - body: The closure.
  init(_ types: [TensorType], isWhole: Bool = false, _ body: ([Tensor]) throws -> [Tensor]) rethrows {
    let firstSerial = Value.input(.bool, .scalar).node.serial
    let parameters = types.map { Value.input($0.dtype, $0.shape) }
    let context = TraceContext(isLoopBody: true)
    let tensors = try TraceContext.$current.withValue(context) {
      try body(parameters.map { Tensor($0) })
    }
    self.parameters = parameters
    results = tensors.map(\.value)
    states = context.states.map { ($0.variable, $0.placeholder, $0.placeholder) }
    for update in context.updates { states[update.state].final = update.value }
    capture(everythingSince: isWhole ? firstSerial : nil)
  }

  /// Variables that are assigned.
  var assigned: [Variable] { states.filter { $0.final != $0.placeholder }.map(\.variable) }

  /// The placeholder and final value of a variable; fresh ones where this body does not use it.
  func state(_ variable: Variable) -> (placeholder: Value, final: Value) {
    if let state = states.first(where: { $0.variable === variable }) {
      return (state.placeholder, state.final)
    }
    let placeholder = Value.input(variable.dtype, variable.shape)
    return (placeholder, placeholder)
  }

  /// The placeholder of an outer value; a fresh one where this body does not use it.
  func placeholder(of outer: Value) -> Value {
    captures.first { $0.outer == outer }?.placeholder ?? .input(outer.dtype, outer.shape)
  }

  /// Replaces every outer value that the body reads by a placeholder.
  ///
  /// - Parameter serial: What was made since belongs to the body; when nil, what depends on the body's placeholders.
  private mutating func capture(everythingSince serial: UInt64?) {
    var inside = Set(parameters.map { ObjectIdentifier($0.node) })
    inside.formUnion(states.map { ObjectIdentifier($0.placeholder.node) })
    var replacements: [Value: Value] = [:]
    func replaced(_ value: Value) -> Value {
      if let known = replacements[value] { return known }
      if inside.contains(ObjectIdentifier(value.node)) || value.failure != nil { return value }
      // A number written into the body stays there, where it can be folded into the computation.
      if case .constant = value.node.op, value.rank == 0 { return value }
      let placeholder = Value.input(value.dtype, value.shape)
      captures.append((value, placeholder))
      replacements[value] = placeholder
      return placeholder
    }
    for vertex in Graph.sorted(results + states.map(\.final)) {
      let node = vertex.node
      let isInside =
        serial.map { node.serial > $0 && !vertex.isComputed && node.op != .input }
        ?? vertex.inputs.contains { inside.contains(ObjectIdentifier($0.node)) }
      guard isInside else { continue }
      inside.insert(ObjectIdentifier(node))
      let inputs = vertex.inputs.map(replaced)
      if inputs == vertex.inputs { continue }
      let copies = Origin.$current.withValue(node.origin) { Node.apply(node.op, inputs) }
      for (index, copy) in copies.enumerated() { replacements[Value(node: node, index: index)] = copy }
    }
    results = results.map(replaced)
    for index in states.indices { states[index].final = replaced(states[index].final) }
  }
}
