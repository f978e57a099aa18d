func inferContraction(_ op: Op, _ inputs: [Value]) throws(GraphError) -> TensorType {
  switch op {
  case .dot(let spec, let epilogue):
    try requireCount(2 + epilogue.operandCount, inputs, op)
    return try inferDot(spec, inputs[0], inputs[1], op)
  case .convolution(let spec, let epilogue):
    try requireCount(2 + epilogue.operandCount, inputs, op)
    return try inferConvolution(spec, inputs[0], inputs[1], op)
  case .convolutionInputGradient(let spec, let inputSpatial):
    try requireCount(2, inputs, op)
    let gradient = inputs[0], kernel = inputs[1]
    let spatial = spec.strides.count
    try requireGeometry(spec, op)
    try requireSameType(gradient, kernel, op)
    guard gradient.rank == spatial + 2, kernel.rank == spatial + 2, inputSpatial.count == spatial,
      gradient.shape[spatial + 1] == kernel.shape[spatial + 1],
      (0..<spatial).allSatisfy({
        gradient.shape[$0 + 1] == spec.outputSize(axis: $0, input: inputSpatial[$0], kernel: kernel.shape[$0])
      })
    else {
      throw GraphError(
        .shape, op.name,
        "\(gradient.shape) is not the result of a kernel of \(kernel.shape) over an input of \(inputSpatial)")
    }
    let channels = Shape.product([kernel.shape[spatial], spec.groups])
    return TensorType(gradient.dtype, Shape([gradient.shape[0]] + inputSpatial + [channels]))
  case .convolutionFilterGradient(let spec, let kernelSpatial):
    try requireCount(2, inputs, op)
    let x = inputs[0], gradient = inputs[1]
    let spatial = spec.strides.count
    try requireGeometry(spec, op)
    try requireSameType(x, gradient, op)
    guard x.rank == spatial + 2, gradient.rank == spatial + 2, kernelSpatial.count == spatial,
      x.shape[0] == gradient.shape[0],
      (0..<spatial).allSatisfy({
        gradient.shape[$0 + 1] == spec.outputSize(axis: $0, input: x.shape[$0 + 1], kernel: kernelSpatial[$0])
      })
    else {
      throw GraphError(
        .shape, op.name, "\(gradient.shape) is not the result of a kernel of \(kernelSpatial) over \(x.shape)"
      )
    }
    return TensorType(
      x.dtype, Shape(kernelSpatial + [x.shape[spatial + 1] / spec.groups, gradient.shape[spatial + 1]]))
  case .pool(let spec):
    try requireCount(1, inputs, op)
    return try inferPool(spec, inputs[0], op)
  case .maxPoolGradient(let spec):
    try requireCount(2, inputs, op)
    let result = try inferPool(spec, inputs[0], op)
    guard result == inputs[1].type else {
      throw GraphError(.shape, op.name, "the gradient must be \(result), got \(inputs[1].type)")
    }
    return inputs[0].type
  case .averagePoolGradient(let spec, let inputSpatial):
    try requireCount(1, inputs, op)
    let gradient = inputs[0]
    guard gradient.rank == inputSpatial.count + 2 else {
      throw GraphError(.shape, op.name, "a gradient of \(gradient.shape) for an input of \(inputSpatial)")
    }
    let x = Shape([gradient.shape[0]] + inputSpatial + [gradient.shape[gradient.rank - 1]])
    let result = try inferPool(spec, .input(gradient.dtype, x), op)
    guard result == gradient.type else {
      throw GraphError(.shape, op.name, "the gradient must be \(result), got \(gradient.type)")
    }
    return TensorType(gradient.dtype, x)
  default: preconditionFailure("not a contraction: \(op)")
  }
}

private func inferDot(_ spec: DotSpec, _ left: Value, _ right: Value, _ op: Op) throws(GraphError)
  -> TensorType
{
  try requireSameType(left, right, op)
  guard left.dtype != .bool else { throw GraphError(.dtype, op.name, "needs numbers, got bool") }
  for axis in spec.leftBatch + spec.leftContract { try require(axis: axis, of: left.shape, op) }
  for axis in spec.rightBatch + spec.rightContract { try require(axis: axis, of: right.shape, op) }
  guard spec.leftBatch.count == spec.rightBatch.count, spec.leftContract.count == spec.rightContract.count
  else {
    throw GraphError(.argument, op.name, "the operands name different numbers of shared axes")
  }
  for (a, b) in zip(spec.leftContract, spec.rightContract) where left.shape[a] != right.shape[b] {
    throw GraphError(
      .shape, op.name,
      "inner sizes differ: axis \(a) of \(left.shape) has \(left.shape[a]), axis \(b) of \(right.shape) has \(right.shape[b])",
      advice:
        "the last axis of the left must be as long as the second last of the right; is one of them transposed?"
    )
  }
  for (a, b) in zip(spec.leftBatch, spec.rightBatch) where left.shape[a] != right.shape[b] {
    throw GraphError(
      .shape, op.name,
      "batch sizes differ: axis \(a) of \(left.shape) has \(left.shape[a]), axis \(b) of \(right.shape) has \(right.shape[b])"
    )
  }
  let batch = spec.leftBatch.map { left.shape[$0] }
  let leftFree = spec.leftFree(rank: left.rank).map { left.shape[$0] }
  let rightFree = spec.rightFree(rank: right.rank).map { right.shape[$0] }
  return TensorType(left.dtype, Shape(batch + leftFree + rightFree))
}

