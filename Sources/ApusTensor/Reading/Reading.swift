import ApusGraph

extension Tensor {
  /// The elements in row-major order, converted to a Swift type. Runs what is pending.
  /// - Throws: `GraphError` when an operation on the way was given bad operands or met bad data.
  public func scalars<Scalar: TensorScalar>(as type: Scalar.Type = Scalar.self) throws -> [Scalar] {
    try literal().converted(to: Scalar.dtype).scalars(as: type)
  }

  /// The only element as a double. Runs what is pending.
  /// - Throws: `GraphError` when there is not exactly one element, or when it cannot be computed.
  public func item() throws -> Double { try item(as: Double.self) }

  /// The only element as a Swift type. Runs what is pending.
  /// - Throws: `GraphError` when there is not exactly one element, or when it cannot be computed.
  public func item<Scalar: TensorScalar>(as type: Scalar.Type) throws -> Scalar {
    if let failure { throw failure }
    guard count == 1, let scalar = try scalars(as: type).first else {
      throw GraphError(
        .shape, "item", "the tensor has \(count) elements (shape \(shape)), not one",
        advice: "use scalars(as:) to read them all, or reduce first, as with mean()")
    }
    return scalar
  }

  /// The indices of the elements that are true (or not 0), in row-major order: one array an axis.
  /// Runs what is pending, since how many there are is known only then.
  /// - Throws: `GraphError` when the tensor cannot be computed.
  public func nonZero() throws -> [[Int]] {
    let numbers = try literal().doubles
    let strides = shape.strides
    var indices = [[Int]](repeating: [], count: rank)
    for (position, number) in numbers.enumerated() where number != 0 {
      for axis in 0..<rank { indices[axis].append(position / strides[axis] % shape[axis]) }
    }
    return indices
  }
}

/// Whether two tensors are equal within |a − b| ≤ `absoluteTolerance` + `relativeTolerance` · |b|. Runs what is
/// pending.
/// - Throws: `GraphError` when the shapes cannot be broadcast together or a tensor cannot be computed.
public func allClose(
  _ a: Tensor, _ b: Tensor, relativeTolerance: Double = 1e-5, absoluteTolerance: Double = 1e-8,
  equalNaN: Bool = false
) throws -> Bool {
  try evaluate(a, b)
  if a.shape != b.shape {
    guard let shape = Shape.broadcast(a.shape, b.shape) else {
      throw GraphError(
        .shape, "allClose", "shapes \(a.shape) and \(b.shape) cannot be broadcast together")
    }
    return try allClose(
      a.broadcast(to: shape), b.broadcast(to: shape), relativeTolerance: relativeTolerance,
      absoluteTolerance: absoluteTolerance, equalNaN: equalNaN)
  }
  return zip(try a.literal().doubles, try b.literal().doubles).allSatisfy { left, right in
    if left.isNaN || right.isNaN { return equalNaN && left.isNaN && right.isNaN }
    if left.isInfinite || right.isInfinite { return left == right }
    return Swift.abs(left - right) <= absoluteTolerance + relativeTolerance * Swift.abs(right)
  }
}
