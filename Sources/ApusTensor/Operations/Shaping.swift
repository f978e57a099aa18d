import ApusGraph

extension Tensor {
  /// The same elements under another shape. One size may be −1: it takes what the others leave.
  public func reshaped(_ shape: Shape, file: StaticString = #fileID, line: Int = #line) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      var dimensions = shape.dimensions
      let open = dimensions.indices.filter { dimensions[$0] == -1 }
      if let axis = open.first {
        let known = Shape.product(dimensions.filter { $0 != -1 })
        guard open.count == 1 else {
          throw GraphError(.shape, "reshape", "\(shape) leaves more than one size open")
        }
        guard known > 0, count % known == 0 else {
          throw GraphError(
            .shape, "reshape",
            "\(self.shape) has \(count) elements, which the other sizes of \(shape) do not divide")
        }
        dimensions[axis] = count / known
      }
      return value.reshaped(Shape(dimensions))
    }
  }

  /// All elements in one axis, or the axes from `startAxis` on joined into one.
  public func flattened(startAxis: Int = 0, file: StaticString = #fileID, line: Int = #line) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      if rank == 0 { return value.reshaped(Shape([1])) }
      let start = try value.axis(startAxis, "flatten")
      let dimensions = shape.dimensions
      return value.reshaped(Shape(dimensions[..<start] + [Shape.product(dimensions[start...])]))
    }
  }

  /// Axes in another order: result axis i is this tensor's axis `permutation[i]`. Back to front by default.
  public func transposed(
    _ permutation: [Int]? = nil, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      guard let permutation else { return value.transposed((0..<rank).reversed()) }
      var axes: [Int] = []
      for axis in permutation { axes.append(try value.axis(axis, "transpose")) }
      return value.transposed(axes)
    }
  }

  // The field's own name.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  /// The tensor with its axes back to front: a matrix's transpose.
  public var T: Tensor { transposed() }

  /// The tensor with two axes exchanged.
  public func swappedAxes(
    _ first: Int, _ second: Int, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      var axes = Array(0..<rank)
      axes.swapAt(try value.axis(first, "swappedAxes"), try value.axis(second, "swappedAxes"))
      return value.transposed(axes)
    }
  }

  /// One axis moved to another place, the others keeping their order.
  public func movedAxis(
    _ source: Int, to destination: Int, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      let from = try value.axis(source, "movedAxis"), to = try value.axis(destination, "movedAxis")
      return value.movedAxis(from, to: to)
    }
  }

  /// A new axis of size 1 at `axis` of the result.
  public func expandedDimensions(
    axis: Int, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      let place = axis < 0 ? axis + rank + 1 : axis
      guard 0...rank ~= place else {
        throw GraphError(
          .axis, "expandedDimensions", "axis \(axis) lies outside the \(rank + 1) axes of the result",
          advice: "axes run from 0 to \(rank), or from -\(rank + 1) to -1 from the end")
      }
      return value.expanded(axis: place)
    }
  }

  /// The tensor without axes of size 1: those named, or all of them.
  public func squeezed(
    axes: [Int]? = nil, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      let dropped = try axes.map { axes throws(GraphError) in try value.axes(axes, "squeeze") }
      for axis in dropped ?? [] where shape[axis] != 1 {
        throw GraphError(
          .shape, "squeeze", "axis \(axis) of \(shape) has \(shape[axis]) elements, so it cannot be dropped")
      }
      let kept = (0..<rank).filter { axis in dropped.map { !$0.contains(axis) } ?? (shape[axis] != 1) }
      return value.reshaped(Shape(kept.map { shape[$0] }))
    }
  }

  /// The tensor without one axis of size 1.
  public func squeezed(axis: Int, file: StaticString = #fileID, line: Int = #line) -> Tensor {
    squeezed(axes: [axis], file: file, line: line)
  }

  /// Axes of size 1 repeated and leading axes added, as in NumPy.
  public func broadcast(to shape: Shape, file: StaticString = #fileID, line: Int = #line) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      guard Shape.broadcast(self.shape, shape) == shape else {
        throw GraphError(
          .shape, "broadcast", "\(self.shape) cannot be repeated to \(shape)",
          advice: "axes are compared from the last one back; each of the source's must be equal or 1")
      }
      return value.broadcast(to: shape)
    }
  }

  /// Each element `count` times in a row along an axis.
  public func repeated(
    _ count: Int, axis: Int, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      let axis = try value.axis(axis, "repeat")
      guard count >= 0 else { throw GraphError(.argument, "repeat", "count \(count) must be 0 or more") }
      var wide = shape.dimensions
      wide.insert(count, at: axis + 1)
      var result = shape
      result[axis] = Shape.product([result[axis], count])
      let axes = (0...rank).filter { $0 != axis + 1 }
      return value.broadcast(to: Shape(wide), axes: axes).reshaped(result)
    }
  }

  /// The whole tensor side by side with itself, `counts[i]` times along axis i. Missing counts at the front
  /// are 1.
  public func tiled(_ counts: [Int], file: StaticString = #fileID, line: Int = #line) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      guard counts.allSatisfy({ $0 >= 0 }) else {
        throw GraphError(.argument, "tile", "counts \(counts) must be 0 or more")
      }
      let rank = Swift.max(self.rank, counts.count)
      let sizes = Array(repeating: 1, count: rank - self.rank) + shape.dimensions
      let counts = Array(repeating: 1, count: rank - counts.count) + counts
      let wide = Shape(zip(counts, sizes).flatMap { [$0, $1] })
      return value.reshaped(Shape(sizes)).broadcast(to: wide, axes: (0..<rank).map { 2 * $0 + 1 })
        .reshaped(Shape(zip(counts, sizes).map { Shape.product([$0, $1]) }))
    }
  }

  /// Axes turned back to front; all of them by default.
  public func flipped(
    axes: [Int]? = nil, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in value.reversed(try value.axes(axes, "flip")) }
  }

  /// One axis turned back to front.
  public func flipped(axis: Int, file: StaticString = #fileID, line: Int = #line) -> Tensor {
    flipped(axes: [axis], file: file, line: line)
  }

  /// Elements moved along an axis by `shift` places; what leaves at one end comes in at the other.
  public func rolled(
    _ shift: Int, axis: Int, file: StaticString = #fileID, line: Int = #line
  ) -> Tensor {
    building([self], file, line) { () throws(GraphError) in
      let axis = try value.axis(axis, "roll")
      let size = shape[axis]
      guard size > 0 else { return value }
      let cut = size - ((shift % size) + size) % size
      guard cut < size else { return value }
      return .concatenate(
        [value.slice(axis: axis, cut..<size), value.slice(axis: axis, 0..<cut)], axis: axis)
    }
  }
}

extension Value {
  /// One axis moved to another place, the others keeping their order.
  func movedAxis(_ source: Int, to destination: Int) -> Value {
    var axes = Array(0..<rank)
    axes.insert(axes.remove(at: source), at: destination)
    return transposed(axes)
  }
}
