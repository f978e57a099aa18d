func shapeGradients(_ context: GradientContext) -> [Value?] {
  let gradient = context.gradient(), inputs = context.inputs, x = inputs[0]
  switch context.op {
  case .reshape:
    return [gradient.reshaped(x.shape)]
  case .transpose(let permutation):
    return [gradient.transposed(permutation.indices.map { axis in permutation.firstIndex(of: axis)! })]
  case .broadcast(let target, let axes):
    let repeated = (0..<target.rank).filter { axis in
      guard let source = axes.firstIndex(of: axis) else { return true }
      return x.shape[source] != target[axis]
    }
    return [gradient.sum(axes: repeated).reshaped(x.shape)]
  case .slice(let starts, _, let strides):
    return [sliceGradient(gradient, x.shape, starts, strides)]
  case .pad(let low, let high, let interior):
    let inner = unpadded(gradient, x.shape, low, high, interior)
    return [inner, context.when(1, gradient.sum() - inner.sum())]
  case .concatenate(let axis):
    var start = 0
    return inputs.indices.map { index in
      let end = start + inputs[index].shape[axis]
      defer { start = end }
      return context.when(index, gradient.slice(axis: axis, start..<end))
    }
  case .reverse(let axes):
    return [gradient.reversed(axes)]
  case .dynamicSlice:
    return [.apply(.dynamicUpdateSlice, [x.filled(0), gradient, inputs[1]]), nil]
  case .dynamicUpdateSlice:
    let update = inputs[1], starts = inputs[2]
    return [
      context.when(0, .apply(.dynamicUpdateSlice, [gradient, update.filled(0), starts])),
      context.when(1, .apply(.dynamicSlice(sizes: update.shape.dimensions), [gradient, starts])), nil,
    ]
  default:
    return context.none
  }
}

/// Zeros wherever the slice did not look.
private func sliceGradient(_ gradient: Value, _ shape: Shape, _ starts: [Int], _ strides: [Int]) -> Value {
  let interior = strides.map { $0 - 1 }
  let high = (0..<shape.rank).map { axis in
    let count = gradient.shape[axis]
    return shape[axis] - starts[axis] - (count == 0 ? 0 : (count - 1) * strides[axis] + 1)
  }
  return gradient.padded(low: starts, high: high, interior: interior)
}

/// The elements of a padded value's gradient that belong to the value; zeros for those that were cropped.
private func unpadded(_ gradient: Value, _ shape: Shape, _ low: [Int], _ high: [Int], _ interior: [Int])
  -> Value
{
  var whole = gradient
  if low.contains(where: { $0 < 0 }) || high.contains(where: { $0 < 0 }) {
    whole = gradient.padded(low: low.map { max(0, -$0) }, high: high.map { max(0, -$0) })
  }
  let starts = low.map { max(0, $0) }
  let limits = starts.indices.map { axis in
    starts[axis] + shape[axis] + max(0, shape[axis] - 1) * interior[axis]
  }
  return whole.slice(starts: starts, limits: limits, strides: interior.map { $0 + 1 })
}
