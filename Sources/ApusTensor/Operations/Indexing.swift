import ApusGraph

extension Tensor {
  /// Slices picked along an axis: the axis is replaced by the indices' axes. An index out of range stops the
  /// evaluation with an error; with `clamped` it is moved to the nearest valid one.
  /// - Parameters:
  ///   - indices: `int32` or `int64`, of any shape.
  ///   - axis: The axis that is picked from, negative ones counted from the last.
  ///   - mode: What an index out of range does.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: The indices' shape in place of the axis: `[…, indices…, …]`.
  public func gather(
    _ indices: Tensor, axis: Int = 0, mode: IndexMode = .checked, file: StaticString = #fileID,
    line: Int = #line
  ) -> Tensor {
    building([self, indices], file, line) { () throws(GraphError) in
      value.gather(indices.value, axis: try value.axis(axis, "gather"), mode: mode)
    }
  }

  /// Elements picked along an axis: result[…, i, …] = self[…, indices[…, i, …], …].
  /// - Parameters:
  ///   - axis: The axis that is picked from, negative ones counted from the last.
  ///   - indices: `int32` or `int64`, of this tensor's shape but for the axis.
  ///   - mode: What an index out of range does.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: The shape of the indices.
  public func gathered(
    along axis: Int, _ indices: Tensor, mode: IndexMode = .checked, file: StaticString = #fileID,
    line: Int = #line
  ) -> Tensor {
    building([self, indices], file, line) { () throws(GraphError) in
      value.gatherAlong(indices.value, axis: try value.axis(axis, "gathered"), mode: mode)
    }
  }

  /// This tensor with slices of an axis changed.
  /// - Parameters:
  ///   - indices: A vector of `int32` or `int64`. One out of range stops the evaluation with an error.
  ///   - updates: One slice for each index: this tensor's shape, but for the axis, which is as long as the indices.
  ///   - axis: The axis that is changed, negative ones counted from the last.
  ///   - kind: How an update meets what is there: it takes its place, is added, is
  ///     multiplied, or the larger or smaller of both stays.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: This tensor's shape and type.
  public func scattered(
    _ indices: Tensor, _ updates: Tensor, axis: Int = 0, kind: ScatterKind = .set,
    file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([self, indices, updates], file, line) { () throws(GraphError) in
      value.scatter(
        indices.value, try updates.value.put(into: dtype, "scatter"), axis: try value.axis(axis, "scatter"),
        kind: kind)
    }
  }

  /// This tensor with elements along an axis changed: self[…, indices[…, i, …], …] meets updates[…, i, …].
  public func scattered(
    along axis: Int, _ indices: Tensor, _ updates: Tensor, kind: ScatterKind = .set,
    file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([self, indices, updates], file, line) { () throws(GraphError) in
      value.scatterAlong(
        indices.value, try updates.value.put(into: dtype, "scatter"), axis: try value.axis(axis, "scatter"),
        kind: kind)
    }
  }

  /// 1 where a new last axis equals the class index, 0 elsewhere.
  /// - Parameters:
  ///   - classes: Number of classes: the size of the new axis.
  ///   - dtype: Type of the result.
  ///   - allowsOthers: Whether an index that is no class, such as −1 for "unknown", gives zeros only. Otherwise it
  ///     stops the evaluation with an error.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: `[…, classes]` for class indices `[…]`.
  public func oneHot(
    classes: Int, dtype: DType = .float32, allowsOthers: Bool = false, file: StaticString = #fileID,
    line: Int = #line
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      guard self.dtype.isInteger else {
        throw GraphError(
          .dtype, "oneHot", "class indices must be whole numbers, got \(self.dtype)",
          advice: "convert with .cast(to: .int32)")
      }
      try Shape([classes]).requireSizes("oneHot")
      let labels = allowsOthers ? value : value.required(.label, below: classes)
      return labels.oneHot(depth: classes, dtype: dtype)
    }
  }
}
