import ApusGraph

extension Tensor {
  /// Slices picked along an axis: the axis is replaced by the indices' axes. An index out of range stops the
  /// evaluation with an error; with `clamped` it is moved to the nearest valid one.
  /// - Parameter indices: `int32` or `int64`, of any shape.
  public func gather(
    _ indices: Tensor, axis: Int = 0, mode: IndexMode = .checked, file: StaticString = #fileID,
    line: Int = #line
  ) -> Tensor {
    building([self, indices], file, line) { () throws(GraphError) in
      value.gather(indices.value, axis: try value.axis(axis, "gather"), mode: mode)
    }
  }

  /// Elements picked along an axis: result[…, i, …] = self[…, indices[…, i, …], …].
  /// - Parameter indices: `int32` or `int64`, of this tensor's shape but for the axis.
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
  ///   - indices: A vector of `int32` or `int64`.
  ///   - updates: One slice for each index.
  ///   - kind: How an update meets what is there: it takes its place, is added, …
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

  /// 1 where a new last axis equals the class index, 0 elsewhere. An index that is no class, such as −1, gives
  /// zeros only.
  public func oneHot(
    classes: Int, dtype: DType = .float32, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      guard self.dtype.isInteger else {
        throw GraphError(
          .dtype, "oneHot", "class indices must be whole numbers, got \(self.dtype)",
          advice: "convert with .cast(to: .int32)")
      }
      try requireSizes(Shape([classes]), "oneHot")
      return value.oneHot(depth: classes, dtype: dtype)
    }
  }
}
