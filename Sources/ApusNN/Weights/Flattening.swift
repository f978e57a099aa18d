import ApusGraph
import ApusTensor

/// Finds out what features were before they were flattened. PyTorch has the channels of images first when it flattens
/// them, so its kernels of dense layers have their rows in another order.
enum Flattening {
  /// The shape `[spatial…, channels]` of one sample of the images, volumes or convolved sequences that `x`,
  /// `[batch, features]`, was flattened from; nil if it was not.
  static func imageShape(before x: Tensor) -> Shape? {
    guard x.rank == 2, let flat = origin(of: x.value, where: { $0.shape.rank >= 3 }) else { return nil }
    let shape = Shape(Array(flat.shape.dimensions.dropFirst()))
    return shape.elementCount == x.shape[1] ? imageShape(shape) { isConvolved(flat) } : nil
  }

  /// A sample's shape, if flattening it depends on where the channels are.
  static func imageShape(_ shape: Shape, isConvolved: () -> Bool) -> Shape? {
    guard shape.rank >= 2, shape[shape.rank - 1] > 1,
      shape.elementCount > shape[shape.rank - 1]
    else { return nil }
    // Of three axes only those that a convolution or pooling made have channels; a recurrent layer's features are last
    // in PyTorch, too.
    return shape.rank >= 3 || isConvolved() ? shape : nil
  }

  /// Follows `value` back through whatever keeps its shape, to a reshape of a tensor that fulfills a condition.
  private static func origin(of value: Value, where condition: (Value) -> Bool) -> Value? {
    var value = value
    while let input = value.node.pendingInputs?.first {
      if case .reshape = value.node.op, input.shape.rank > 0, input.shape[0] == value.shape[0],
        condition(input)
      {
        return input
      }
      guard input.shape == value.shape else { return nil }
      value = input
    }
    return nil
  }

  private static func isConvolved(_ value: Value) -> Bool {
    var value = value
    while true {
      switch value.node.op {
      case .convolution, .pool: return true
      default: break
      }
      guard let input = value.node.pendingInputs?.first, input.shape.elementCount == value.shape.elementCount
      else {
        return false
      }
      value = input
    }
  }
}
