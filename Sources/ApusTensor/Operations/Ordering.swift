import ApusGraph

extension Tensor {
  /// Index (`int32`) of the first largest element along an axis, or in row-major order over all.
  public func argmax(
    axis: Int? = nil, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { argReduced("argmax", true, axis, keepDimensions, file, line) }

  /// Index (`int32`) of the first smallest element along an axis, or in row-major order over all.
  public func argmin(
    axis: Int? = nil, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { argReduced("argmin", false, axis, keepDimensions, file, line) }

  private func argReduced(
    _ operation: String, _ maximum: Bool, _ axis: Int?, _ keep: Bool, _ file: StaticString, _ line: Int
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      let x = axis == nil ? value.reshaped(Shape([count])) : value
      let place = try x.axis(axis ?? 0, operation)
      let result = Value.apply(.argReduce(maximum: maximum, axis: place), [x])
      if !keep || result.failure != nil { return result }
      return axis == nil
        ? result.reshaped(Shape(Array(repeating: 1, count: rank))) : result.expanded(axis: place)
    }
  }

  /// The elements in order along an axis; equal ones keep their order, NaN goes last.
  public func sorted(
    axis: Int = -1, descending: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      value.sorted(axis: try value.axis(axis, "sort"), descending: descending).values
    }
  }

  /// The indices (`int32`) that put an axis in order; equal elements keep their order, NaN goes last.
  public func argsort(
    axis: Int = -1, descending: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      value.sorted(axis: try value.axis(axis, "argsort"), descending: descending).order
    }
  }

  /// The `count` largest elements along an axis, largest first, with their indices (`int32`).
  public func topK(
    _ count: Int, axis: Int = -1, file: StaticString = #fileID, line: Int = #line
  ) -> (values: Tensor, indices: Tensor) {
    let both = building(count: 2, [self], file, line) { () throws(GraphError) in
      let axis = try value.axis(axis, "topK")
      guard 0...shape[axis] ~= count else {
        throw GraphError(
          .argument, "topK", "\(count) of the \(shape[axis]) elements of axis \(axis) of \(shape)",
          advice: "k must be at most the axis size")
      }
      let sorted = value.sorted(axis: axis, descending: true)
      return [sorted.values.slice(axis: axis, 0..<count), sorted.order.slice(axis: axis, 0..<count)]
    }
    return (both[0], both[1])
  }

  /// Running sum along an axis. Whole numbers and truth values are summed in `int64`, as in NumPy and PyTorch.
  public func cumulativeSum(
    axis: Int, reverse: Bool = false, exclusive: Bool = false, file: StaticString = #fileID,
    line: Int = #line
  ) -> Tensor { cumulated(.sum, axis, reverse, exclusive, file, line) }

  /// Running product along an axis. Whole numbers and truth values are multiplied in `int64`.
  public func cumulativeProduct(
    axis: Int, reverse: Bool = false, exclusive: Bool = false, file: StaticString = #fileID,
    line: Int = #line
  ) -> Tensor { cumulated(.product, axis, reverse, exclusive, file, line) }

  /// Largest element so far along an axis.
  public func cumulativeMax(
    axis: Int, reverse: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { cumulated(.maximum, axis, reverse, false, file, line) }

  /// Smallest element so far along an axis.
  public func cumulativeMin(
    axis: Int, reverse: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { cumulated(.minimum, axis, reverse, false, file, line) }

  private func cumulated(
    _ kind: ReduceKind, _ axis: Int, _ reverse: Bool, _ exclusive: Bool, _ file: StaticString, _ line: Int
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      (kind == .sum || kind == .product ? value.accumulating : value.numeric).cumulative(
        kind, axis: try value.axis(axis, "cumulative"), reverse: reverse, exclusive: exclusive)
    }
  }
}