extension DotSpec {
  /// Axes of the left operand that are neither shared nor summed.
  public func leftFree(rank: Int) -> [Int] {
    (0..<rank).filter { !leftBatch.contains($0) && !leftContract.contains($0) }
  }
  /// Axes of the right operand that are neither shared nor summed.
  public func rightFree(rank: Int) -> [Int] {
    (0..<rank).filter { !rightBatch.contains($0) && !rightContract.contains($0) }
  }
}

private func requireGeometry(_ spec: ConvolutionSpec, _ op: Op) throws(GraphError) {
  let spatial = spec.strides.count
  guard spec.padsLow.count == spatial, spec.padsHigh.count == spatial, spec.dilations.count == spatial,
    spec.strides.allSatisfy({ $0 >= 1 }), spec.dilations.allSatisfy({ $0 >= 1 }), spec.groups >= 1
  else {
    throw GraphError(
      .argument, op.name,
      "strides \(spec.strides), dilations \(spec.dilations) and groups \(spec.groups) must be 1 or more, one entry an axis"
    )
  }
}

private func inferConvolution(
  _ spec: ConvolutionSpec, _ x: Value, _ kernel: Value, _ op: Op
) throws(GraphError) -> TensorType {
  try requireSameType(x, kernel, op)
  try requireGeometry(spec, op)
  let spatial = spec.strides.count
  guard x.rank == spatial + 2 else {
    throw GraphError(
      .shape, op.name,
      "expects \(spatial + 2) axes [batch, \(spatialNames(spatial)), channels], got shape \(x.shape)",
      advice: x.rank == spatial + 1
        ? "add a batch axis in front or a channel axis behind with .expandedDimensions(axis:)" : "")
  }
  guard kernel.rank == spatial + 2 else {
    throw GraphError(.shape, op.name, "the kernel must have \(spatial + 2) axes, got shape \(kernel.shape)")
  }
  let channels = x.shape[spatial + 1], filters = kernel.shape[spatial + 1]
  let taken = Shape.product([kernel.shape[spatial], spec.groups])
  guard channels == taken, filters % spec.groups == 0 else {
    throw GraphError(
      .shape, op.name,
      "the input \(x.shape) has \(channels) channels, the kernel \(kernel.shape) in \(spec.groups) group(s) takes \(taken) and gives \(filters)",
      advice: "channels are the last axis")
  }
  var result = [x.shape[0]]
  for axis in 0..<spatial {
    let size = spec.outputSize(axis: axis, input: x.shape[axis + 1], kernel: kernel.shape[axis])
    guard size > 0 else {
      throw GraphError(
        .shape, op.name,
        "the \(spatialNames(spatial, axis)) axis of \(x.shape) (size \(x.shape[axis + 1])) is smaller than the kernel (\(kernel.shape[axis]) taps, dilation \(spec.dilations[axis]))",
        advice: "use padding: .same, a smaller kernel, or fewer pooling layers before this one")
    }
    result.append(size)
  }
  return TensorType(x.dtype, Shape(result + [filters]))
}

private func spatialNames(_ count: Int) -> String {
  ["steps", "height, width", "depth, height, width"][min(max(count, 1), 3) - 1]
}

private func spatialNames(_ count: Int, _ axis: Int) -> String {
  [["steps"], ["height", "width"], ["depth", "height", "width"]][min(max(count, 1), 3) - 1][
    min(axis, count - 1)]
}

private func inferPool(_ spec: PoolSpec, _ x: Value, _ op: Op) throws(GraphError) -> TensorType {
  let spatial = spec.window.count
  guard spec.strides.count == spatial, spec.padsLow.count == spatial, spec.padsHigh.count == spatial,
    spec.strides.allSatisfy({ $0 >= 1 }), spec.window.allSatisfy({ $0 >= 1 })
  else {
    throw GraphError(
      .argument, op.name, "window \(spec.window) and strides \(spec.strides) must be 1 or more")
  }
  guard x.rank == spatial + 2 else {
    throw GraphError(
      .shape, op.name,
      "expects \(spatial + 2) axes [batch, \(spatialNames(spatial)), channels], got shape \(x.shape)")
  }
  var result = x.shape
  for axis in 0..<spatial {
    let room =
      Int128(x.shape[axis + 1]) + Int128(spec.padsLow[axis]) + Int128(spec.padsHigh[axis])
      - Int128(spec.window[axis])
    guard room >= 0 else {
      throw GraphError(
        .shape, op.name,
        "the \(spatialNames(spatial, axis)) axis of \(x.shape) (size \(x.shape[axis + 1])) is smaller than the window (\(spec.window[axis]))",
        advice: "use padding: .same or fewer pooling layers")
    }
    guard spec.padsLow[axis] < spec.window[axis], spec.padsHigh[axis] < spec.window[axis] else {
      throw GraphError(.argument, op.name, "padding must be smaller than the window \(spec.window)")
    }
    result[axis + 1] = Int(clamping: room / Int128(spec.strides[axis]) + 1)
  }
  return TensorType(x.dtype, result)
}
