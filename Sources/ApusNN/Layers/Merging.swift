import ApusGraph
import ApusTensor

/// A module that makes one tensor from several.
public protocol MergingLayer: Module {
  /// The result of the inputs together. Errors travel inside the tensors.
  func callAsFunction(_ inputs: [Tensor]) -> Tensor
}

extension LayerIdentity {
  /// Runs the body of a layer with several inputs; see `call`.
  func merge(_ inputs: [Tensor], _ body: ([Tensor]) throws(GraphError) -> Tensor) -> Tensor {
    if let failed = inputs.first(where: { $0.failure != nil }) { return failed }
    guard let first = inputs.first else {
      return Tensor(.failed(error(.argument, "needs at least one input, got none")))
    }
    return call(first) { _ throws(GraphError) in try body(inputs) }
  }
}

/// How tensors of shapes that broadcast are made one, element by element.
private func folded(
  _ inputs: [Tensor], _ identity: LayerIdentity, _ combine: (Tensor, Tensor) -> Tensor
) -> Tensor {
  identity.merge(inputs) { inputs throws(GraphError) in inputs.dropFirst().reduce(inputs[0], combine) }
}

/// The sum of tensors of one shape, or of shapes that broadcast.
public final class Add: MergingLayer, Sendable {
  let identity = LayerIdentity("Add")

  /// A sum.
  public init() {}

  /// Tensors of one shape → the same shape.
  public func callAsFunction(_ inputs: [Tensor]) -> Tensor { folded(inputs, identity) { $0 + $1 } }
}

/// The product of tensors of one shape, or of shapes that broadcast.
public final class Multiply: MergingLayer, Sendable {
  let identity = LayerIdentity("Multiply")

  /// A product.
  public init() {}

  /// Tensors of one shape → the same shape.
  public func callAsFunction(_ inputs: [Tensor]) -> Tensor { folded(inputs, identity) { $0 * $1 } }
}

/// The mean of tensors of one shape.
public final class Average: MergingLayer, Sendable {
  let identity = LayerIdentity("Average")

  /// A mean.
  public init() {}

  /// Tensors of one shape → the same shape.
  public func callAsFunction(_ inputs: [Tensor]) -> Tensor {
    folded(inputs, identity) { $0 + $1 } / Double(max(inputs.count, 1))
  }
}

/// Tensors joined end to end along an axis.
public final class Concatenate: MergingLayer, Sendable {
  /// The axis along which the inputs may differ; the batch axis is 0.
  public let axis: Int
  let identity = LayerIdentity("Concatenate")

  /// Joins along the last axis unless another is named.
  public init(axis: Int = -1) { self.axis = axis }

  /// Tensors that are equal in all axes but one → one tensor.
  public func callAsFunction(_ inputs: [Tensor]) -> Tensor {
    identity.merge(inputs) { inputs throws(GraphError) in concatenated(inputs, axis: axis) }
  }
}
