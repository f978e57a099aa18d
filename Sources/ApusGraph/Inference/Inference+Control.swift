func inferControl(_ op: Op, _ inputs: [Value]) throws(GraphError) -> [TensorType] {
  switch op {
  case .scan(let spec):
    let body = spec.body
    if let failure = body.failure { throw failure }
    try requireCount(body.inputs.count, inputs, op)
    guard spec.length >= 0, spec.carryCount + spec.sequenceCount <= inputs.count,
      spec.carryCount <= body.outputs.count
    else { throw GraphError(.argument, op.name, "carries and sequences exceed the body's inputs") }
    for index in inputs.indices {
      var expected = body.inputs[index].type
      if index >= spec.carryCount, index < spec.carryCount + spec.sequenceCount {
        expected.shape = Shape([spec.length] + expected.shape.dimensions)
      }
      guard inputs[index].type == expected else {
        throw GraphError(.shape, op.name, "input \(index) must be \(expected), got \(inputs[index].type)")
      }
    }
    for index in 0..<spec.carryCount where body.outputs[index].type != body.inputs[index].type {
      throw GraphError(
        .shape, op.name,
        "carry \(index) goes in as \(body.inputs[index].type) and comes out as \(body.outputs[index].type)",
        advice: "a loop's state must keep its type and shape")
    }
    return body.outputs.enumerated().map { index, output in
      index < spec.carryCount
        ? output.type : TensorType(output.dtype, Shape([spec.length] + output.shape.dimensions))
    }
  case .whileLoop(let condition, let body):
    if let failure = condition.failure ?? body.failure { throw failure }
    try requireCount(body.inputs.count, inputs, op)
    let types = inputs.map(\.type)
    guard body.inputs.map(\.type) == types, body.outputs.map(\.type) == types,
      condition.inputs.map(\.type) == types
    else { throw GraphError(.shape, op.name, "state, condition and body disagree on types: \(types)") }
    guard condition.outputs.map(\.type) == [TensorType(.bool, .scalar)] else {
      throw GraphError(
        .dtype, op.name, "the condition must be one bool scalar, got \(condition.outputs.map(\.type))")
    }
    return types
  case .recomputation(let body):
    if let failure = body.failure { throw failure }
    try requireCount(body.inputs.count, inputs, op)
    guard body.inputs.map(\.type) == inputs.map(\.type) else {
      throw GraphError(
        .shape, op.name, "takes \(body.inputs.map(\.type)), got \(inputs.map(\.type))")
    }
    return body.outputs.map(\.type)
  default: preconditionFailure("not control flow: \(op)")
  }
}
