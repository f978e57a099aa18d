extension Value {
  /// Combines elements along axes (all when nil); reduced axes stay with size 1 if `keepAxes`.
  public func reduced(_ kind: ReduceKind, axes: [Int]? = nil, keepAxes: Bool = false) -> Value {
    let axes = axes ?? Array(0..<rank)
    let result = axes.isEmpty ? self : Value.apply(.reduce(kind, axes: axes.sorted()), [self])
    guard keepAxes, result.failure == nil else { return result }
    var dimensions = shape.dimensions
    for axis in axes { dimensions[axis] = 1 }
    return result.reshaped(Shape(dimensions))
  }

  /// Sum along axes (all when nil), in the value's own type: whole numbers wrap around where it is too narrow.
  public func sum(axes: [Int]? = nil, keepAxes: Bool = false) -> Value {
    reduced(.sum, axes: axes, keepAxes: keepAxes)
  }

  /// Mean along axes (all when nil); NaN over no elements. That of whole numbers and truth values is computed in
  /// `float64` and given as `float32`.
  public func mean(axes: [Int]? = nil, keepAxes: Bool = false) -> Value {
    guard dtype.isFloating || failure != nil else {
      return cast(.float64).mean(axes: axes, keepAxes: keepAxes).cast(.float32)
    }
    let axes = axes ?? Array(0..<rank)
    let count = axes.reduce(1) { $0 * (shape.dimensions.indices.contains($1) ? shape[$1] : 1) }
    return sum(axes: axes, keepAxes: keepAxes) / Double(count)
  }

  /// Sums over everything that broadcasting added, so that the result has the given shape.
  public func summed(to shape: Shape) -> Value {
    if shape == self.shape { return self }
    let lead = rank - shape.rank
    let axes = (0..<rank).filter { $0 < lead || (shape[$0 - lead] == 1 && self.shape[$0] != 1) }
    return sum(axes: axes).reshaped(shape)
  }

  /// Index (`int32`) of the first largest element along an axis.
  public func argmax(axis: Int) -> Value { .apply(.argReduce(maximum: true, axis: axis), [self]) }
  /// Index (`int32`) of the first smallest element along an axis.
  public func argmin(axis: Int) -> Value { .apply(.argReduce(maximum: false, axis: axis), [self]) }

  /// Running sum, product, maximum or minimum.
  public func cumulative(_ kind: ReduceKind, axis: Int, reverse: Bool = false, exclusive: Bool = false)
    -> Value
  {
    .apply(.cumulate(kind, axis: axis, reverse: reverse, exclusive: exclusive), [self])
  }

  /// Sorted values and the permutation (`int32`) that sorts them.
  public func sorted(axis: Int, descending: Bool = false) -> (values: Value, order: Value) {
    let results = Node.apply(.sort(axis: axis, descending: descending), [self])
    return (results[0], results[1])
  }

  /// Picks slices along an axis.
  public func gather(_ indices: Value, axis: Int, mode: IndexMode = .checked) -> Value {
    .apply(.gather(axis: axis, mode: mode), [self, indices])
  }
  /// Picks elements along an axis, with indices of this value's shape outside it.
  public func gatherAlong(_ indices: Value, axis: Int, mode: IndexMode = .checked) -> Value {
    .apply(.gatherAlong(axis: axis, mode: mode), [self, indices])
  }
  /// Puts slices back along an axis.
  public func scatter(_ indices: Value, _ updates: Value, axis: Int, kind: ScatterKind) -> Value {
    .apply(.scatter(axis: axis, kind: kind), [self, indices, updates])
  }
  /// Puts elements back along an axis.
  public func scatterAlong(_ indices: Value, _ updates: Value, axis: Int, kind: ScatterKind) -> Value {
    .apply(.scatterAlong(axis: axis, kind: kind), [self, indices, updates])
  }

  /// 0, 1, 2, … along an axis.
  public static func iota(_ shape: Shape, axis: Int = 0, dtype: DType = .int32) -> Value {
    .apply(.iota(axis: axis, shape: shape, dtype: dtype), [])
  }

  /// The type that numbers the places of an axis: `int32`, or `int64` where there are more than that holds.
  public static func placeType(_ size: Int) -> DType { size <= 1 << 31 ? .int32 : .int64 }

  /// 1 where the last new axis equals the index, 0 elsewhere. Indices out of range give rows of zeros.
  public func oneHot(depth: Int, dtype: DType) -> Value {
    let full = Shape(shape.dimensions + [depth])
    // Labels of a narrow type may stand beside more classes than the type tells apart.
    let labels = cast(Value.placeType(depth))
    let columns = Value.iota(full, axis: rank, dtype: labels.dtype)
    return columns.compare(.equal, labels.broadcast(to: full, axes: Array(0..<rank))).cast(dtype)
  }

  /// Generalized matrix product.
  public func dot(_ other: Value, _ spec: DotSpec) -> Value { .apply(.dot(spec, .none), [self, other]) }

  /// Matrix product of `[…, m, k]` and `[…, k, n]` with equal leading axes.
  public func matmul(_ other: Value) -> Value {
    let batch = Array(0..<max(0, rank - 2))
    return dot(
      other,
      DotSpec(
        leftBatch: batch, rightBatch: batch, leftContract: [rank - 1], rightContract: [max(0, other.rank - 2)]
      ))
  }
}
