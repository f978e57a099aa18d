import ApusGraph

extension Tensor {
  /// Mean squared distance from the mean. `correction: 1` divides by n − 1, for a sample's estimate; where that leaves
  /// nothing to divide by the result is infinite, or NaN if all elements are equal, as in PyTorch.
  /// - Parameters:
  ///   - axes: The axes that are reduced, negative ones counted from the last; all of them when nil.
  ///   - correction: What is taken off the number of elements to divide by: 0 as in NumPy, 1 as by default in PyTorch.
  ///   - keepDimensions: Whether reduced axes stay with size 1.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: This tensor's shape without the reduced axes; `float32` for whole numbers and truth values.
  public func variance(
    axes: [Int]? = nil, correction: Int = 0, keepDimensions: Bool = false, file: StaticString = #fileID,
    line: Int = #line
  ) -> Tensor {
    reduced("variance", axes, file, line) { (value, axes) throws(GraphError) in
      spread(value, axes, correction, keepDimensions).measured(of: value)
    }
  }
  /// Variance along one axis.
  public func variance(
    axis: Int, correction: Int = 0, keepDimensions: Bool = false, file: StaticString = #fileID,
    line: Int = #line
  ) -> Tensor {
    variance(axes: [axis], correction: correction, keepDimensions: keepDimensions, file: file, line: line)
  }

  /// Square root of the variance.
  /// - Parameters:
  ///   - axes: The axes that are reduced, negative ones counted from the last; all of them when nil.
  ///   - correction: What is taken off the number of elements to divide by: 0 as in NumPy, 1 as by default in PyTorch.
  ///   - keepDimensions: Whether reduced axes stay with size 1.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: This tensor's shape without the reduced axes; `float32` for whole numbers and truth values.
  public func standardDeviation(
    axes: [Int]? = nil, correction: Int = 0, keepDimensions: Bool = false, file: StaticString = #fileID,
    line: Int = #line
  ) -> Tensor {
    reduced("standardDeviation", axes, file, line) { (value, axes) throws(GraphError) in
      spread(value, axes, correction, keepDimensions).sqrt().measured(of: value)
    }
  }
  /// Standard deviation along one axis.
  public func standardDeviation(
    axis: Int, correction: Int = 0, keepDimensions: Bool = false, file: StaticString = #fileID,
    line: Int = #line
  ) -> Tensor {
    standardDeviation(
      axes: [axis], correction: correction, keepDimensions: keepDimensions, file: file, line: line)
  }

  private func spread(_ value: Value, _ axes: [Int], _ correction: Int, _ keep: Bool) -> Value {
    let x = value.measurable
    let count = Double(axes.reduce(1) { $0 * x.shape[$1] })
    let squares = (x - x.mean(axes: axes, keepAxes: true)).squared()
    return squares.sum(axes: axes, keepAxes: keep) / Swift.max(0, count - Double(correction))
  }

  /// The p-norm (Σ |x|^p)^(1/p): 2 is the Euclidean length, 1 the sum of absolute values, infinity the
  /// largest absolute value, 0 the number of elements that are not 0.
  /// - Parameters:
  ///   - order: p, at least 0.
  ///   - axes: The axes that are reduced, negative ones counted from the last; all of them when nil.
  ///   - keepDimensions: Whether reduced axes stay with size 1.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: This tensor's shape without the reduced axes; `float32` for whole numbers and truth values.
  public func norm(
    order: Double = 2, axes: [Int]? = nil, keepDimensions: Bool = false, file: StaticString = #fileID,
    line: Int = #line
  ) -> Tensor {
    reduced("norm", axes, file, line) { (value, axes) throws(GraphError) in
      try norm(value.measurable, order, axes, keepDimensions).measured(of: value)
    }
  }

  private func norm(
    _ x: Value, _ order: Double, _ axes: [Int], _ keep: Bool
  ) throws(GraphError) -> Value {
    let size = x.unary(.absolute)
    switch order {
    case 2: return x.squared().sum(axes: axes, keepAxes: keep).sqrt()
    case 1: return size.sum(axes: axes, keepAxes: keep)
    case 0: return x.compare(.notEqual, x.splat(0)).cast(x.dtype).sum(axes: axes, keepAxes: keep)
    case .infinity:
      if let axis = axes.first(where: { x.shape[$0] == 0 }) {
        throw GraphError(
          .shape, "norm", "axis \(axis) of \(x.shape) is empty, so it has no largest absolute value")
      }
      return size.reduced(.maximum, axes: axes, keepAxes: keep)
    case let order where order > 0:
      return size.power(size.splat(order)).sum(axes: axes, keepAxes: keep).power(x.splat(1 / order))
    default: throw GraphError(.argument, "norm", "order \(order) must be 0 or more")
    }
  }

