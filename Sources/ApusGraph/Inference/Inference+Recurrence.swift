func inferRecurrence(_ op: Op, _ inputs: [Value]) throws(GraphError) -> [TensorType] {
  switch op {
  case .recurrence(let spec):
    try requireCount(spec.operandCount, inputs, op)
    let sizes = try RecurrenceSizes(op, projection: inputs[0], kernel: inputs[1], spec.cell)
    var expected = [sizes.steps(sizes.columns), sizes.kernel, sizes.row]
    if spec.cell == .lstm { expected.append(sizes.row) }
    if spec.cell == .gru { expected.append(TensorType(sizes.dtype, [sizes.columns])) }
    if spec.isMasked { expected.append(sizes.mask) }
    try require(expected, inputs, op)
    var results = [sizes.steps(sizes.units), sizes.row]
    if spec.cell == .lstm { results.append(sizes.row) }
    if spec.cell != .simple { results += [sizes.steps(sizes.columns), sizes.steps(sizes.units)] }
    return results
  case .recurrenceGradient(let spec):
    try requireCount(spec.operandCount, inputs, op)
    let cell = spec.forward.cell
    let sizes = try RecurrenceSizes(op, projection: inputs[1], kernel: inputs[0], cell)
    var expected = [sizes.kernel, sizes.steps(sizes.columns)]
    if cell != .simple { expected.append(sizes.steps(sizes.units)) }
    if cell == .gru { expected.append(sizes.steps(sizes.units)) }
    expected += Array(repeating: sizes.row, count: (cell == .simple ? 0 : 1) + (cell == .lstm ? 2 : 1))
    if spec.forward.isMasked { expected.append(sizes.mask) }
    if spec.hasStateGradients { expected.append(sizes.steps(sizes.units)) }
    try require(expected, inputs, op)
    var results = [sizes.steps(sizes.columns), sizes.row]
    if cell == .lstm { results.append(sizes.row) }
    if cell == .gru { results.append(sizes.steps(sizes.units)) }
    return results
  default: preconditionFailure("not a recurrence: \(op)")
  }
}

/// The sizes that a recurrence's operands agree on.
private struct RecurrenceSizes {
  let time: Int, batch: Int, units: Int, columns: Int
  let dtype: DType

  init(_ op: Op, projection: Value, kernel: Value, _ cell: RecurrenceSpec.Cell) throws(GraphError) {
    try requireFloating(projection, op)
    guard projection.rank == 3, kernel.rank == 2, kernel.shape[1] == cell.gateCount * kernel.shape[0] else {
      throw GraphError(
        .shape, op.name,
        "needs [time, batch, \(cell.gateCount) · units] and a kernel [units, \(cell.gateCount) · units], "
          + "got \(projection.shape) and \(kernel.shape)")
    }
    time = projection.shape[0]
    batch = projection.shape[1]
    units = kernel.shape[0]
    columns = kernel.shape[1]
    dtype = projection.dtype
  }

  func steps(_ width: Int) -> TensorType { TensorType(dtype, [time, batch, width]) }
  var row: TensorType { TensorType(dtype, [batch, units]) }
  var kernel: TensorType { TensorType(dtype, [units, columns]) }
  var mask: TensorType { TensorType(.bool, [time, batch]) }
}

private func require(_ expected: [TensorType], _ inputs: [Value], _ op: Op) throws(GraphError) {
  for (index, type) in expected.enumerated() where inputs[index].type != type {
    throw GraphError(.shape, op.name, "operand \(index) must be \(type), got \(inputs[index].type)")
  }
}
