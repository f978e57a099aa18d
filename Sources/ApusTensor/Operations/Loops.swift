import ApusGraph

/// Runs a body over the slices of sequences along their first axis, handing values on from step to step. One
/// graph operation, whatever the length, with a gradient.
///
/// The body is called once, with placeholders. It may use outer tensors, read variables, assign them (each step
/// sees what the one before assigned) and draw random numbers (each step draws others).
///
///     let (last, all) = scan(over: [x], initial: [h]) { carries, slices in
///       let next = tanh(matmul(slices[0], w) + matmul(carries[0], u))
///       return ([next], [next])
///     }
/// - Parameters:
///   - sequences: `[length, …]` each; every step is given one slice without the first axis.
///   - initial: The values that the first step is given. They keep their types and shapes.
///   - length: Number of steps; needed only without sequences.
///   - reverse: Whether steps run from the last slice to the first. Outputs keep the slices' places.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
///   - body: (carried values, slices) → (next carried values, outputs).
/// - Returns: The final carried values, and the outputs of all steps `[length, …]`.
public func scan(
  over sequences: [Tensor], initial: [Tensor], length: Int? = nil, reverse: Bool = false,
  file: StaticString = #fileID, line: Int = #line,
  _ body: (_ carries: [Tensor], _ slices: [Tensor]) throws -> (carries: [Tensor], outputs: [Tensor])
) rethrows -> (carries: [Tensor], outputs: [Tensor]) {
  var outputCount = 0
  let failure = (sequences + initial).lazy.compactMap(\.failure).first
  let steps = length ?? sequences.first?.shape.dimensions.first
  let sliceTypes = sequences.map { TensorType($0.dtype, Shape(Array($0.shape.dimensions.dropFirst()))) }
  let traced = try TracedBody(initial.map(\.value.type) + sliceTypes) { parameters in
    let result = try body(
      Array(parameters.prefix(initial.count)), Array(parameters.dropFirst(initial.count)))
    outputCount = result.outputs.count
    return result.carries + result.outputs
  }
  let carryCount = traced.results.count - outputCount
  let assigned = traced.assigned
  let readOnly = traced.states.map(\.variable).filter { state in !assigned.contains { $0 === state } }
  let results = building(count: traced.results.count + assigned.count, [], file, line) {
    () throws(GraphError) in
    if let failure { throw failure }
    guard carryCount == initial.count else {
      throw GraphError(
        .argument, "scan", "the body was given \(initial.count) carried values and returned \(carryCount)",
        advice: "return every carried value, changed or not")
    }
    guard let steps else {
      throw GraphError(.argument, "scan", "the number of steps is unknown: name length or give a sequence")
    }
    if let other = sequences.first(where: { $0.shape.dimensions.first != steps }) {
      throw GraphError(
        .shape, "scan", "\(steps) steps over a sequence of shape \(other.shape)",
        advice: "the first axis of every sequence is the one that is walked along")
    }
    let states = assigned.map { traced.state($0) }
    let graph = Graph(
      inputs: traced.parameters.prefix(carryCount) + states.map(\.placeholder)
        + traced.parameters.dropFirst(carryCount) + readOnly.map { traced.state($0).placeholder }
        + traced.captures.map(\.placeholder),
      outputs: traced.results.prefix(carryCount) + states.map(\.final)
        + traced.results.dropFirst(carryCount))
    let spec = ScanSpec(
      body: graph, length: steps, carryCount: carryCount + assigned.count, sequenceCount: sequences.count,
      reverse: reverse)
    let inputs =
      initial.map(\.value) + assigned.map { $0.read() } + sequences.map(\.value)
      + readOnly.map { $0.read() } + traced.captures.map(\.outer)
    return Node.apply(.scan(spec), inputs)
  }
  for (index, variable) in assigned.enumerated() { variable.assign(results[carryCount + index]) }
  return (Array(results.prefix(carryCount)), Array(results.dropFirst(carryCount + assigned.count)))
}

/// Runs a body over the slices of one sequence, handing one value on from step to step.
/// - Returns: The final carried value, and the outputs of all steps `[length, …]`.
public func scan(
  over sequence: Tensor, initial: Tensor, reverse: Bool = false, file: StaticString = #fileID,
  line: Int = #line, _ body: (_ carry: Tensor, _ slice: Tensor) throws -> (carry: Tensor, output: Tensor)
) rethrows -> (carry: Tensor, outputs: Tensor) {
  let result = try scan(
    over: [sequence], initial: [initial], reverse: reverse, file: file, line: line
  ) { carries, slices in
    let step = try body(carries[0], slices[0])
    return ([step.carry], [step.output])
  }
  return (result.carries[0], result.outputs[0])
}

/// Runs a body again and again while a condition holds. Has no gradient; a loop of known length has one as
/// `scan(over:initial:length:reverse:file:line:_:)`.
/// - Parameters:
///   - initial: The values that the first step is given. They keep their types and shapes.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
///   - condition: Values → one `bool`.
///   - body: Values → next values.
/// - Returns: The values for which the condition does not hold.
public func whileLoop(
  initial: [Tensor], file: StaticString = #fileID, line: Int = #line,
  condition: ([Tensor]) throws -> Tensor, body: ([Tensor]) throws -> [Tensor]
) rethrows -> [Tensor] {
  let types = initial.map(\.value.type)
  let test = try TracedBody(types) { [try condition($0)] }
  let step = try TracedBody(types, body)
  var variables: [Variable] = []
  for variable in (test.states + step.states).map(\.variable)
  where !variables.contains(where: { $0 === variable }) {
    variables.append(variable)
  }
  var outer: [Value] = []
  for value in (test.captures + step.captures).map(\.outer) where !outer.contains(value) {
    outer.append(value)
  }
  let count = initial.count
  let results = building(count: count + variables.count + outer.count, initial, file, line) {
    () throws(GraphError) in
    guard step.results.count == count else {
      throw GraphError(
        .argument, "whileLoop", "the body was given \(count) values and returned \(step.results.count)")
    }
    guard test.assigned.isEmpty else {
      throw GraphError(.argument, "whileLoop", "the condition assigns a variable or draws random numbers")
    }
    let testStates = variables.map { test.state($0) }, stepStates = variables.map { step.state($0) }
    let testCaptures = outer.map { test.placeholder(of: $0) }
    let stepCaptures = outer.map { step.placeholder(of: $0) }
    let conditionGraph = Graph(
      inputs: test.parameters + testStates.map(\.placeholder) + testCaptures, outputs: test.results)
    let bodyGraph = Graph(
      inputs: step.parameters + stepStates.map(\.placeholder) + stepCaptures,
      outputs: step.results + stepStates.map(\.final) + stepCaptures)
    return Node.apply(
      .whileLoop(condition: conditionGraph, body: bodyGraph),
      initial.map(\.value) + variables.map { $0.read() } + outer)
  }
  for (index, variable) in variables.enumerated()
  where step.assigned.contains(where: { $0 === variable }) {
    variable.assign(results[count + index])
  }
  return Array(results.prefix(count))
}
