extension Value {
  /// The same elements under another shape.
  public func reshaped(_ shape: Shape) -> Value {
    shape == self.shape && failure == nil ? self : .apply(.reshape(shape), [self])
  }

  /// Result axis i is this value's axis `permutation[i]`.
  public func transposed(_ permutation: [Int]) -> Value {
    permutation == Array(0..<rank) ? self : .apply(.transpose(permutation), [self])
  }

  /// Repeats axes of size 1 and adds leading axes, as NumPy does.
  public func broadcast(to shape: Shape) -> Value {
    if shape == self.shape { return self }
    return broadcast(to: shape, axes: Array((shape.rank - rank)..<max(shape.rank, shape.rank - rank)))
  }

  /// Places axis i at `axes[i]` of the result and repeats along the others.
  public func broadcast(to shape: Shape, axes: [Int]) -> Value {
    if shape == self.shape, axes == Array(0..<rank) { return self }
    return .apply(.broadcast(shape, axes: axes), [self])
  }

  /// A part of each axis; `strides` of 1 where left out.
  public func slice(starts: [Int], limits: [Int], strides: [Int]? = nil) -> Value {
    .apply(
      .slice(starts: starts, limits: limits, strides: strides ?? Array(repeating: 1, count: starts.count)),
      [self])
  }

  /// A part of one axis.
  public func slice(axis: Int, _ range: Range<Int>, stride: Int = 1) -> Value {
    guard shape.dimensions.indices.contains(axis) else {
      return .failed(GraphError(.axis, "slice", "axis \(axis) does not exist in shape \(shape)"), type: type)
    }
    var starts = Array(repeating: 0, count: rank), limits = shape.dimensions
    var strides = Array(repeating: 1, count: rank)
    starts[axis] = range.lowerBound
    limits[axis] = range.upperBound
    strides[axis] = stride
    return slice(starts: starts, limits: limits, strides: strides)
  }

  /// Surrounds with a value (zero by default), or crops where a number is negative.
  public func padded(low: [Int], high: [Int], interior: [Int]? = nil, value: Value? = nil) -> Value {
    .apply(
      .pad(low: low, high: high, interior: interior ?? Array(repeating: 0, count: rank)),
      [self, value ?? splat(0)])
  }

  /// Joins values along an axis.
  public static func concatenate(_ values: [Value], axis: Int) -> Value {
    values.count == 1 ? values[0] : .apply(.concatenate(axis: axis), values)
  }

  /// Turns axes back to front.
  public func reversed(_ axes: [Int]) -> Value { axes.isEmpty ? self : .apply(.reverse(axes), [self]) }

  /// Adds an axis of size 1.
  public func expanded(axis: Int) -> Value {
    var dimensions = shape.dimensions
    dimensions.insert(1, at: axis)
    return reshaped(Shape(dimensions))
  }
}
