import ApusGraph

/// Matrix product as in NumPy: vectors are a row on the left and a column on the right, and leading axes are
/// batch axes that are broadcast together. `[…, m, k]` times `[…, k, n]` is `[…, m, n]`.
public func matmul(
  _ left: Tensor, _ right: Tensor, file: StaticString = #fileID, line: Int = #line
) -> Tensor {
  building([left, right], file, line) { () throws(GraphError) in
    var (a, b) = Value.promoted(left.value, right.value)
    guard a.rank >= 1, b.rank >= 1 else {
      throw GraphError(
        .shape, "matmul", "needs vectors or matrices, got shapes \(left.shape) and \(right.shape)",
        advice: "multiply by a scalar with *")
    }
    let isRow = a.rank == 1, isColumn = b.rank == 1
    if isRow { a = a.expanded(axis: 0) }
    if isColumn { b = b.expanded(axis: 1) }
    guard a.shape[a.rank - 1] == b.shape[b.rank - 2] else {
      throw GraphError(
        .shape, "matmul",
        "shapes \(left.shape) and \(right.shape) do not fit: the left's rows have \(a.shape[a.rank - 1]) elements, the right's columns \(b.shape[b.rank - 2])",
        advice:
          "the last axis of the left must be as long as the second last of the right; is one transposed?")
    }
    let product = try batchedProduct(a, b)
    guard isRow || isColumn else { return product }
    var dimensions = product.shape.dimensions
    if isColumn { dimensions.removeLast() }
    if isRow { dimensions.remove(at: dimensions.count - (isColumn ? 1 : 2)) }
    return product.reshaped(Shape(dimensions))
  }
}

private func batchedProduct(_ a: Value, _ b: Value) throws(GraphError) -> Value {
  // One matrix for all batches needs no copies of it.
  if b.rank == 2 { return a.dot(b, DotSpec(leftContract: [a.rank - 1], rightContract: [0])) }
  let leftBatch = Shape(Array(a.shape.dimensions.dropLast(2)))
  let rightBatch = Shape(Array(b.shape.dimensions.dropLast(2)))
  guard let batch = Shape.broadcast(leftBatch, rightBatch) else {
    throw GraphError(
      .shape, "matmul", "batch axes \(leftBatch) and \(rightBatch) cannot be broadcast together")
  }
  return a.broadcast(to: Shape(batch.dimensions + a.shape.dimensions.suffix(2)))
    .matmul(b.broadcast(to: Shape(batch.dimensions + b.shape.dimensions.suffix(2))))
}

/// Products summed over pairs of axes: `leftAxes[i]` of the left with `rightAxes[i]` of the right. The result
/// has the left's other axes, then the right's.
public func tensordot(
  _ left: Tensor, _ right: Tensor, leftAxes: [Int], rightAxes: [Int], file: StaticString = #fileID,
  line: Int = #line
) -> Tensor {
  building([left, right], file, line) { () throws(GraphError) in
    let (a, b) = Value.promoted(left.value, right.value)
    var contracted: (left: [Int], right: [Int]) = ([], [])
    for axis in leftAxes { contracted.left.append(try a.axis(axis, "tensordot")) }
    for axis in rightAxes { contracted.right.append(try b.axis(axis, "tensordot")) }
    guard Set(contracted.left).count == leftAxes.count, Set(contracted.right).count == rightAxes.count else {
      throw GraphError(.axis, "tensordot", "axes \(leftAxes) and \(rightAxes) name an axis twice")
    }
    return a.dot(b, DotSpec(leftContract: contracted.left, rightContract: contracted.right))
  }
}

/// Products summed over the last `axes` axes of the left and the first `axes` of the right.
public func tensordot(
  _ left: Tensor, _ right: Tensor, axes: Int = 2, file: StaticString = #fileID, line: Int = #line
) -> Tensor {
  guard 0...Swift.min(left.rank, right.rank) ~= axes else {
    return building([left, right], file, line) { () throws(GraphError) in
      throw GraphError(
        .argument, "tensordot", "\(axes) axes of shapes \(left.shape) and \(right.shape)",
        advice: "the number of axes must be at least 0 and at most the smaller number of axes")
    }
  }
  return tensordot(
    left, right, leftAxes: (0..<axes).map { left.rank - axes + $0 }, rightAxes: Array(0..<axes), file: file,
    line: line)
}

/// The product summed over the last axis of the left and the second last (or only) of the right.
public func dot(
  _ left: Tensor, _ right: Tensor, file: StaticString = #fileID, line: Int = #line
) -> Tensor {
  if left.rank == 0 || right.rank == 0 { return left * right }
  return tensordot(
    left, right, leftAxes: [-1], rightAxes: [Swift.max(0, right.rank - 2)], file: file, line: line)
}

/// Every element of one vector times every element of another: `[m]` and `[n]` give `[m, n]`. Other shapes are
/// flattened.
public func outer(
  _ left: Tensor, _ right: Tensor, file: StaticString = #fileID, line: Int = #line
) -> Tensor {
  building([left, right], file, line) { () throws(GraphError) in
    let (a, b) = Value.promoted(left.value, right.value)
    return a.reshaped(Shape([left.count, 1])) * b.reshaped(Shape([1, right.count]))
  }
}
