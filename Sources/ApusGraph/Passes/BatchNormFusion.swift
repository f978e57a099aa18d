/// Lets batch normalization add a residual and apply the rectifier in the pass over memory that normalizes, and lets its
/// gradient find out by itself what the rectifier let through.
public enum BatchNormFusion {
  /// The graph with rectifiers and residuals attached to the normalizations that they follow.
  ///
  /// Such a normalization is parted into its statistics (a `batchNorm` whose first result nobody reads) and
  /// `batchNormalize`.
  public static func apply(_ graph: Graph) -> Graph {
    let uses = graph.useCounts()
    return graph.rewritten { vertex, inputs in
      switch vertex.node.op {
      case .activation(.relu, _):
        guard uses[vertex.inputs[0]] == 1 else { return nil }
        if isNormalized(inputs[0]) { return [normalized(inputs[0], residual: nil)] }
        guard case .binary(.add) = inputs[0].node.op, inputs[0].result == nil else { return nil }
        let sum = vertex.inputs[0].node.inputs, terms = inputs[0].node.inputs
        for (first, second) in [(0, 1), (1, 0)] where uses[sum[first]] == 1 && isNormalized(terms[first]) {
          return [normalized(terms[first], residual: terms[second])]
        }
        return nil
      case .batchNormGradient(let epsilon, false):
        guard uses[vertex.inputs[4]] == 1, inputs[4].result == nil,
          case .activationGradient(.relu, _) = inputs[4].node.op,
          let beta = rectifiedShift(inputs[4].node.inputs[1], x: inputs[0], gamma: inputs[1], mean: inputs[2])
        else { return nil }
        let gradient = inputs[4].node.inputs[0]
        return Node.apply(
          .batchNormGradient(epsilon: epsilon, relu: true),
          [inputs[0], inputs[1], inputs[2], inputs[3], gradient, beta])
      default: return nil
      }
    }
  }

  private static func isNormalized(_ value: Value) -> Bool {
    guard value.index == 0, value.result == nil, case .batchNorm = value.node.op else { return false }
    return true
  }

  private static func normalized(_ value: Value, residual: Value?) -> Value {
    guard case .batchNorm(let epsilon) = value.node.op else { preconditionFailure("not a normalization") }
    let statistics = [1, 2].map { Value(node: value.node, index: $0) }
    return .apply(
      .batchNormalize(epsilon: epsilon, relu: true),
      value.node.inputs + statistics + [residual].compactMap { $0 })
  }

  /// The shift of the normalization that `y` is the rectified result of, if it is that of `x` and had no residual.
  private static func rectifiedShift(_ y: Value, x: Value, gamma: Value, mean: Value) -> Value? {
    guard y.result == nil, case .batchNormalize(_, relu: true) = y.node.op else { return nil }
    let inputs = y.node.inputs
    guard inputs.count == 5, inputs[0] == x, inputs[1] == gamma, inputs[3] == mean else { return nil }
    return inputs[2]
  }
}
