extension Reference {
  static func evaluateIndexing(_ op: Op, _ inputs: [ReferenceArray], _ type: TensorType) throws
    -> ReferenceArray
  {
    let x = inputs[0]
    switch op {
    case .gather(let axis, let mode):
      let (outer, size, inner) = x.extents(axis: axis)
      let indices = try indices(inputs[1], below: size, mode, op)
      var positions: [Int] = []
      for row in 0..<outer {
        for index in indices {
          let start = (row * size + index) * inner
          positions.append(contentsOf: start..<start + inner)
        }
      }
      return x.picking(positions, shape: type.shape)
    case .gatherAlong(let axis, let mode):
      let positions = alongPositions(x, try indices(inputs[1], below: x.shape[axis], mode, op), axis)
      return x.picking(positions, shape: type.shape)
    case .scatter(let axis, let kind):
      let (outer, size, inner) = x.extents(axis: axis)
      let indices = try indices(inputs[1], below: size, .checked, op)
      var positions: [Int] = []
      for row in 0..<outer {
        for index in indices {
          let start = (row * size + index) * inner
          positions.append(contentsOf: start..<start + inner)
        }
      }
      return scatter(kind, x, positions, inputs[2])
    case .scatterAlong(let axis, let kind):
      let indices = try indices(inputs[1], below: x.shape[axis], .checked, op)
      return scatter(kind, x, alongPositions(x, indices, axis), inputs[2])
    default:
      throw GraphError(.argument, op.name, "is not an indexing operation")
    }
  }

  private static func indices(_ array: ReferenceArray, below limit: Int, _ mode: IndexMode, _ op: Op)
    throws -> [Int]
  {
    if let position = array.wholes.firstIndex(where: { $0 < 0 || $0 >= limit }) {
      if case .required(let requirement) = mode {
        throw requirement.error(
          index: Int(array.wholes[position]), position: position, limit: limit, origin: .current)
      }
      guard mode == .clamped, limit > 0 else {
        throw GraphError(
          .index, op.name, "index \(array.wholes[position]) at position \(position) is outside 0..<\(limit)")
      }
    }
    return array.wholes.map { Int(min(max($0, 0), Int64(limit - 1))) }
  }

  private static func alongPositions(_ x: ReferenceArray, _ indices: [Int], _ axis: Int) -> [Int] {
    let (outer, size, inner) = x.extents(axis: axis)
    guard outer > 0, inner > 0 else { return [] }
    let count = indices.count / (outer * inner)
    return indices.enumerated().map { flat, index in
      (flat / (count * inner) * size + index) * inner + flat % inner
    }
  }

  /// In the order of the updates, each rounded. On `bool`, add is "or" and multiply is "and".
  private static func scatter(
    _ kind: ScatterKind, _ x: ReferenceArray, _ positions: [Int], _ updates: ReferenceArray
  ) -> ReferenceArray {
    let operation: BinaryOp
    switch kind {
    case .set: return x.replacing(positions, with: updates)
    case .add: operation = x.dtype == .bool ? .or : .add
    case .multiply: operation = x.dtype == .bool ? .and : .multiply
    case .minimum: operation = .minimum
    case .maximum: operation = .maximum
    }
    switch (x.elements, updates.elements) {
    case (.real(var result), .real(let numbers)):
      for (position, number) in zip(positions, numbers) {
        result[position] = combine(operation, x.dtype, .real([result[position]]), .real([number])).reals[0]
      }
      return ReferenceArray(x.dtype, x.shape, .real(result))
    default:
      var result = x.wholes
      for (position, number) in zip(positions, updates.wholes) {
        result[position] = combine(operation, x.dtype, .whole([result[position]]), .whole([number])).wholes[0]
      }
      return ReferenceArray(x.dtype, x.shape, .whole(result))
    }
  }

  private static func combine(
    _ op: BinaryOp, _ dtype: DType, _ left: ReferenceArray.Elements, _ right: ReferenceArray.Elements
  ) -> ReferenceArray {
    evaluate(op, ReferenceArray(dtype, [1], left), ReferenceArray(dtype, [1], right))
  }
}