  /// The element below which a fraction of the others lies, between two neighbors by linear interpolation; NaN where any
  /// element is NaN.
  /// Over all elements, or along one axis.
  /// - Parameters:
  ///   - fraction: In 0…1: 0 is the smallest element, 1 the largest.
  ///   - axis: The axis, negative ones counted from the last; all elements when nil.
  ///   - keepDimensions: Whether reduced axes stay with size 1.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: One number, or this tensor's shape without the axis; `float32` for whole numbers.
  public func quantile(
    _ fraction: Double, axis: Int? = nil, keepDimensions: Bool = false, file: StaticString = #fileID,
    line: Int = #line
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      guard 0...1 ~= fraction else {
        throw GraphError(.argument, "quantile", "fraction \(fraction) must lie in 0…1")
      }
      var x = value.measurable
      if axis == nil { x = x.reshaped(Shape([count])) }
      let axis = try x.axis(axis ?? 0, "quantile")
      guard x.shape[axis] > 0 else {
        throw GraphError(.shape, "quantile", "axis \(axis) of \(shape) is empty")
      }
      let last = x.shape[axis] - 1
      let sorted = x.sorted(axis: axis).values
      let position = fraction * Double(last)
      let lower = Int(position), upper = Swift.min(lower + 1, last)
      let weight = position - Double(lower)
      let low = sorted.slice(axis: axis, lower..<(lower + 1))
      let high = sorted.slice(axis: axis, upper..<(upper + 1))
      let inner = weight == 0 ? low : low + (high - low) * weight
      // NaN is sorted to the end: where there is one, nothing is known of the rest's order.
      let top = sorted.slice(axis: axis, last..<(last + 1))
      let result = top.compare(.notEqual, top).select(top, inner).measured(of: value)
      if keepDimensions {
        return self.rank == x.rank ? result : result.reshaped(Shape(Array(repeating: 1, count: rank)))
      }
      return result.reshaped(x.shape.removing([axis]))
    }
  }

  /// The middle element, or the mean of the two in the middle; NaN where any element is NaN. Over all elements, or along one axis.
  /// - Parameters:
  ///   - axis: The axis, negative ones counted from the last; all elements when nil.
  ///   - keepDimensions: Whether reduced axes stay with size 1.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: One number, or this tensor's shape without the axis; `float32` for whole numbers.
  public func median(
    axis: Int? = nil, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { quantile(0.5, axis: axis, keepDimensions: keepDimensions, file: file, line: line) }

  /// How often each whole number from 0 to `length` − 1 occurs (`int64`), or the sum of the weights at its places
  /// (`int64` for whole numbers and truth values). A number out of range stops the evaluation with an error.
  /// - Parameters:
  ///   - length: Number of counts.
  ///   - weights: What each number counts for, of this tensor's shape; 1 when left out.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: `[length]`
  public func bincount(
    length: Int, weights: Tensor? = nil, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([self] + (weights.map { [$0] } ?? []), file, line) { () throws(GraphError) in
      try Shape([length]).requireSizes("bincount")
      let addends = weights?.value.accumulating
      let dtype = addends?.dtype ?? .int64
      let flat = Shape([count])
      let ones = Value.scalar(1, dtype).broadcast(to: flat)
      if let weights, weights.shape != shape {
        throw GraphError(.shape, "bincount", "weights of \(weights.shape) for numbers of \(shape)")
      }
      return Value.scalar(0, dtype).broadcast(to: Shape([length])).scatter(
        value.reshaped(flat), addends?.reshaped(flat) ?? ones, axis: 0, kind: .add)
    }
  }

  /// How many elements (`int64`) fall into each of `bins` equal parts of a range. Elements outside are not counted; the
  /// last part includes its upper end.
  /// - Parameters:
  ///   - bins: Number of parts, at least 1.
  ///   - range: Where the first part begins and the last one ends; finite.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: `[bins]`
  public func histogram(
    bins: Int, range: ClosedRange<Double>, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      guard bins >= 1, range.lowerBound < range.upperBound, range.lowerBound.isFinite,
        range.upperBound.isFinite
      else { throw GraphError(.argument, "histogram", "\(bins) bins over \(range) hold nothing") }
      try Shape([bins]).requireSizes("histogram")
      let x = value.floating.reshaped(Shape([count]))
      let low = x.splat(range.lowerBound), high = x.splat(range.upperBound)
      let inside = x.compare(.greaterOrEqual, low).binary(.and, x.compare(.lessOrEqual, high))
      let scaled = (x - low) * (Double(bins) / (range.upperBound - range.lowerBound))
      let place = inside.select(scaled, x.splat(0)).cast(Value.placeType(bins))
      let index = place.minimum(place.splat(Double(bins - 1)))
      return Value.scalar(0, .int64).broadcast(to: Shape([bins])).scatter(
        index, inside.cast(.int64), axis: 0, kind: .add)
    }
  }
}
