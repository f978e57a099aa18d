/// What every operation means: a plain interpreter, one element at a time.
///
/// It folds constants and is what kernels and gradient rules are tested against. `float32` and `bfloat16`
/// are computed in `Double` and rounded to the type after each operation; sums and products over many
/// elements are rounded once at the end. Integers wrap around. Composites are computed by their decomposition.
public enum Reference {
  /// Computes a graph's outputs.
  /// - Parameters:
  ///   - graph: What to compute.
  ///   - inputs: Values of its placeholders.
  /// - Returns: Values of its outputs.
  /// - Throws: `GraphError` when an operation could not be traced or meets bad data.
  public static func evaluate(_ graph: Graph, inputs: [Literal]) throws -> [Literal] {
    try ReferenceInterpreter(graph).evaluate(inputs.map { ReferenceArray($0) }).map { try $0.literal() }
  }

  /// Computes the results of one operation, whose inferred types are given.
  /// - Parameters:
  ///   - op: The operation.
  ///   - inputs: Its operands.
  ///   - types: Types of its results.
  /// - Returns: Its results.
  /// - Throws: `GraphError` when the operation meets bad data.
  public static func evaluate(_ op: Op, _ inputs: [Literal], types: [TensorType]) throws -> [Literal] {
    try evaluate(op, inputs.map { ReferenceArray($0) }, types).map { try $0.literal() }
  }

  static func evaluate(_ op: Op, _ inputs: [ReferenceArray], _ types: [TensorType]) throws -> [ReferenceArray]
  {
    switch op {
    case .constant, .input, .failed:
      throw GraphError(.argument, op.name, "is not computed from operands")
    case .iota(let axis, let shape, let dtype):
      return [iota(axis: axis, shape: shape, dtype: dtype)]
    case .randomBits(let shape):
      let words = Philox.words(
        key: inputs[0].wholes[0], counter: inputs[1].wholes[0], count: shape.elementCount)
      return [ReferenceArray(.uint32, shape, .whole(words.map { Int64($0) }))]
    case .unary(let unary):
      return [evaluate(unary, inputs[0])]
    case .binary(let binary):
      return [evaluate(binary, inputs[0], inputs[1])]
    case .compare(let direction):
      return [evaluate(direction, inputs[0], inputs[1])]
    case .select:
      let choices = zip(inputs[0].wholes, 0..<inputs[0].count).map { $0 != 0 ? $1 : inputs[0].count + $1 }
      let both = ReferenceArray.joined([inputs[1], inputs[2]], types[0].dtype, Shape([2 * inputs[0].count]))
      return [both.picking(choices, shape: types[0].shape)]
    case .clamp:
      return [clamp(inputs[0], inputs[1], inputs[2])]
    case .cast(let dtype):
      return [cast(inputs[0], dtype)]
    case .bitcast(let dtype):
      let literal = try inputs[0].literal()
      return [ReferenceArray(Literal(dtype: dtype, shape: literal.shape, buffer: literal.buffer))]
    case .reshape, .transpose, .broadcast, .slice, .pad, .concatenate, .reverse, .dynamicSlice,
      .dynamicUpdateSlice:
      return [evaluateShape(op, inputs, types[0])]
    case .gather, .gatherAlong, .scatter, .scatterAlong:
      return [try evaluateIndexing(op, inputs, types[0])]
    case .reduce(let kind, let axes):
      return [reduce(kind, axes, inputs[0], types[0].shape)]
    case .argReduce(let maximum, let axis):
      return [argReduce(maximum: maximum, axis: axis, inputs[0], types[0].shape)]
    case .cumulate(let kind, let axis, let reverse, let exclusive):
      return [cumulate(kind, axis: axis, reverse: reverse, exclusive: exclusive, inputs[0])]
    case .sort(let axis, let descending):
      return sort(axis: axis, descending: descending, inputs[0])
    case .dot(let spec, .none):
      return [dot(spec, inputs[0], inputs[1], types[0].shape)]
    case .convolution(let spec, .none):
      return [convolution(spec, inputs[0], inputs[1], types[0].shape)]
    case .convolutionInputGradient(let spec, _):
      return [convolutionInputGradient(spec, inputs[0], inputs[1], types[0].shape)]
    case .convolutionFilterGradient(let spec, _):
      return [convolutionFilterGradient(spec, inputs[0], inputs[1], types[0].shape)]
    case .pool(let spec):
      return [pool(spec, inputs[0], types[0].shape)]
    case .maxPoolGradient(let spec):
      return [maxPoolGradient(spec, inputs[0], inputs[1])]
    case .averagePoolGradient(let spec, _):
      return [averagePoolGradient(spec, inputs[0], types[0].shape)]
    case .scan(let spec):
      return try scan(spec, inputs, types)
    case .recomputation(let body):
      return try ReferenceInterpreter(body).evaluate(inputs)
    case .whileLoop(let condition, let body):
      return try whileLoop(condition, body, inputs)
    case .stopGradient, .barrier, .shardConstraint:
      return [inputs[0]]
    case .customGradient(let custom):
      return Array(inputs.dropFirst(custom.argumentCount))
    case .customCall(let call):
      let results = try call.body(inputs.map { try $0.literal() }).map { ReferenceArray($0) }
      guard results.map(\.type) == types else {
        throw GraphError(.argument, call.name, "gave \(results.map(\.type)) where \(types) were declared")
      }
      return results
    default:
      let placeholders = inputs.map { Value.input($0.dtype, $0.shape) }
      guard let results = decompose(op, placeholders) else {
        throw GraphError(.argument, op.name, "has neither a meaning of its own nor a decomposition")
      }
      return try ReferenceInterpreter(Graph(inputs: placeholders, outputs: results)).evaluate(inputs)
    }
  }
}

/// A graph made ready to be interpreted, once or many times.
struct ReferenceInterpreter {
  private let graph: Graph

  init(_ graph: Graph) throws(GraphError) {
    if let failure = graph.failure { throw failure }
    self.graph = graph
  }

  func evaluate(_ inputs: [ReferenceArray]) throws -> [ReferenceArray] {
    let expected = graph.inputs.map(\.type)
    guard expected == inputs.map(\.type) else {
      throw GraphError(
        .argument, "evaluate", "expects inputs of types \(expected), got \(inputs.map(\.type))")
    }
    var results: [[ReferenceArray]] = []
    results.reserveCapacity(graph.vertices.count)
    for (vertex, entry) in zip(graph.vertices, graph.key.entries) {
      let node = vertex.node
      if vertex.isComputed {
        results.append(node.types.indices.compactMap { node.result($0).map { ReferenceArray($0) } })
      } else if entry.slot >= 0 {
        results.append([inputs[Int(entry.slot)]])
      } else if case .input = node.op {
        throw GraphError(.argument, "evaluate", "a placeholder of type \(node.types[0]) is not bound")
      } else {
        let operands = stride(from: 0, to: entry.inputs.count, by: 2).map {
          results[Int(entry.inputs[$0])][Int(entry.inputs[$0 + 1])]
        }
        results.append(
          try Origin.$current.withValue(node.origin) { try Reference.evaluate(node.op, operands, node.types) }
        )
      }
    }
    return stride(from: 0, to: graph.key.outputs.count, by: 2).map {
      results[Int(graph.key.outputs[$0])][Int(graph.key.outputs[$0 + 1])]
    }
  }
}
