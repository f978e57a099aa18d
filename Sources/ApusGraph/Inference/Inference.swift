/// The types of an operation's results, or the reason why its operands do not fit.
func inferTypes(_ op: Op, _ inputs: [Value]) throws(GraphError) -> [TensorType] {
  switch op.family {
  case .leaf: [try inferLeaf(op, inputs)]
  case .elementwise, .activation: [try inferElementwise(op, inputs)]
  case .shape: [try inferShape(op, inputs)]
  case .indexing: [try inferIndexing(op, inputs)]
  case .reduction: try inferReduction(op, inputs)
  case .contraction: [try inferContraction(op, inputs)]
  case .control: try inferControl(op, inputs)
  case .passing: try inferPassing(op, inputs)
  case .normalization: try inferComposite(op, inputs)
  case .attention: try inferAttention(op, inputs)
  case .recurrence: try inferRecurrence(op, inputs)
  }
}

private func inferLeaf(_ op: Op, _ inputs: [Value]) throws(GraphError) -> TensorType {
  switch op {
  case .iota(let axis, let shape, let dtype):
    try require(axis: axis, of: shape, op)
    try requireCountable(axis: axis, of: shape, as: dtype, op)
    return TensorType(dtype, shape)
  case .randomBits(let shape):
    try requireCount(2, inputs, op)
    try requireCounterState(inputs[0], inputs[1], op)
    return TensorType(.uint32, shape)
  default:
    throw GraphError(.argument, op.name, "leaves are made with Value.constant, .input and .failed")
  }
}

private func inferPassing(_ op: Op, _ inputs: [Value]) throws(GraphError) -> [TensorType] {
  switch op {
  case .customGradient(let custom): return inputs.dropFirst(custom.argumentCount).map(\.type)
  case .customCall(let call): return call.results
  case .barrier:
    guard let first = inputs.first else { throw GraphError(.argument, op.name, "needs at least one operand") }
    return [first.type]
  default:
    try requireCount(1, inputs, op)
    return [inputs[0].type]
  }
}

// MARK: - Checks that several rules share

func requireCount(_ count: Int, _ inputs: [Value], _ op: Op) throws(GraphError) {
  guard inputs.count == count else {
    throw GraphError(.argument, op.name, "expects \(count) operands, got \(inputs.count)")
  }
}

func require(axis: Int, of shape: Shape, _ op: Op) throws(GraphError) {
  guard shape.dimensions.indices.contains(axis) else {
    throw GraphError(
      .axis, op.name, "axis \(axis) does not exist in shape \(shape)",
      advice: shape.rank == 0
        ? "a scalar has no axes"
        : "axes run from 0 to \(shape.rank - 1), or -\(shape.rank) to -1 from the end")
  }
}

/// Checks that a type holds the number of every place along an axis.
func requireCountable(axis: Int, of shape: Shape, as dtype: DType, _ op: Op) throws(GraphError) {
  let limit =
    switch dtype {
    case .bool: 2
    case .uint8: 1 << 8
    case .int32: 1 << 31
    case .uint32: 1 << 32
    case .int64, .float32, .float64, .bfloat16: Int.max
    }
  guard shape[axis] <= limit else {
    throw GraphError(
      .dtype, op.name,
      "axis \(axis) of \(shape) has \(shape[axis]) places, more than the \(limit) that \(dtype) tells apart")
  }
}

func requireSameType(_ left: Value, _ right: Value, _ op: Op) throws(GraphError) {
  guard left.dtype == right.dtype else {
    throw GraphError(
      .dtype, op.name, "operands have types \(left.dtype) and \(right.dtype)",
      advice: "convert one of them with .cast(to:)")
  }
}

func requireSameShape(_ left: Value, _ right: Value, _ op: Op) throws(GraphError) {
  guard left.shape == right.shape else {
    throw GraphError(
      .shape, op.name, "operands have shapes \(left.shape) and \(right.shape), which must be equal here")
  }
}

func requireFloating(_ value: Value, _ op: Op) throws(GraphError) {
  guard value.dtype.isFloating else {
    throw GraphError(
      .dtype, op.name, "needs floating-point numbers, got \(value.dtype)\(value.shape)",
      advice: "convert with .cast(to: .float32)")
  }
}

func requireIndices(_ value: Value, _ op: Op) throws(GraphError) {
  guard value.dtype == .int32 || value.dtype == .int64 else {
    throw GraphError(
      .dtype, op.name, "indices must be int32 or int64, got \(value.dtype)",
      advice: "convert with .cast(to: .int32)")
  }
}

func requireCounterState(_ key: Value, _ counter: Value, _ op: Op) throws(GraphError) {
  guard key.type == TensorType(.int64, .scalar), counter.type == TensorType(.int64, .scalar) else {
    throw GraphError(
      .dtype, op.name, "key and counter must be int64 scalars, got \(key.type) and \(counter.type)")
  }
}

extension Op {
  /// The operation in the field's words, for messages and plans.
  public var name: String {
    switch self {
    case .unary(let op): op.rawValue
    case .binary(let op): op.rawValue
    case .compare(let direction): direction.rawValue
    case .reduce(let kind, _): "reduce.\(kind.rawValue)"
    case .argReduce(let maximum, _): maximum ? "argmax" : "argmin"
    case .cumulate(let kind, _, _, _): "cumulative.\(kind.rawValue)"
    case .activation(let kind, _): kind.rawValue
    case .activationGradient(let kind, _): "\(kind.rawValue)Gradient"
    case .pool(let spec): spec.kind == .maximum ? "maxPool" : "averagePool"
    case .customCall(let call): call.name
    case .recurrence(let spec): "\(spec.cell.rawValue)Recurrence"
    case .recurrenceGradient(let spec): "\(spec.forward.cell.rawValue)RecurrenceGradient"
    default: caseName
    }
  }

  /// The case's own name.
  public var caseName: String {
    let text = Mirror(reflecting: self).children.first?.label ?? "\(self)"
    return text
  }
}
