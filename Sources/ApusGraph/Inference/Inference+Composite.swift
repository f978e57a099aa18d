func inferComposite(_ op: Op, _ inputs: [Value]) throws(GraphError) -> [TensorType] {
  guard let x = inputs.first else { throw GraphError(.argument, op.name, "needs operands") }
  try requireFloating(x, op)
  func requireLastAxis() throws(GraphError) {
    guard x.rank >= 1 else { throw GraphError(.shape, op.name, "needs at least one axis, got a scalar") }
  }
  let rows = Shape(Array(x.shape.dimensions.dropLast()))
  func requireVector(_ value: Value, _ what: String) throws(GraphError) {
    let expected = TensorType(x.dtype, Shape([x.shape[x.rank - 1]]))
    guard value.type == expected else {
      throw GraphError(
        .shape, op.name, "\(what) must be \(expected) for an input of \(x.shape), got \(value.type)")
    }
  }
  switch op {
  case .softmax, .logSoftmax:
    try requireCount(1, inputs, op)
    try requireLastAxis()
    return [x.type]
  case .softmaxGradient, .logSoftmaxGradient:
    try requireCount(2, inputs, op)
    try requireLastAxis()
    try requireSameType(x, inputs[1], op)
    try requireSameShape(x, inputs[1], op)
    return [x.type]
  case .softmaxCrossEntropy, .softmaxCrossEntropyGradient:
    var isGradient = false
    if case .softmaxCrossEntropyGradient = op { isGradient = true }
    try requireCount(isGradient ? 4 : 2, inputs, op)
    try requireLastAxis()
    try requireIndices(inputs[1], op)
    guard inputs[1].shape == rows else {
      throw GraphError(
        .shape, op.name, "logits of \(x.shape) need labels of shape \(rows), got \(inputs[1].shape)",
        advice: inputs[1].shape == x.shape
          ? "labels look one-hot: use categoricalCrossEntropy, or pass indices" : "")
    }
    return isGradient ? [x.type] : [TensorType(x.dtype, rows), TensorType(x.dtype, rows)]
  case .batchNorm, .layerNorm:
    try requireCount(3, inputs, op)
    try requireLastAxis()
    try requireVector(inputs[1], "gamma")
    try requireVector(inputs[2], "beta")
    if case .batchNorm = op { return [x.type, inputs[1].type, inputs[1].type] }
    return [x.type, TensorType(x.dtype, rows), TensorType(x.dtype, rows)]
  case .batchNormalize:
    try requireCount(inputs.count > 5 ? 6 : 5, inputs, op)
    try requireLastAxis()
    for (vector, name) in zip(inputs[1...4], ["gamma", "beta", "mean", "variance"]) {
      try requireVector(vector, name)
    }
    if inputs.count > 5 { try requireSameShape(x, inputs[5], op) }
    return [x.type]
  case .batchNormGradient, .layerNormGradient:
    var isRectified = false
    if case .batchNormGradient(_, let relu) = op { isRectified = relu }
    try requireCount(isRectified ? 6 : 5, inputs, op)
    try requireLastAxis()
    try requireVector(inputs[1], "gamma")
    try requireSameShape(x, inputs[4], op)
    return [x.type, inputs[1].type, inputs[1].type]
  case .dropout(let rate):
    try requireCount(3, inputs, op)
    try requireCounterState(inputs[1], inputs[2], op)
    guard rate >= 0, rate < 1 else {
      throw GraphError(.argument, op.name, "rate \(rate) must be at least 0 and below 1")
    }
    return [x.type]
  default: preconditionFailure("not a composite: \(op)")
  }
}
