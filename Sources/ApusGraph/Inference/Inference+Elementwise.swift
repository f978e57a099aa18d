func inferElementwise(_ op: Op, _ inputs: [Value]) throws(GraphError) -> TensorType {
  switch op {
  case .unary(let unary):
    try requireCount(1, inputs, op)
    let x = inputs[0]
    switch unary {
    case .not:
      guard !x.dtype.isFloating else {
        throw GraphError(.dtype, op.name, "needs bool or integers, got \(x.dtype)")
      }
    case .isFinite:
      try requireFloating(x, op)
      return TensorType(.bool, x.shape)
    case .negate, .absolute, .sign:
      guard x.dtype != .bool else {
        throw GraphError(
          .dtype, op.name, "needs numbers, got bool", advice: "convert with .cast(to: .float32)")
      }
    case .floor, .ceil, .round: break
    default: try requireFloating(x, op)
    }
    return x.type
  case .binary(let binary):
    try requireCount(2, inputs, op)
    try requireSameType(inputs[0], inputs[1], op)
    try requireSameShape(inputs[0], inputs[1], op)
    let dtype = inputs[0].dtype
    switch binary {
    case .and, .or, .xor:
      guard !dtype.isFloating else {
        throw GraphError(.dtype, op.name, "needs bool or integers, got \(dtype)")
      }
    case .shiftLeft, .shiftRight:
      guard dtype.isInteger else { throw GraphError(.dtype, op.name, "needs integers, got \(dtype)") }
    case .atan2: try requireFloating(inputs[0], op)
    case .maximum, .minimum: break
    default:
      guard dtype != .bool else {
        throw GraphError(
          .dtype, op.name, "needs numbers, got bool",
          advice: "convert with .cast(to: .float32), or use && and || for logic")
      }
    }
    return inputs[0].type
  case .compare:
    try requireCount(2, inputs, op)
    try requireSameType(inputs[0], inputs[1], op)
    try requireSameShape(inputs[0], inputs[1], op)
    return TensorType(.bool, inputs[0].shape)
  case .select:
    try requireCount(3, inputs, op)
    guard inputs[0].dtype == .bool else {
      throw GraphError(
        .dtype, op.name, "the condition must be bool, got \(inputs[0].dtype)", advice: "compare first: x .> 0"
      )
    }
    try requireSameShape(inputs[0], inputs[1], op)
    try requireSameType(inputs[1], inputs[2], op)
    try requireSameShape(inputs[1], inputs[2], op)
    return inputs[1].type
  case .clamp:
    try requireCount(3, inputs, op)
    try requireSameType(inputs[0], inputs[1], op)
    try requireSameType(inputs[1], inputs[2], op)
    try requireSameShape(inputs[0], inputs[1], op)
    try requireSameShape(inputs[1], inputs[2], op)
    return inputs[1].type
  case .cast(let dtype):
    try requireCount(1, inputs, op)
    return TensorType(dtype, inputs[0].shape)
  case .bitcast(let dtype):
    try requireCount(1, inputs, op)
    guard dtype.byteSize == inputs[0].dtype.byteSize else {
      throw GraphError(.dtype, op.name, "\(inputs[0].dtype) and \(dtype) differ in size")
    }
    return TensorType(dtype, inputs[0].shape)
  case .activation:
    try requireCount(1, inputs, op)
    try requireFloating(inputs[0], op)
    return inputs[0].type
  case .activationGradient:
    try requireCount(2, inputs, op)
    try requireSameType(inputs[0], inputs[1], op)
    try requireSameShape(inputs[0], inputs[1], op)
    return inputs[0].type
  default: preconditionFailure("not elementwise: \(op)")
  }
}
