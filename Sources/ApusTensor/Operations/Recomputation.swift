import ApusGraph

/// Computes tensors without keeping, for the gradient, what is computed on the way: the backward pass computes it again.
/// Takes the time of one more forward pass through the closure, and memory for its arguments and results alone.
///
/// Results and gradients have the same bits as without: random numbers are drawn once, and the second time the same. The
/// closure may use outer tensors and read and assign variables, but not look at the numbers of its tensors. Worth it
/// around parts that hold much between a small input and a small result, such as one block of many in a deep network.
///
/// Chen and others, "Training deep nets with sublinear memory cost", arXiv:1604.06174.
///
///     let y = checkpointed([x]) { [block($0[0])] }[0]
/// - Parameters:
///   - arguments: What the closure is given.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
///   - body: Arguments → results. Called once.
/// - Returns: What the closure returns.
public func checkpointed(
  _ arguments: [Tensor], file: StaticString = #fileID, line: Int = #line,
  _ body: ([Tensor]) throws -> [Tensor]
) rethrows -> [Tensor] {
  let traced = try TracedBody(arguments.map(\.value.type), isWhole: true, body)
  let assigned = traced.assigned
  let results = building(count: traced.results.count + assigned.count, arguments, file, line) {
    () throws(GraphError) in
    let graph = Graph(
      inputs: traced.parameters + traced.states.map(\.placeholder) + traced.captures.map(\.placeholder),
      outputs: traced.results + assigned.map { traced.state($0).final })
    let inputs =
      arguments.map(\.value) + traced.states.map { $0.variable.read() } + traced.captures.map(\.outer)
    return Node.apply(.recomputation(graph), inputs)
  }
  for (variable, result) in zip(assigned, results.dropFirst(traced.results.count)) { variable.assign(result) }
  return Array(results.prefix(traced.results.count))
}

/// Computes a tensor from another one without keeping, for the gradient, what is computed on the way; see
/// `checkpointed(_:file:line:_:)`.
public func checkpointed(
  _ x: Tensor, file: StaticString = #fileID, line: Int = #line, _ body: (Tensor) throws -> Tensor
) rethrows -> Tensor {
  try checkpointed([x], file: file, line: line) { [try body($0[0])] }[0]
}

/// Computes a tensor without keeping, for the gradient, what is computed on the way; see
/// `checkpointed(_:file:line:_:)`.
public func checkpointed(
  file: StaticString = #fileID, line: Int = #line, _ body: () throws -> Tensor
) rethrows -> Tensor {
  try checkpointed([], file: file, line: line) { _ in [try body()] }[0]
}
