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
  switch context.op {
  case .constant, .input, .failed, .iota, .randomBits, .compare, .bitcast, .argReduce, .stopGradient:
    return context.none
  case .unary(let op):
    return [unaryGradient(op, context)]
  case .binary(let op):
    return binaryGradients(op, context)
  case .select, .clamp, .cast:
    return ternaryGradients(context)
  case .reshape, .transpose, .broadcast, .slice, .pad, .concatenate, .reverse, .dynamicSlice,
    .dynamicUpdateSlice:
    return shapeGradients(context)
  case .gather, .gatherAlong, .scatter, .scatterAlong:
    return indexingGradients(context)
  case .reduce(let kind, let axes):
    return [reduceGradient(kind, axes, context)]
  case .cumulate(let kind, let axis, let reverse, let exclusive):
    return [cumulateGradient(kind, axis: axis, reverse: reverse, exclusive: exclusive, context)]
  case .sort(let axis, _):
    let zeros = context.inputs[0].filled(0)
    return [zeros.scatterAlong(context.output(1), context.gradient(), axis: axis, kind: .add)]
  case .dot(let spec, .none):
    return dotGradients(spec, context)
  case .convolution(_, .none), .convolutionInputGradient, .convolutionFilterGradient:
    return convolutionGradients(context)
  case .pool, .maxPoolGradient, .averagePoolGradient:
    return poolGradients(context)
  case .scan(let spec):
    return try ScanGradient(spec, context).inputGradients()
  case .whileLoop:
    throw GraphError(
      .gradient, "whileLoop", "a loop of unknown length has no gradient",
      advice: "use scan, whose number of steps is fixed, or stopGradient on what the loop computes")
  case .recomputation(let body):
    return recomputationGradients(body, context)
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
  case .dot, .convolution, .activation, .activationGradient, .softmax, .softmaxGradient, .logSoftmax,
    .logSoftmaxGradient, .softmaxCrossEntropy, .softmaxCrossEntropyGradient, .batchNorm, .batchNormalize,
    .batchNormGradient,
    .layerNorm, .layerNormGradient, .attention, .attentionGradient, .dropout, .recurrence,
    .recurrenceGradient:
    return try compositeGradients(context)
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
