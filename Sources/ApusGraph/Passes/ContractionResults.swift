/// What passes ask about a matrix product or convolution whose result they want to change.
extension Graph {
  /// How often each value is read or given as an output.
  func useCounts() -> [Value: Int] {
    var counts: [Value: Int] = [:]
    for vertex in vertices { for input in vertex.inputs { counts[input, default: 0] += 1 } }
    for output in outputs { counts[output, default: 0] += 1 }
    return counts
  }
}

extension Value {
  /// The vector that this value repeats along its last axis, if it does.
  var repeatedVector: Value? {
    guard result == nil, case .broadcast(let shape, let axes) = node.op, shape.rank >= 1 else { return nil }
    let source = node.inputs[0], width = shape[shape.rank - 1]
    guard axes.last == shape.rank - 1, source.shape.elementCount == width,
      source.shape[source.rank - 1] == width
    else { return nil }
    return source.reshaped(Shape([width]))
  }

  /// The epilogue of the contraction that computes this value; nil when nothing computes it that the executor can
  /// attach an epilogue to.
  var contractionEpilogue: Epilogue? {
    guard dtype == .float32, result == nil, shape.elementCount > 0 else { return nil }
    switch node.op {
    case .dot(let spec, let epilogue):
      // A product over no elements is filled with zeros, without a primitive to attach to.
      return spec.leftContract.contains { node.inputs[0].shape[$0] == 0 } ? nil : epilogue
    case .convolution(let spec, let epilogue):
      return (spec.padsLow + spec.padsHigh).allSatisfy { $0 >= 0 } ? epilogue : nil
    default: return nil
    }
  }

  /// Whether the last axis of this contraction is the one axis along which its weights (the second operand) are free.
  var hasWeightsAlongLastAxis: Bool {
    // A matrix-vector product has no column axis for a vector to run along.
    guard case .dot(let spec, _) = node.op else { return true }
    return spec.rightFree(rank: node.inputs[1].rank).count == 1
  }

  /// The contraction with another epilogue and operands for it.
  func withEpilogue(_ epilogue: Epilogue, adding operands: [Value]) -> Value {
    contraction(epilogue, node.inputs + operands)
  }

  /// The contraction with other operands.
  func withOperands(_ operands: [Value]) -> Value {
    contraction(contractionEpilogue ?? .none, operands)
  }

  private func contraction(_ epilogue: Epilogue, _ operands: [Value]) -> Value {
    let op: Op
    switch node.op {
    case .dot(let spec, _): op = .dot(spec, epilogue)
    case .convolution(let spec, _): op = .convolution(spec, epilogue)
    default: preconditionFailure("not a contraction: \(node.op)")
    }
    return Value(node: Node(op: op, inputs: operands, types: node.types, origin: node.origin), index: 0)
  }
}
