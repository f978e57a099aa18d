/// Lets a matrix product or convolution add its bias and apply its activation before the result is stored, and layer
/// normalisation its activation.
public enum EpilogueFusion {
  /// Activations that the executor's contractions can apply.
  private static let activations: Set<ActivationKind> = [
    .relu, .leakyRelu, .elu, .relu6, .sigmoid, .tanh, .gelu, .geluTanh, .silu,
  ]

  /// Activations that the kernel of layer normalisation can apply.
  private static let rowActivations: Set<ActivationKind> = [.relu, .gelu, .geluTanh, .silu, .tanh, .sigmoid]

  /// The graph with biases and activations attached to the contractions that they follow.
  public static func apply(_ graph: Graph) -> Graph { attachActivations(attachBiases(graph)) }

  private static func useCounts(_ graph: Graph) -> [Value: Int] {
    var counts: [Value: Int] = [:]
    for vertex in graph.vertices { for input in vertex.inputs { counts[input, default: 0] += 1 } }
    for output in graph.outputs { counts[output, default: 0] += 1 }
    return counts
  }

  private static func epilogue(of value: Value) -> Epilogue? {
    guard value.dtype == .float32, value.result == nil, value.shape.elementCount > 0 else { return nil }
    switch value.node.op {
    case .dot(let spec, let epilogue):
      // A product over no elements is filled with zeros, without a primitive to attach to.
      return spec.leftContract.contains { value.node.inputs[0].shape[$0] == 0 } ? nil : epilogue
    case .convolution(let spec, let epilogue):
      return (spec.padsLow + spec.padsHigh).allSatisfy { $0 >= 0 } ? epilogue : nil
    default: return nil
    }
  }

  private static func replacing(_ epilogue: Epilogue, of value: Value, adding inputs: [Value]) -> [Value] {
    let op: Op
    switch value.node.op {
    case .dot(let spec, _): op = .dot(spec, epilogue)
    case .convolution(let spec, _): op = .convolution(spec, epilogue)
    default: preconditionFailure("not a contraction")
    }
    let node = Node(
      op: op, inputs: value.node.inputs + inputs, types: value.node.types, origin: value.node.origin)
    return [Value(node: node, index: 0)]
  }

  private static func attachBiases(_ graph: Graph) -> Graph {
    let uses = useCounts(graph)
    return graph.rewritten { vertex, inputs in
      guard case .binary(.add) = vertex.node.op else { return nil }
      for (first, second) in [(0, 1), (1, 0)] {
        guard uses[vertex.inputs[first]] == 1, epilogue(of: inputs[first]) == Epilogue.none,
          let vector = biasVector(inputs[second])
        else { continue }
        // A matrix-vector product has no column axis for a bias to run along.
        if case .dot(let spec, _) = inputs[first].node.op {
          guard spec.rightFree(rank: inputs[first].node.inputs[1].rank).count == 1 else { continue }
        }
        return replacing(Epilogue(bias: true), of: inputs[first], adding: [vector])
      }
      return nil
    }
  }

  /// The vector that a value repeats along its last axis, if it does.
  private static func biasVector(_ value: Value) -> Value? {
    guard value.result == nil, case .broadcast(let shape, let axes) = value.node.op, shape.rank >= 1 else {
      return nil
    }
    let source = value.node.inputs[0]
    let width = shape[shape.rank - 1]
    guard axes.last == shape.rank - 1, source.shape.elementCount == width,
      source.shape[source.rank - 1] == width
    else { return nil }
    return source.reshaped(Shape([width]))
  }

  private static func attachActivations(_ graph: Graph) -> Graph {
    let uses = useCounts(graph)
    return graph.rewritten { vertex, inputs in
      guard case .activation(let kind, let alpha) = vertex.node.op, activations.contains(kind),
        uses[vertex.inputs[0]] == 1
      else { return nil }
      if let normalized = normalization(inputs[0], with: kind) { return [normalized] }
      guard var epilogue = epilogue(of: inputs[0]), epilogue.activation == nil else { return nil }
      epilogue.activation = kind
      epilogue.alpha = alpha
      return replacing(epilogue, of: inputs[0], adding: [])
    }
  }

  private static func normalization(_ value: Value, with kind: ActivationKind) -> Value? {
    guard case .layerNorm(let epsilon, nil) = value.node.op, value.index == 0, value.result == nil,
      value.dtype == .float32, rowActivations.contains(kind)
    else { return nil }
    let op = Op.layerNorm(epsilon: epsilon, activation: kind)
    let node = Node(op: op, inputs: value.node.inputs, types: value.node.types, origin: value.node.origin)
    return Value(node: node, index: 0)
  }
}
