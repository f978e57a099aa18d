func inferShape(_ op: Op, _ inputs: [Value]) throws(GraphError) -> TensorType {
  guard let x = inputs.first else { throw GraphError(.argument, op.name, "needs at least one operand") }
  let shape = x.shape
  switch op {
  case .reshape(let target):
    guard target.dimensions.allSatisfy({ $0 >= 0 }), target.elementCount == shape.elementCount else {
      throw GraphError(
        .shape, op.name,
        "\(shape) has \(shape.elementCount) elements, \(target) needs \(target.dimensions.contains { $0 < 0 } ? "sizes of 0 or more" : "\(target.elementCount)")"
      )
    }
    return TensorType(x.dtype, target)
  case .transpose(let permutation):
    guard permutation.sorted() == Array(0..<shape.rank) else {
      throw GraphError(
        .axis, op.name, "\(permutation) is not an order of the \(shape.rank) axes of \(shape)",
        advice: "name every axis from 0 to \(shape.rank - 1) once")
    }
    return TensorType(x.dtype, Shape(permutation.map { shape[$0] }))
  case .broadcast(let target, let axes):
    guard axes.count == shape.rank, zip(axes, axes.dropFirst()).allSatisfy(<),
      axes.allSatisfy({ target.dimensions.indices.contains($0) }),
      zip(axes, shape.dimensions).allSatisfy({ $1 == 1 || target[$0] == $1 })
    else { throw GraphError(.shape, op.name, "\(shape) cannot be repeated to \(target)") }
    return TensorType(x.dtype, target)
  case .slice(let starts, let limits, let strides):
    guard starts.count == shape.rank, limits.count == shape.rank, strides.count == shape.rank else {
      throw GraphError(.argument, op.name, "needs a range for each of the \(shape.rank) axes of \(shape)")
    }
    var result = shape
    for axis in 0..<shape.rank {
      guard strides[axis] >= 1 else {
        throw GraphError(.argument, op.name, "stride \(strides[axis]) of axis \(axis) must be 1 or more")
      }
      guard 0 <= starts[axis], starts[axis] <= limits[axis], limits[axis] <= shape[axis] else {
        throw GraphError(
          .index, op.name,
          "range \(starts[axis])..<\(limits[axis]) of axis \(axis) lies outside 0..<\(shape[axis]) of shape \(shape)"
        )
      }
      result[axis] = Shape.stepCount(limits[axis] - starts[axis], by: strides[axis])
    }
    return TensorType(x.dtype, result)
  case .pad(let low, let high, let interior):
    try requireCount(2, inputs, op)
    try requireSameType(x, inputs[1], op)
    guard inputs[1].rank == 0, low.count == shape.rank, high.count == shape.rank, interior.count == shape.rank
    else {
      throw GraphError(
        .argument, op.name, "needs low, high and interior padding for each axis of \(shape) and a scalar")
    }
    var result = shape
    for axis in 0..<shape.rank {
      let spread = Int128(shape[axis]) + Int128(max(0, shape[axis] - 1)) * Int128(interior[axis])
      result[axis] = Int(clamping: spread + Int128(low[axis]) + Int128(high[axis]))
      guard interior[axis] >= 0, result[axis] >= 0 else {
        throw GraphError(
          .shape, op.name,
          "padding \(low[axis]), \(high[axis]) leaves axis \(axis) of \(shape) with a negative size")
      }
    }
    return TensorType(x.dtype, result)
  case .concatenate(let axis):
    try require(axis: axis, of: shape, op)
    var result = shape
    for input in inputs.dropFirst() {
      try requireSameType(x, input, op)
      var expected = shape
      guard input.rank == shape.rank else {
        throw GraphError(.shape, op.name, "\(shape) and \(input.shape) have different numbers of axes")
      }
      expected[axis] = input.shape[axis]
      guard input.shape == expected else {
        throw GraphError(.shape, op.name, "\(shape) and \(input.shape) differ outside axis \(axis)")
      }
      result[axis] = min(result[axis] + input.shape[axis], Shape.elementLimit + 1)
    }
    return TensorType(x.dtype, result)
  case .reverse(let axes):
    for axis in axes { try require(axis: axis, of: shape, op) }
    return x.type
  case .dynamicSlice(let sizes):
    try requireCount(2, inputs, op)
    try requireStarts(inputs[1], rank: shape.rank, op)
    guard sizes.count == shape.rank, zip(sizes, shape.dimensions).allSatisfy({ 0 <= $0 && $0 <= $1 }) else {
      throw GraphError(.shape, op.name, "a slice of \(sizes) does not fit into \(shape)")
    }
    return TensorType(x.dtype, Shape(sizes))
  case .dynamicUpdateSlice:
    try requireCount(3, inputs, op)
    try requireSameType(x, inputs[1], op)
    try requireStarts(inputs[2], rank: shape.rank, op)
    guard inputs[1].rank == shape.rank,
      zip(inputs[1].shape.dimensions, shape.dimensions).allSatisfy({ $0 <= $1 })
    else { throw GraphError(.shape, op.name, "an update of \(inputs[1].shape) does not fit into \(shape)") }
    return x.type
  default: preconditionFailure("not a shape operation: \(op)")
  }
}

private func requireStarts(_ starts: Value, rank: Int, _ op: Op) throws(GraphError) {
  guard starts.type == TensorType(.int32, Shape([rank])) else {
    throw GraphError(.dtype, op.name, "starts must be int32[\(rank)], got \(starts.type)")
  }
}

func inferIndexing(_ op: Op, _ inputs: [Value]) throws(GraphError) -> TensorType {
  guard inputs.count >= 2 else { throw GraphError(.argument, op.name, "needs a tensor and indices") }
  let x = inputs[0], indices = inputs[1]
  try requireIndices(indices, op)
  switch op {
  case .gather(let axis, _):
    try require(axis: axis, of: x.shape, op)
    let dimensions = x.shape.dimensions
    return TensorType(
      x.dtype, Shape(Array(dimensions[..<axis]) + indices.shape.dimensions + Array(dimensions[(axis + 1)...]))
    )
  case .gatherAlong(let axis, _):
    try require(axis: axis, of: x.shape, op)
    try requireAligned(x.shape, indices.shape, axis, op)
    return TensorType(x.dtype, indices.shape)
  case .scatter(let axis, _):
    try requireCount(3, inputs, op)
    try require(axis: axis, of: x.shape, op)
    try requireSameType(x, inputs[2], op)
    var expected = x.shape
    guard indices.rank == 1 else {
      throw GraphError(.shape, op.name, "indices must be a vector, got shape \(indices.shape)")
    }
    expected[axis] = indices.shape[0]
    guard inputs[2].shape == expected else {
      throw GraphError(.shape, op.name, "updates must have shape \(expected), got \(inputs[2].shape)")
    }
    return x.type
  case .scatterAlong(let axis, _):
    try requireCount(3, inputs, op)
    try require(axis: axis, of: x.shape, op)
    try requireSameType(x, inputs[2], op)
    try requireAligned(x.shape, indices.shape, axis, op)
    try requireSameShape(indices, inputs[2], op)
    return x.type
  default: preconditionFailure("not an indexing operation: \(op)")
  }
}

private func requireAligned(_ shape: Shape, _ indices: Shape, _ axis: Int, _ op: Op) throws(GraphError) {
  var expected = shape
  if indices.rank == shape.rank { expected[axis] = indices[axis] }
  guard indices == expected else {
    throw GraphError(
      .shape, op.name, "indices of shape \(indices) do not line up with \(shape) outside axis \(axis)")
  }
}
