/// Turns convolutions with a window of one element into matrix products.
///
/// A 1×1 convolution at stride 1 multiplies the channels of each position by one matrix. As a product it reads the
/// weights as they lie and leaves their gradient where it belongs, where a convolution brings both into layouts of its own.
/// That pays where weights are learned; weights that stay are brought into the convolution's layout once.
public enum PointwiseConvolution {
  /// The graph without such convolutions of `float32`, if it computes gradients of filters.
  public static func apply(_ graph: Graph) -> Graph {
    guard graph.vertices.contains(where: { $0.node.op.isFilterGradient }) else { return graph }
    return graph.rewritten { vertex, inputs in
      guard vertex.node.types[0].dtype == .float32 else { return nil }
      switch vertex.node.op {
      case .convolution(let spec, .none):
        let window = inputs[1].shape.dimensions.dropLast(2)
        guard isPointwise(spec, window) else { return nil }
        return [inputs[0].dot(matrix(inputs[1]), overLastAxis(of: inputs[0], and: 0))]
      case .convolutionInputGradient(let spec, _):
        let window = inputs[1].shape.dimensions.dropLast(2)
        guard isPointwise(spec, window) else { return nil }
        return [inputs[0].dot(matrix(inputs[1]), overLastAxis(of: inputs[0], and: 1))]
      case .convolutionFilterGradient(let spec, let window):
        guard isPointwise(spec, window[...]) else { return nil }
        let positions = Array(0..<(inputs[0].rank - 1))
        let product = inputs[0].dot(
          inputs[1], DotSpec(leftContract: positions, rightContract: positions))
        return [product.reshaped(vertex.node.types[0].shape)]
      default: return nil
      }
    }
  }

  private static func isPointwise(_ spec: ConvolutionSpec, _ window: ArraySlice<Int>) -> Bool {
    spec.groups == 1 && (window + spec.strides).allSatisfy { $0 == 1 }
      && (spec.padsLow + spec.padsHigh).allSatisfy { $0 == 0 }
  }

  /// `[1…, channels, filters]` → `[channels, filters]`
  private static func matrix(_ kernel: Value) -> Value {
    kernel.reshaped(Shape(Array(kernel.shape.dimensions.suffix(2))))
  }

  private static func overLastAxis(of x: Value, and axis: Int) -> DotSpec {
    DotSpec(leftContract: [x.rank - 1], rightContract: [axis])
  }
}

extension Op {
  fileprivate var isFilterGradient: Bool {
    if case .convolutionFilterGradient = self { return true }
    return false
  }
}
