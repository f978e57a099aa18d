func inferReduction(_ op: Op, _ inputs: [Value]) throws(GraphError) -> [TensorType] {
  try requireCount(1, inputs, op)
  let x = inputs[0]
  switch op {
  case .reduce(let kind, let axes):
    for axis in axes { try require(axis: axis, of: x.shape, op) }
    guard Set(axes).count == axes.count else {
      throw GraphError(.axis, op.name, "axes \(axes) name an axis twice")
    }
    if kind == .and || kind == .or {
      guard x.dtype == .bool else {
        throw GraphError(.dtype, op.name, "needs bool, got \(x.dtype)", advice: "compare first: x .> 0")
      }
    } else if kind == .sum || kind == .product {
      guard x.dtype != .bool else {
        throw GraphError(
          .dtype, op.name, "needs numbers, got bool", advice: "convert with .cast(to: .int32) to count")
      }
    }
    return [
      TensorType(x.dtype, Shape(x.shape.dimensions.indices.filter { !axes.contains($0) }.map { x.shape[$0] }))
    ]
  case .argReduce(_, let axis):
    try require(axis: axis, of: x.shape, op)
    guard x.shape[axis] > 0 else {
      throw GraphError(.shape, op.name, "axis \(axis) of \(x.shape) is empty, so it has no extreme")
    }
    try requireCountable(axis: axis, of: x.shape, as: .int32, op)
    var shape = x.shape
    shape.dimensions.remove(at: axis)
    return [TensorType(.int32, shape)]
  case .cumulate(let kind, let axis, _, _):
    try require(axis: axis, of: x.shape, op)
    guard kind != .and, kind != .or, x.dtype != .bool else {
      throw GraphError(.dtype, op.name, "needs numbers, got \(x.dtype)")
    }
    return [x.type]
  case .sort(let axis, _):
    try require(axis: axis, of: x.shape, op)
    try requireCountable(axis: axis, of: x.shape, as: .int32, op)
    return [x.type, TensorType(.int32, x.shape)]
  default: preconditionFailure("not a reduction: \(op)")
  }
}
