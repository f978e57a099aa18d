import ApusGraph

/// Tensors joined end to end along an axis.
/// - Parameters:
///   - tensors: At least one; all of one shape but for the axis. Their types are combined as `DType.promoted` says.
///   - axis: The axis that becomes longer, negative ones counted from the last.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
/// - Returns: The tensors' shape, the axis as long as all of theirs together.
public func concatenated(
  _ tensors: [Tensor], axis: Int = 0, file: StaticString = #fileID, line: Int = #line
) -> Tensor {
  building(tensors, file, line) { () throws(GraphError) in
    let values = try Value.promoted(tensors.map(\.value), "concatenate")
    return .concatenate(values, axis: try values[0].axis(axis, "concatenate"))
  }
}

/// Tensors of one shape as the slices of a new axis.
/// - Parameters:
///   - tensors: At least one, all of one shape `[…]`. Their types are combined as `DType.promoted` says.
///   - axis: Where the new axis stands in the result, negative places counted from its last axis.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
/// - Returns: One axis more than the tensors have, as long as they are many.
public func stacked(
  _ tensors: [Tensor], axis: Int = 0, file: StaticString = #fileID, line: Int = #line
) -> Tensor {
  building(tensors, file, line) { () throws(GraphError) in
    let values = try Value.promoted(tensors.map(\.value), "stack")
    if let other = values.first(where: { $0.shape != values[0].shape }) {
      throw GraphError(
        .shape, "stack", "\(values[0].shape) and \(other.shape) differ",
        advice: "stacked tensors need one shape; use concatenated to join unequal ones")
    }
    let place = axis < 0 ? axis + values[0].rank + 1 : axis
    guard 0...values[0].rank ~= place else {
      throw GraphError(
        .axis, "stack", "axis \(axis) lies outside the \(values[0].rank + 1) axes of the result")
    }
    return .concatenate(values.map { $0.expanded(axis: place) }, axis: place)
  }
}

extension Value {
  /// Values in the type in which they are combined.
  static func promoted(_ values: [Value], _ operation: String) throws(GraphError) -> [Value] {
    guard let first = values.first else {
      throw GraphError(.argument, operation, "needs at least one tensor, got none")
    }
    let dtype = values.reduce(first.dtype) { DType.promoted($0, $1.dtype) }
    return values.map { $0.cast(dtype) }
  }
}

extension Tensor {
  /// The most tensors that are given as a list.
  private static let listLimit = 1 << 20

  /// `count` equal parts along an axis.
  public func split(
    _ count: Int, axis: Int = 0, file: StaticString = #fileID, line: Int = #line
  ) -> [Tensor] {
    // An error comes as often as parts were asked for, which may be any number.
    building(count: 1...Tensor.listLimit ~= count ? count : 1, [self], file, line) {
      () throws(GraphError) in
      let axis = try value.axis(axis, "split")
      guard count >= 1, shape[axis] % count == 0 else {
        throw GraphError(
          .shape, "split", "axis \(axis) of \(shape) has \(shape[axis]) elements, not a multiple of \(count)",
          advice: "name the parts with split(sizes:)")
      }
      guard count <= Tensor.listLimit else {
        throw GraphError(.memory, "split", "at most \(Tensor.listLimit) tensors are given, not \(count)")
      }
      let size = shape[axis] / count
      return (0..<count).map { value.slice(axis: axis, ($0 * size)..<(($0 + 1) * size)) }
    }
  }

  /// Parts of the given sizes along an axis; together they must be the whole.
  public func split(
    sizes: [Int], axis: Int = 0, file: StaticString = #fileID, line: Int = #line
  ) -> [Tensor] {
    building(count: Swift.max(sizes.count, 1), [self], file, line) { () throws(GraphError) in
      let axis = try value.axis(axis, "split")
      guard sizes.allSatisfy({ $0 >= 0 }), !sizes.isEmpty,
        sizes.reduce(0, { Swift.min($0 + Swift.min($1, Shape.elementLimit), Shape.elementLimit) })
          == shape[axis]
      else {
        throw GraphError(
          .shape, "split", "sizes \(sizes) do not add up to the \(shape[axis]) of axis \(axis) of \(shape)")
      }
      var start = 0
      return sizes.map { size in
        defer { start += size }
        return value.slice(axis: axis, start..<(start + size))
      }
    }
  }

  /// The slices of an axis, which disappears.
  public func unstacked(
    axis: Int = 0, file: StaticString = #fileID, line: Int = #line
  ) -> [Tensor] {
    let count = shape.normalized(axis: axis).map { shape[$0] } ?? 1
    let isListable = count <= Tensor.listLimit
    return building(count: isListable ? count : 1, [self], file, line) { () throws(GraphError) in
      let axis = try value.axis(axis, "unstack")
      guard isListable else {
        throw GraphError(
          .memory, "unstack", "axis \(axis) of \(shape) would give a list of \(count) tensors",
          advice: "at most \(Tensor.listLimit) are given; split the axis into larger parts")
      }
      var rest = shape
      rest.dimensions.remove(at: axis)
      return (0..<count).map { value.slice(axis: axis, $0..<($0 + 1)).reshaped(rest) }
    }
  }
}
