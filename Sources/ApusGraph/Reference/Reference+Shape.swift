extension Reference {
  static func evaluateShape(_ op: Op, _ inputs: [ReferenceArray], _ type: TensorType) -> ReferenceArray {
    let x = inputs[0]
    let sizes = x.shape.dimensions, strides = x.shape.strides
    switch op {
    case .transpose(let permutation):
      return x.picking(
        flatPositions(permutation.map { (Array(0..<sizes[$0]), strides[$0]) }), shape: type.shape)
    case .broadcast(let target, let axes):
      let places = (0..<target.rank).map { axis -> (places: [Int], stride: Int) in
        guard let source = axes.firstIndex(of: axis), sizes[source] == target[axis] else {
          return (Array(repeating: 0, count: target[axis]), 0)
        }
        return (Array(0..<sizes[source]), strides[source])
      }
      return x.picking(flatPositions(places), shape: target)
    case .slice(let starts, let limits, let steps):
      return x.picking(
        flatPositions(
          sizes.indices.map { (Array(stride(from: starts[$0], to: limits[$0], by: steps[$0])), strides[$0]) }),
        shape: type.shape)
    case .pad(let low, _, let interior):
      let places = sizes.indices.map { axis in
        let result = (0..<type.shape[axis]).map { index -> Int in
          let (place, gap) = (index - low[axis]).quotientAndRemainder(dividingBy: interior[axis] + 1)
          return index >= low[axis] && gap == 0 && place < sizes[axis] ? place : -1
        }
        return (places: result, stride: strides[axis])
      }
      return x.picking(flatPositions(places), shape: type.shape, fill: inputs[1])
    case .concatenate(let axis):
      let outer = type.shape.dimensions[..<axis].reduce(1, *)
      let all = ReferenceArray.joined(inputs, type.dtype, Shape([inputs.reduce(0) { $0 + $1.count }]))
      var positions: [Int] = []
      positions.reserveCapacity(all.count)
      for row in 0..<outer {
        var start = 0
        for input in inputs {
          let width = input.count / outer
          positions.append(contentsOf: start + row * width..<start + (row + 1) * width)
          start += input.count
        }
      }
      return all.picking(positions, shape: type.shape)
    case .reverse(let axes):
      return x.picking(
        flatPositions(
          sizes.indices.map {
            (axes.contains($0) ? (0..<sizes[$0]).reversed() : Array(0..<sizes[$0]), strides[$0])
          }), shape: type.shape)
    case .dynamicSlice(let window):
      return x.picking(windowPositions(x.shape, window, inputs[1]), shape: type.shape)
    case .dynamicUpdateSlice:
      return x.replacing(windowPositions(x.shape, inputs[1].shape.dimensions, inputs[2]), with: inputs[1])
    default:
      return x.reshaped(type.shape)
    }
  }

  /// Starts are moved so that the window lies inside, as XLA does.
  private static func windowPositions(_ shape: Shape, _ window: [Int], _ starts: ReferenceArray) -> [Int] {
    let strides = shape.strides
    return flatPositions(
      window.indices.map { axis in
        let start = min(max(Int(starts.wholes[axis]), 0), shape[axis] - window[axis])
        return (Array(start..<start + window[axis]), strides[axis])
      })
  }
}
