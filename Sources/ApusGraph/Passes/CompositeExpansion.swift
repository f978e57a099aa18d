/// Replaces composites that have no kernel by the primitives that they stand for: activations become part of the
/// fused loop around them, recurrences that nothing fused become scans. For `float32` the forms of GELU are
/// instructions of such a loop, and attention has a kernel.
public enum CompositeExpansion {
  /// The graph without such composites.
  public static func apply(_ graph: Graph) -> Graph {
    graph.rewritten { vertex, inputs in
      switch vertex.node.op {
      case .activation(let kind, _), .activationGradient(let kind, _):
        kind.hasLoopInstruction && inputs[0].dtype == .float32 ? nil : decompose(vertex.node.op, inputs)
      case .attention, .attentionGradient:
        inputs[0].dtype == .float32 ? nil : decompose(vertex.node.op, inputs)
      case .recurrence(let spec) where !spec.isFused: decompose(vertex.node.op, inputs)
      case .recurrenceGradient(let spec) where !spec.forward.isFused: decompose(vertex.node.op, inputs)
      default: nil
      }
    }
  }
}

extension ActivationKind {
  /// Whether fused loops compute the activation and its gradient in one instruction, for `float32`.
  public var hasLoopInstruction: Bool { self == .gelu || self == .geluTanh }
}
