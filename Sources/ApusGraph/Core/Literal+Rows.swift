extension Literal {
  /// Literals of one type and row shape, one after the other along the first axis; nil where there are none, or where
  /// types or shapes of rows differ.
  /// - Throws: `GraphError` of kind `memory` when there is not so much.
  package init?(joiningRows parts: [Literal]) throws {
    guard let first = parts.first, first.shape.rank > 0 else { return nil }
    let row = first.shape.dimensions.dropFirst()
    guard
      parts.allSatisfy({
        $0.dtype == first.dtype && $0.shape.rank > 0 && $0.shape.dimensions.dropFirst() == row
      })
    else { return nil }
    if parts.count == 1 {
      self = first
      return
    }
    let count = parts.reduce(0) { $0 + $1.shape[0] }
    try self.init(dtype: first.dtype, shape: Shape([count] + row)) { target in
      var offset = 0
      for part in parts {
        part.withUnsafeBytes { target[offset..<offset + part.byteCount].copyBytes(from: $0) }
        offset += part.byteCount
      }
    }
  }

  /// The first rows, at most all.
  /// - Throws: `GraphError` of kind `memory` when there is not so much.
  package func prefix(_ count: Int) throws -> Literal {
    guard count < shape[0] else { return self }
    let size = byteCount / shape[0] * count
    return try withUnsafeBytes { source in
      try Literal(dtype: dtype, shape: Shape([count] + shape.dimensions.dropFirst())) { target in
        target.copyBytes(from: source[..<size])
      }
    }
  }
}
