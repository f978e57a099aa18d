/// Local rewrites that make less work: neutral elements, chains of casts and shape changes, numbers computed from
/// numbers, zeros around the input of a convolution.
public enum Simplification {
  /// The graph after the rewrites.
  public static func apply(_ graph: Graph) -> Graph {
    graph.rewritten { vertex, inputs in simplify(vertex.node, inputs).map { [$0] } }
  }

  private static func simplify(_ node: Node, _ inputs: [Value]) -> Value? {
    switch node.op {
    case .stopGradient, .shardConstraint: return inputs[0]
    case .customGradient(let custom) where node.types.count == 1: return inputs[custom.argumentCount]
    case .cast(let dtype) where inputs[0].dtype == dtype: return inputs[0]
    case .reshape(let shape):
      if inputs[0].shape == shape { return inputs[0] }
      if inputs[0].result == nil, case .reshape = inputs[0].node.op {
        return inputs[0].node.inputs[0].reshaped(shape)
      }
    case .transpose(let permutation):
      if permutation == Array(0..<permutation.count) { return inputs[0] }
      if inputs[0].result == nil, case .transpose(let first) = inputs[0].node.op {
        return inputs[0].node.inputs[0].transposed(permutation.map { first[$0] })
      }
    case .broadcast(let shape, let axes):
      if inputs[0].shape == shape, axes == Array(0..<shape.rank) { return inputs[0] }
      if inputs[0].result == nil, case .broadcast(_, let first) = inputs[0].node.op {
        return inputs[0].node.inputs[0].broadcast(to: shape, axes: first.map { axes[$0] })
      }
    case .binary(let op):
      if let left = splat(inputs[0]), let right = splat(inputs[1]), node.types[0].dtype == .float32 {
        return folded(op, left, right, node.types[0])
      }
      return neutral(op, inputs)
    case .convolution, .convolutionFilterGradient: return paddedByItself(node, inputs)
    default: break
    }
    return nil
  }

  /// The number that every element of a value equals, if that is known.
  static func splat(_ value: Value) -> Double? {
    if let literal = value.result { return literal.shape.rank == 0 ? literal.doubles[0] : nil }
    if case .broadcast = value.node.op { return splat(value.node.inputs[0]) }
    return nil
  }

  /// x − 0, x · 1, x / 1. Others change a bit somewhere: −0 + 0 is 0, NaN · 0 is NaN.
  private static func neutral(_ op: BinaryOp, _ inputs: [Value]) -> Value? {
    switch op {
    case .subtract: splat(inputs[1]) == 0 ? inputs[0] : nil
    case .multiply: splat(inputs[1]) == 1 ? inputs[0] : splat(inputs[0]) == 1 ? inputs[1] : nil
    case .divide: splat(inputs[1]) == 1 ? inputs[0] : nil
    default: nil
    }
  }

  private static func folded(_ op: BinaryOp, _ left: Double, _ right: Double, _ type: TensorType) -> Value? {
    let a = Float(left), b = Float(right)
    let number: Float
    switch op {
    case .add: number = a + b
    case .subtract: number = a - b
    case .multiply: number = a * b
    case .divide: number = a / b
    default: return nil
    }
    return Value.scalar(Double(number), type.dtype).broadcast(to: type.shape)
  }
}
