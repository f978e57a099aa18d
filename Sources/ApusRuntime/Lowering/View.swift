import ApusGraph

/// How a value can be read: a place in memory, a number, or a count of positions, with a distance for each axis.
struct View {
  enum Base: Equatable {
    /// Memory, by number of the storage.
    case storage(Int)
    /// The flat position itself, as a number.
    case index
    /// One number for every element.
    case scalar(Double, Int64)
    /// Several arrays one after the other, by number; only fused loops read them.
    case segments(Int)
  }
  var base: Base
  /// Where element [0, …, 0] lies (or its number, for `index`), in elements.
  var offset: Int
  /// Distance between neighbors along each axis, in elements.
  var strides: [Int]
  var shape: Shape
  var dtype: DType

  /// Row-major order without gaps (axes of size 1 may have any stride).
  var isContiguous: Bool {
    guard case .storage = base else { return false }
    if shape.elementCount <= 1 { return true }
    return zip(zip(strides, shape.strides), shape.dimensions).allSatisfy { $1 == 1 || $0.0 == $0.1 }
  }

  var storage: Int? {
    if case .storage(let number) = base { return number }
    return nil
  }

  func transposed(_ permutation: [Int]) -> View {
    var view = self
    view.strides = permutation.map { strides[$0] }
    view.shape = Shape(permutation.map { shape[$0] })
    return view
  }

  func broadcast(_ target: Shape, axes: [Int]) -> View {
    var view = self
    view.shape = target
    view.strides = Array(repeating: 0, count: target.rank)
    for (axis, place) in axes.enumerated() where shape[axis] != 1 { view.strides[place] = strides[axis] }
    return view
  }

  func sliced(starts: [Int], limits: [Int], steps: [Int]) -> View {
    var view = self
    for axis in 0..<shape.rank {
      view.offset += starts[axis] * strides[axis]
      view.shape[axis] = Shape.stepCount(limits[axis] - starts[axis], by: steps[axis])
      if view.shape[axis] > 1 { view.strides[axis] *= steps[axis] }
    }
    if view.shape.elementCount == 0 { view.offset = offset }
    return view
  }

  func reversed(_ axes: [Int]) -> View {
    var view = self
    for axis in axes where shape[axis] > 0 {
      view.offset += (shape[axis] - 1) * strides[axis]
      view.strides[axis] = -strides[axis]
    }
    return view
  }

  /// The same elements under another shape, or nil where that needs a copy.
  func reshaped(_ target: Shape) -> View? {
    var view = self
    view.shape = target
    if shape.elementCount == 0 {
      view.strides = target.strides
      return view
    }
    if case .scalar = base {
      view.strides = Array(repeating: 0, count: target.rank)
      return view
    }
    // Walk both shapes from the front, matching runs of axes with equal products.
    let old = zip(shape.dimensions, strides).filter { $0.0 != 1 }
    let oldSizes = old.map(\.0), oldStrides = old.map(\.1)
    var result = Array(repeating: 0, count: target.rank)
    var from = 0
    var axis = 0
    while axis < target.rank {
      if target[axis] == 1 {
        result[axis] = 1
        axis += 1
        continue
      }
      guard from < oldSizes.count else { return nil }
      var oldEnd = from + 1, newEnd = axis + 1
      var oldProduct = oldSizes[from], newProduct = target[axis]
      while oldProduct != newProduct {
        if oldProduct < newProduct {
          guard oldEnd < oldSizes.count else { return nil }
          oldProduct *= oldSizes[oldEnd]
          oldEnd += 1
        } else {
          guard newEnd < target.rank else { return nil }
          newProduct *= target[newEnd]
          newEnd += 1
        }
      }
      // A run can be split or merged only if its old axes are evenly spaced.
      for place in from..<(oldEnd - 1) where oldStrides[place] != oldStrides[place + 1] * oldSizes[place + 1]
      {
        return nil
      }
      var stride = oldStrides[oldEnd - 1]
      for place in (axis..<newEnd).reversed() {
        result[place] = stride
        stride *= target[place]
      }
      from = oldEnd
      axis = newEnd
    }
    view.strides = result
    return view
  }
}
