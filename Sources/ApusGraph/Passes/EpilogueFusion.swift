/// Lets a matrix product or convolution add its bias, add another tensor and apply its activation before the result
/// is stored, and layer normalization its activation.
public enum EpilogueFusion {
  /// Activations that the executor's contractions can apply.
  private static let activations: Set<ActivationKind> = [
    .relu, .leakyRelu, .elu, .relu6, .sigmoid, .tanh, .gelu, .geluTanh, .silu,
  ]

  /// Activations that the kernel of layer normalization can apply.
  private static let rowActivations: Set<ActivationKind> = [.relu, .gelu, .geluTanh, .silu, .tanh, .sigmoid]

  /// The graph with biases, residuals and activations attached to the contractions that they follow.
  public static func apply(_ graph: Graph) -> Graph {
    attachActivations(attachResiduals(attachBiases(graph)))
  }

  private static func attachBiases(_ graph: Graph) -> Graph {
    let uses = graph.useCounts()
    return graph.rewritten { vertex, inputs in
      guard case .binary(.add) = vertex.node.op else { return nil }
      for (first, second) in [(0, 1), (1, 0)] {
        let product = inputs[first]
        guard uses[vertex.inputs[first]] == 1, product.contractionEpilogue == Epilogue.none,
          product.hasWeightsAlongLastAxis, let vector = inputs[second].repeatedVector
        else { continue }
        return [product.withEpilogue(Epilogue(bias: true), adding: [vector])]
      }
      return nil
    }
  }

  private static func attachResiduals(_ graph: Graph) -> Graph {
    let uses = graph.useCounts()
    return graph.rewritten { vertex, inputs in
      guard case .binary(.add) = vertex.node.op, inputs[0] != inputs[1] else { return nil }
      for (first, second) in [(1, 0), (0, 1)] {
        let product = contraction(vertex.inputs[first], inputs[first], uses)
        guard uses[vertex.inputs[first]] == 1, var epilogue = product.contractionEpilogue,
          !epilogue.residual, epilogue.activation == nil, !product.isBatched, inputs[second].isInMemory
        else { continue }
        epilogue.residual = true
        let residual = inputs[second].reshaped(product.shape)
        return [product.withEpilogue(epilogue, adding: [residual]).reshaped(inputs[first].shape)]
      }
      return nil
    }
  }

  /// What gives an operand its numbers: a dense layer over sequences makes a matrix, which is then given their
  /// shape. `original` is the operand before the pass.
  private static func contraction(_ original: Value, _ operand: Value, _ uses: [Value: Int]) -> Value {
    guard case .reshape = operand.node.op, operand.result == nil, case .reshape = original.node.op,
      let matrix = original.node.pendingInputs?[0], uses[matrix] == 1
    else { return operand }
    return operand.node.inputs[0]
  }

  private static func attachActivations(_ graph: Graph) -> Graph {
    let uses = graph.useCounts()
    return graph.rewritten { vertex, inputs in
      guard case .activation(let kind, let alpha) = vertex.node.op, activations.contains(kind),
        uses[vertex.inputs[0]] == 1
      else { return nil }
      if let normalized = normalization(inputs[0], with: kind) { return [normalized] }
      let product = contraction(vertex.inputs[0], inputs[0], uses)
      guard var epilogue = product.contractionEpilogue, epilogue.activation == nil else { return nil }
      epilogue.activation = kind
      epilogue.alpha = alpha
      return [product.withEpilogue(epilogue, adding: []).reshaped(inputs[0].shape)]
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

extension Value {
  /// Whether this is a product of several pairs of matrices. oneDNN 3.2 adds other tensors to single products only.
  fileprivate var isBatched: Bool {
    guard case .dot(let spec, _) = node.op else { return false }
    return !spec.leftBatch.isEmpty
  }

  /// Whether the value lies in memory row by row, rather than being repeated, computed or looked at another way.
  fileprivate var isInMemory: Bool {
    switch node.op {
    case .broadcast, .iota, .constant, .transpose, .slice, .reverse: false
    default: true
    }
  }
}
