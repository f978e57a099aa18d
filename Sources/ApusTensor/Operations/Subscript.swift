import ApusGraph

extension Tensor {
  /// A part of the tensor, as `TensorIndex` describes; axes that are not named are taken whole. Assigning
  /// rebinds this tensor and leaves copies made before as they were; what is assigned is broadcast to the part.
  public subscript(_ indices: any TensorIndex...) -> Tensor {
    get { part(indices.map(\.selection)) }
    set { self = replacing(indices.map(\.selection), with: newValue) }
  }

  /// A part of the last axes, the first ones taken whole: `x[..., 0]`.
  public subscript(_ rest: (UnboundedRange_) -> Void, _ indices: any TensorIndex...) -> Tensor {
    get { part([.ellipsis] + indices.map(\.selection)) }
    set { self = replacing([.ellipsis] + indices.map(\.selection), with: newValue) }
  }

  /// A part of the first and the last axes, those between taken whole: `x[0, ..., 1]`.
  public subscript(
    _ first: any TensorIndex, _ rest: (UnboundedRange_) -> Void, _ indices: any TensorIndex...
  ) -> Tensor {
    get { part([first.selection, .ellipsis] + indices.map(\.selection)) }
    set { self = replacing([first.selection, .ellipsis] + indices.map(\.selection), with: newValue) }
  }

  /// With whole numbers, slices picked along the first axis. Assigning sets those slices, or with a mask of
  /// `bool` (of this shape, or broadcast to it) the elements where it is true.
  ///
  /// Reading by a mask is an error, since how many elements that gives is not known before it is computed:
  /// use `select(_:_:_:)`, or `nonZero()` outside of compiled functions.
  public subscript(_ indices: Tensor) -> Tensor {
    get {
      building([self, indices], #fileID, #line) { () throws(GraphError) in
        guard indices.dtype != .bool else {
          throw GraphError(
            .dtype, "subscript", "a mask selects a number of elements that is not known in advance",
            advice: "use select(mask, x, y), or gather(…) with the places that nonZero() gives")
        }
        return value.gather(indices.value, axis: try value.axis(0, "subscript"))
      }
    }
    set {
      self = building([self, indices, newValue], #fileID, #line) { () throws(GraphError) in
        let update = try newValue.value.put(into: dtype, "subscript")
        if indices.dtype == .bool {
          let result = indices.value.select(update, value)
          guard result.failure != nil || result.shape == shape else {
            throw GraphError(
              .shape, "subscript",
              "a mask of \(indices.shape) and values of \(newValue.shape) exceed \(shape)")
          }
          return result
        }
        let rows = Shape(indices.shape.dimensions + shape.dimensions.dropFirst())
        let flat = Shape([indices.count] + shape.dimensions.dropFirst())
        return value.scatter(
          indices.value.reshaped(Shape([indices.count])),
          try update.assigned(to: rows).reshaped(flat), axis: try value.axis(0, "subscript"), kind: .set)
      }
    }
  }

  private func part(_ selections: [AxisSelection]) -> Tensor {
    building([self], #fileID, #line) { () throws(GraphError) in
      try Region(selections, of: shape).read(value)
    }
  }

  private func replacing(_ selections: [AxisSelection], with other: Tensor) -> Tensor {
    building([self, other], #fileID, #line) { () throws(GraphError) in
      try Region(selections, of: shape).write(other.value.put(into: dtype, "subscript"), into: value)
    }
  }
}

extension Value {
  /// The value broadcast to the part of a tensor that it is assigned to.
  fileprivate func assigned(to shape: Shape) throws(GraphError) -> Value {
    guard Shape.broadcast(self.shape, shape) == shape else {
      throw GraphError(
        .shape, "subscript", "a value of shape \(self.shape) cannot be assigned to a part of shape \(shape)")
    }
    return broadcast(to: shape)
  }
}

/// The part of a tensor that a list of selections stands for.
private struct Region {
  /// For each axis of the tensor: the first place, the number of places, and their distance.
  private var axes: [(start: Int, count: Int, step: Int)] = []
  /// Shape of the part with one axis for each axis of the tensor.
  private var sizes: Shape { Shape(axes.map(\.count)) }
  /// Shape of the part with positions dropped and new axes put in.
  private var shape = Shape.scalar

  init(_ selections: [AxisSelection], of shape: Shape) throws(GraphError) {
    let named = selections.count { $0 != .newAxis && $0 != .ellipsis }
    guard named <= shape.rank, selections.count(where: { $0 == .ellipsis }) <= 1 else {
      throw GraphError(
        .index, "subscript",
        named > shape.rank
          ? "\(named) indices for the \(shape.rank) axes of shape \(shape)" : "more than one ellipsis")
    }
    var selections = selections
    if !selections.contains(.ellipsis) { selections.append(.ellipsis) }
    for selection in selections {
      switch selection {
      case .newAxis:
        self.shape.dimensions.append(1)
      case .ellipsis:
        for _ in 0..<(shape.rank - named) {
          self.shape.dimensions.append(shape[axes.count])
          axes.append((0, shape[axes.count], 1))
        }
      case .position:
        axes.append(try selection.resolved(axis: axes.count, shape: shape))
      case .range, .steps:
        let places = try selection.resolved(axis: axes.count, shape: shape)
        axes.append(places)
        self.shape.dimensions.append(places.count)
      }
    }
  }

  private var reversedAxes: [Int] { axes.indices.filter { axes[$0].step < 0 && axes[$0].count > 1 } }

  /// The lowest place on each axis.
  private var lows: [Int] {
    axes.map { axis in axis.step < 0 ? axis.start + Swift.max(0, axis.count - 1) * axis.step : axis.start }
  }
  private var distances: [Int] { axes.map { $0.count > 1 ? Swift.abs($0.step) : 1 } }

  func read(_ value: Value) -> Value {
    let limits = axes.indices.map { axis in
      axes[axis].count == 0
        ? lows[axis] : lows[axis] + (axes[axis].count - 1) * distances[axis] + 1
    }
    let starts = axes.indices.map { axes[$0].count == 0 ? limits[$0] : lows[$0] }
    let part =
      sizes == value.shape && distances.allSatisfy { $0 == 1 }
      ? value : value.slice(starts: starts, limits: limits, strides: distances)
    return part.reversed(reversedAxes).reshaped(shape)
  }

  func write(_ update: Value, into value: Value) throws(GraphError) -> Value {
    let update = try update.assigned(to: shape).reshaped(sizes).reversed(reversedAxes)
    if sizes.elementCount == 0 { return value }
    if sizes == value.shape { return update }
    if distances.allSatisfy({ $0 == 1 }), lows.allSatisfy({ $0 <= Int32.max }) {
      let starts = Value.constant(Literal(lows.map { Int32($0) }, shape: Shape([lows.count])))
      return .apply(.dynamicUpdateSlice, [value, update, starts])
    }
    // Spread over the tensor's shape with gaps, beside a mask of the places that count.
    let interior = distances.map { $0 - 1 }
    let high = axes.indices.map { axis in
      value.shape[axis] - lows[axis] - (axes[axis].count - 1) * distances[axis] - 1
    }
    let mask = Value.scalar(1, .bool).broadcast(to: sizes)
      .padded(low: lows, high: high, interior: interior)
    return mask.select(update.padded(low: lows, high: high, interior: interior), value)
  }
}
