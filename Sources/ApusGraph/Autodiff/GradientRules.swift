/// What a gradient rule knows: an operation, its operands and results, and the gradients that arrive.
struct GradientContext {
  let vertex: Graph.Vertex
  /// Gradient of each result, nil where none arrives.
  let gradients: [Value?]
  /// Which operands' gradients are wanted.
  let needed: [Bool]

  var op: Op { vertex.node.op }
  var inputs: [Value] { vertex.inputs }

  /// A result of the operation.
  func output(_ index: Int = 0) -> Value { Value(node: vertex.node, index: index) }

  /// The gradient of a result, zeros where none arrives.
  func gradient(_ index: Int = 0) -> Value { gradients[index] ?? output(index).filled(0) }

  /// A gradient that is built only if the operand's is wanted.
  func when(_ operand: Int, _ gradient: @autoclosure () -> Value) -> Value? {
    needed[operand] ? gradient() : nil
  }

  /// No operand has a gradient.
  var none: [Value?] { Array(repeating: nil, count: inputs.count) }
}

/// Gradients of the operands; every operation has its place here. Where possible they are computed from results
/// rather than operands, so that operands can be overwritten early.
func inputGradients(_ context: GradientContext) throws(GraphError) -> [Value?] {
  switch context.op.family {
  case .leaf: context.none
  case .elementwise: elementwiseGradients(context)
  case .shape: shapeGradients(context)
  case .indexing: indexingGradients(context)
  case .reduction: reductionGradients(context)
  case .contraction: try contractionGradients(context)
  case .control: try controlGradients(context)
  case .passing: try passingGradients(context)
  case .activation, .normalization, .attention, .recurrence: try compositeGradients(context)
  }
}

private func elementwiseGradients(_ context: GradientContext) -> [Value?] {
  switch context.op {
  case .unary(let op): [unaryGradient(op, context)]
  case .binary(let op): binaryGradients(op, context)
  case .select, .clamp, .cast: ternaryGradients(context)
  default: context.none
  }
}

private func reductionGradients(_ context: GradientContext) -> [Value?] {
  switch context.op {
  case .reduce(let kind, let axes):
    return [reduceGradient(kind, axes, context)]
  case .cumulate(let kind, let axis, let reverse, let exclusive):
    return [cumulateGradient(kind, axis: axis, reverse: reverse, exclusive: exclusive, context)]
  case .sort(let axis, _):
    let zeros = context.inputs[0].filled(0)
    return [zeros.scatterAlong(context.output(1), context.gradient(), axis: axis, kind: .add)]
  default: return context.none
  }
}

private func contractionGradients(_ context: GradientContext) throws(GraphError) -> [Value?] {
  switch context.op {
  case .dot(let spec, .none): dotGradients(spec, context)
  case .convolution(_, .none), .convolutionInputGradient, .convolutionFilterGradient:
    convolutionGradients(context)
  case .pool, .maxPoolGradient, .averagePoolGradient: poolGradients(context)
  // With an epilogue they are made of others.
  default: try compositeGradients(context)
  }
}

private func controlGradients(_ context: GradientContext) throws(GraphError) -> [Value?] {
  switch context.op {
  case .scan(let spec): return try ScanGradient(spec, context).inputGradients()
  case .recomputation(let body): return recomputationGradients(body, context)
  default:
    throw GraphError(
      .gradient, "whileLoop", "a loop of unknown length has no gradient",
      advice: "use scan, whose number of steps is fixed, or stopGradient on what the loop computes")
  }
}

private func passingGradients(_ context: GradientContext) throws(GraphError) -> [Value?] {
  switch context.op {
  case .barrier:
    return [context.gradient()] + Array(repeating: nil, count: context.inputs.count - 1)
  case .shardConstraint:
    return [.apply(context.op, [context.gradient()])]
  case .customGradient(let custom):
    return try customGradients(custom, context)
  case .customCall(let call):
    throw GraphError(
      .gradient, call.name, "a host function has no gradient of its own",
      advice: "give it one with customGradient, or use stopGradient on its result")
  default: return context.none
  }
}

private func customGradients(_ custom: CustomGradient, _ context: GradientContext) throws(GraphError)
  -> [Value?]
{
  let arguments = Array(context.inputs.prefix(custom.argumentCount))
  let outputs = Array(context.inputs.dropFirst(custom.argumentCount))
  let results = custom.gradient(arguments, outputs, outputs.indices.map { context.gradient($0) })
  guard results.count == arguments.count else {
    throw GraphError(
      .gradient, "customGradient",
      "the closure gave \(results.count) gradients for \(arguments.count) arguments")
  }
  return results + outputs.map { _ in nil }
}
