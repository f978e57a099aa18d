import ApusGraph

// Matrices are the last two axes; axes before them are batches.

extension Tensor {
  /// The elements of a diagonal of the last two axes: the main one, or `offset` columns to the right of it.
  public func diagonal(
    offset: Int = 0, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      let (rows, columns) = try matrixSize("diagonal")
      // Beyond the matrix all offsets are alike.
      let offset = Swift.min(Swift.max(offset, -rows), columns)
      let length = Swift.max(0, Swift.min(rows - Swift.max(0, -offset), columns - Swift.max(0, offset)))
      let square = value.slice(axis: rank - 2, Swift.max(0, -offset)..<(Swift.max(0, -offset) + length))
      guard length > 0 else {
        return value.slice(axis: rank - 2, 0..<0).slice(axis: rank - 1, 0..<0)
          .reshaped(Shape(shape.dimensions.dropLast(2) + [0]))
      }
      return square.slice(
        axis: rank - 1, Swift.max(0, offset)..<(Swift.max(0, offset) + length)
      ).mainDiagonal()
    }
  }

  /// The sum of the main diagonal of the last two axes.
  public func trace(file: StaticString = #fileID, line: Int = #line) -> Tensor {
    diagonal(file: file, line: line).sum(axis: -1, file: file, line: line)
  }

  /// Square matrices with the last axis on the main diagonal and zeros elsewhere.
  public func diagonalMatrix(file: StaticString = #fileID, line: Int = #line) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      let last = try value.axis(-1, "diagonalMatrix")
      let size = shape[last]
      let full = Shape(shape.dimensions + [size])
      try full.requireSizes("diagonalMatrix")
      let mask = Value.diagonals(Shape([size, size]), offset: 0, .equal)
      return mask.select(value.expanded(axis: last + 1), value.splat(0))
    }
  }

  /// The part of each matrix on and below a diagonal, zeros above it.
  public func lowerTriangle(
    offset: Int = 0, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { triangle("lowerTriangle", .greaterOrEqual, offset, file, line) }

  /// The part of each matrix on and above a diagonal, zeros below it.
  public func upperTriangle(
    offset: Int = 0, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor { triangle("upperTriangle", .lessOrEqual, offset, file, line) }

  private func triangle(
    _ operation: String, _ direction: Comparison, _ offset: Int, _ file: StaticString, _ line: Int
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      let (rows, columns) = try matrixSize(operation)
      return Value.diagonals(Shape([rows, columns]), offset: offset, direction).select(value, value.splat(0))
    }
  }

  private func matrixSize(_ operation: String) throws(GraphError) -> (rows: Int, columns: Int) {
    guard rank >= 2 else {
      throw GraphError(.shape, operation, "needs matrices [rows, columns], got shape \(shape)")
    }
    return (shape[rank - 2], shape[rank - 1])
  }
}

extension Value {
  /// Where a matrix's row, moved by an offset, and its column stand in a relation: `bool` of the matrix's shape.
  static func diagonals(_ shape: Shape, offset: Int, _ direction: Comparison) -> Value {
    // Beyond the matrix all offsets are alike.
    let offset = Swift.min(Swift.max(offset, -shape[0] - 1), shape[1] + 1)
    let dtype = placeType(shape[0] + shape[1] + 1)
    let row = Value.iota(shape, axis: 0, dtype: dtype) + Double(offset)
    return row.compare(direction, .iota(shape, axis: 1, dtype: dtype))
  }

  /// The main diagonal of the last two axes, which must be equally long.
  func mainDiagonal() -> Value {
    let size = shape[rank - 1]
    let lead = Array(shape.dimensions.dropLast(2))
    guard size > 0 else { return reshaped(Shape(lead + [0])) }
    // In a flat square the diagonal's elements are size + 1 apart.
    return reshaped(Shape(lead + [Shape.product([size, size])])).slice(
      axis: rank - 2, 0..<Shape.product([size, size]), stride: size + 1)
  }
}
