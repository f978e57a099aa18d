extension Simplification {
  /// A convolution that surrounds its input with zeros by itself instead of reading a copy that has them,
  /// and likewise the gradient of its weights.
  static func paddedByItself(_ node: Node, _ inputs: [Value]) -> Value? {
    guard case .pad(let low, let high, let interior) = inputs[0].node.op,
      let operands = inputs[0].node.pendingInputs, splat(operands[1]) == 0
    else { return nil }
    func widened(_ spec: ConvolutionSpec) -> ConvolutionSpec? {
      let spatial = 1...spec.strides.count
      guard interior.allSatisfy({ $0 == 0 }),
        (low + high + spec.padsLow + spec.padsHigh).allSatisfy({ $0 >= 0 }),
        low.indices.allSatisfy({ spatial.contains($0) || low[$0] + high[$0] == 0 })
      else { return nil }
      var result = spec
      result.padsLow = zip(spec.padsLow, low[spatial]).map { $0 + $1 }
      result.padsHigh = zip(spec.padsHigh, high[spatial]).map { $0 + $1 }
      return result
    }
    let op: Op
    switch node.op {
    case .convolution(let spec, let epilogue):
      guard let spec = widened(spec) else { return nil }
      op = .convolution(spec, epilogue)
    case .convolutionFilterGradient(let spec, let kernel):
      guard let spec = widened(spec) else { return nil }
      op = .convolutionFilterGradient(spec, kernelSpatial: kernel)
    default: return nil
    }
    let padding = Node(
      op: op, inputs: [operands[0]] + inputs.dropFirst(), types: node.types, origin: node.origin)
    return Value(node: padding, index: 0)
  }
}
