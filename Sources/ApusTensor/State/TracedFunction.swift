import ApusGraph

/// A function as it looks when traced: a graph over its inputs and the cells that it reads, and what it writes back.
package struct TracedFunction {
  /// From the inputs, then the cells, to the results, then the new values of cells.
  package let graph: Graph
  /// Types of the inputs and of the results.
  package let inputTypes: [TensorType], outputTypes: [TensorType]
  /// The cells read or written, in order of first use.
  package let states: [Variable]
  /// Which of the cells get new values, in the order of the graph's last outputs.
  package let updatedStates: [Int]
  /// Every cell that the trace depends on, with the version that it is good for.
  let dependencies: [(variable: Variable, version: Int)]

  /// Traces a function for inputs of the given types.
  /// - Throws: `GraphError` when operands do not fit; whatever the body throws.
  init(_ types: [TensorType], _ body: ([Tensor]) throws -> [Tensor]) throws {
    let placeholders = types.map { Value.input($0.dtype, $0.shape) }
    var context = TraceContext()
    func trace() throws -> [Tensor] {
      try TraceContext.$current.withValue(context) { try body(placeholders.map { Tensor($0) }) }
    }
    var outputs = try trace()
    // A trace that changed what it depends on is made once more: an optimizer's first update moves the weights
    // into one block.
    if context.isStale {
      context = TraceContext()
      outputs = try trace()
    }
    for output in outputs { if let failure = output.failure { throw failure } }
    let updates = context.updates
    for (_, value) in updates { if let failure = value.failure { throw failure } }
    graph = Graph(
      inputs: placeholders + context.states.map(\.placeholder),
      outputs: outputs.map(\.value) + updates.map(\.value))
    inputTypes = types
    outputTypes = outputs.map(\.value.type)
    states = context.states.map(\.variable)
    updatedStates = updates.map(\.state)
    dependencies = context.dependencies
  }

  /// Outputs of the graph that are written into the memory of an input, by number.
  package var updates: [Int: Int] {
    Dictionary(
      uniqueKeysWithValues: updatedStates.enumerated().map {
        (outputTypes.count + $0, inputTypes.count + $1)
      })
  }

  /// Inputs of the graph that are state which the function leaves as it is.
  package var keptInputs: Set<Int> {
    Set(states.indices.filter { !updatedStates.contains($0) }.map { inputTypes.count + $0 })
  }
}
