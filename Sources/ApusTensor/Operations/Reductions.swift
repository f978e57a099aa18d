import ApusGraph

// Reductions take all axes by default, a list, or one axis. The result has the tensor's shape without those axes, or with
// `keepDimensions` with size 1 in their place.

extension Tensor {
  func reduced(
    _ operation: String, _ axes: [Int]?, _ file: StaticString, _ line: Int,
    _ body: (Value, [Int]) throws(GraphError) -> Value
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in try body(value, value.axes(axes, operation)) }
  }

  private func extreme(
    _ kind: ReduceKind, _ axes: [Int]?, _ keep: Bool, _ file: StaticString, _ line: Int
  ) -> Tensor {
    reduced(kind.rawValue, axes, file, line) { (value, axes) throws(GraphError) in
      if let axis = axes.first(where: { value.shape[$0] == 0 }) {
        throw GraphError(
          .shape, kind.rawValue, "axis \(axis) of \(value.shape) is empty, so it has no \(kind.rawValue)")
      }
      return value.reduced(kind, axes: axes, keepAxes: keep)
    }
  }

  /// Sum of the elements.
  ///
  /// Whole numbers and truth values are summed in `int64`, as in NumPy and PyTorch: a sum of pixels (`uint8`) would wrap
  /// around at 255 otherwise. Real numbers keep their type.
  /// - Parameters:
  ///   - axes: The axes that are reduced, negative ones counted from the last; all of them when nil.
  ///   - keepDimensions: Whether reduced axes stay with size 1.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: This tensor's shape without the reduced axes.
  public func sum(
    axes: [Int]? = nil, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    reduced("sum", axes, file, line) { (value, axes) throws(GraphError) in
      value.accumulating.sum(axes: axes, keepAxes: keepDimensions)
    }
  }
  /// Sum along one axis.
  public func sum(
    axis: Int, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { sum(axes: [axis], keepDimensions: keepDimensions, file: file, line: line) }

  /// Arithmetic mean; NaN over no elements. Real numbers keep their type. The mean of whole numbers is computed in
  /// `float64` and given as `float32`; that of truth values, the part that is true, in `float32`.
  /// - Parameters:
  ///   - axes: The axes that are reduced, negative ones counted from the last; all of them when nil.
  ///   - keepDimensions: Whether reduced axes stay with size 1.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: This tensor's shape without the reduced axes.
  public func mean(
    axes: [Int]? = nil, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    reduced("mean", axes, file, line) { (value, axes) throws(GraphError) in
      value.measurable.mean(axes: axes, keepAxes: keepDimensions).measured(of: value)
    }
  }
  /// Mean along one axis.
  public func mean(
    axis: Int, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { mean(axes: [axis], keepDimensions: keepDimensions, file: file, line: line) }

  /// Product of the elements. Whole numbers and truth values are multiplied in `int64`, as in NumPy and PyTorch.
  /// - Parameters:
  ///   - axes: The axes that are reduced, negative ones counted from the last; all of them when nil.
  ///   - keepDimensions: Whether reduced axes stay with size 1.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: This tensor's shape without the reduced axes.
  public func product(
    axes: [Int]? = nil, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    reduced("product", axes, file, line) { (value, axes) throws(GraphError) in
      value.accumulating.reduced(.product, axes: axes, keepAxes: keepDimensions)
    }
  }
  /// Product along one axis.
  public func product(
    axis: Int, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { product(axes: [axis], keepDimensions: keepDimensions, file: file, line: line) }

  /// Largest element; NaN where any is NaN. An axis without elements is an error. Over all axes, or those named.
  /// - Parameters:
  ///   - axes: The axes that are reduced, negative ones counted from the last; all of them when nil.
  ///   - keepDimensions: Whether reduced axes stay with size 1.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: This tensor's shape without the reduced axes, and its type.
  public func max(
    axes: [Int]? = nil, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { extreme(.maximum, axes, keepDimensions, file, line) }
  /// Largest element along one axis.
  public func max(
    axis: Int, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { extreme(.maximum, [axis], keepDimensions, file, line) }

  /// Smallest element; NaN where any is NaN. An axis without elements is an error. Over all axes, or those named.
  /// - Parameters:
  ///   - axes: The axes that are reduced, negative ones counted from the last; all of them when nil.
  ///   - keepDimensions: Whether reduced axes stay with size 1.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: This tensor's shape without the reduced axes, and its type.
  public func min(
    axes: [Int]? = nil, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { extreme(.minimum, axes, keepDimensions, file, line) }
  /// Smallest element along one axis.
  public func min(
    axis: Int, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { extreme(.minimum, [axis], keepDimensions, file, line) }

  /// Whether all elements are true (or not 0); true for none. Over all axes, or those named.
  /// - Parameters:
  ///   - axes: The axes that are reduced, negative ones counted from the last; all of them when nil.
  ///   - keepDimensions: Whether reduced axes stay with size 1.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: This tensor's shape without the reduced axes, as `bool`.
  public func all(
    axes: [Int]? = nil, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    reduced("all", axes, file, line) { (_, axes) throws(GraphError) in
      truth.reduced(.and, axes: axes, keepAxes: keepDimensions)
    }
  }
  /// Whether all elements along one axis are true.
  public func all(
    axis: Int, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { all(axes: [axis], keepDimensions: keepDimensions, file: file, line: line) }

  /// Whether any element is true (or not 0); false for none. Over all axes, or those named.
  /// - Parameters:
  ///   - axes: The axes that are reduced, negative ones counted from the last; all of them when nil.
  ///   - keepDimensions: Whether reduced axes stay with size 1.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: This tensor's shape without the reduced axes, as `bool`.
  public func any(
    axes: [Int]? = nil, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    reduced("any", axes, file, line) { (_, axes) throws(GraphError) in
      truth.reduced(.or, axes: axes, keepAxes: keepDimensions)
    }
  }
  /// Whether any element along one axis is true.
  public func any(
    axis: Int, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { any(axes: [axis], keepDimensions: keepDimensions, file: file, line: line) }

  /// log(Σ e^x), computed about the largest element so that nothing overflows.
  /// - Parameters:
  ///   - axes: The axes that are reduced, negative ones counted from the last; all of them when nil.
  ///   - keepDimensions: Whether reduced axes stay with size 1.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: This tensor's shape without the reduced axes.
  public func logSumExp(
    axes: [Int]? = nil, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    reduced("logSumExp", axes, file, line) { (value, axes) throws(GraphError) in
      let x = value.floating
      if axes.contains(where: { x.shape[$0] == 0 }) {
        return x.exp().sum(axes: axes, keepAxes: keepDimensions).log()
      }
      // An infinite maximum is left out: ∞ − ∞ would be NaN.
      let top = Value.apply(.stopGradient, [x.reduced(.maximum, axes: axes, keepAxes: true)])
      let shift = top.unary(.isFinite).select(top, top.splat(0))
      let result = (x - shift).exp().sum(axes: axes, keepAxes: true).log() + shift
      return keepDimensions ? result : result.reshaped(x.shape.removing(axes))
    }
  }
  /// log(Σ e^x) along one axis.
  public func logSumExp(
    axis: Int, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { logSumExp(axes: [axis], keepDimensions: keepDimensions, file: file, line: line) }
}

extension Shape {
  /// The shape without some axes, counted from the front.
  func removing(_ axes: [Int]) -> Shape {
    Shape(dimensions.indices.filter { !axes.contains($0) }.map { dimensions[$0] })
  }
}
