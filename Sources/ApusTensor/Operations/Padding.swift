import ApusGraph

/// What a tensor is surrounded with.
public enum PaddingMode: Sendable, Hashable {
  /// One number.
  case constant(Double)
  /// The mirror image without the edge itself: 3 2 | 1 2 3 | 2 1.
  case reflect
  /// The mirror image with the edge: 2 1 | 1 2 3 | 3 2.
  case symmetric
  /// The edge again and again: 1 1 | 1 2 3 | 3 3.
  case edge
  /// The other end: 2 3 | 1 2 3 | 1 2.
  case wrap
}

extension Tensor {
  /// The tensor surrounded on each axis by some elements before and after it.
  /// - Parameters:
  ///   - widths: The number of elements before and after, one pair an axis.
  ///   - mode: What the new elements are.
  ///   - file: The caller's file, which errors name.
  ///   - line: The caller's line, which errors name.
  /// - Returns: Each axis longer by its two widths.
  public func padded(
    _ widths: [(Int, Int)], mode: PaddingMode = .constant(0), file: StaticString = #fileID,
    line: Int = #line
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      guard widths.count == rank, widths.allSatisfy({ $0.0 >= 0 && $0.1 >= 0 }) else {
        throw GraphError(
          .argument, "pad", "widths \(widths) for shape \(shape)",
          advice: "name a pair of numbers from 0 up for each axis; crop with a subscript")
      }
      if case .constant(let number) = mode {
        let fill = Value.constant(try Number.floating(number).literal(dtype, "pad"))
        return value.padded(low: widths.map(\.0), high: widths.map(\.1), value: fill)
      }
      var result = value
      for axis in 0..<rank {
        result = try result.extended(axis: axis, low: widths[axis].0, high: widths[axis].1, mode)
      }
      return result
    }
  }
}

extension Value {
  fileprivate func extended(axis: Int, low: Int, high: Int, _ mode: PaddingMode) throws(GraphError) -> Value {
    if low == 0, high == 0 { return self }
    let size = shape[axis]
    let limit =
      switch mode {
      case .reflect: size - 1
      case .edge, .constant: size > 0 ? Int.max : 0
      case .symmetric, .wrap: size
      }
    guard Swift.max(low, high) <= limit else {
      throw GraphError(
        .argument, "pad", "\(low) and \(high) elements beside the \(size) of axis \(axis) of \(shape)",
        advice: "this mode can add at most \(Swift.max(limit, 0)) here")
    }
    func part(_ range: Range<Int>) -> Value { slice(axis: axis, range) }
    func repeated(_ edge: Value, _ count: Int) -> Value {
      var wide = edge.shape
      wide[axis] = count
      return edge.broadcast(to: wide)
    }
    let before: Value
    let after: Value
    switch mode {
    case .reflect:
      before = part(1..<(low + 1)).reversed([axis])
      after = part((size - 1 - high)..<(size - 1)).reversed([axis])
    case .symmetric:
      before = part(0..<low).reversed([axis])
      after = part((size - high)..<size).reversed([axis])
    case .edge, .constant:
      before = repeated(part(0..<1), low)
      after = repeated(part((size - 1)..<size), high)
    case .wrap:
      before = part((size - low)..<size)
      after = part(0..<high)
    }
    return .concatenate((low > 0 ? [before] : []) + [self] + (high > 0 ? [after] : []), axis: axis)
  }
}
