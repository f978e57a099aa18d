func poolGradients(_ context: GradientContext) -> [Value?] {
  let gradient = context.gradient(), x = context.inputs[0]
  switch context.op {
  case .pool(let spec):
    switch spec.kind {
    case .maximum: return [.apply(.maxPoolGradient(spec), [x, gradient])]
    case .average:
      let spatial = Array(x.shape.dimensions[1..<(x.rank - 1)])
      return [.apply(.averagePoolGradient(spec, inputSpatial: spatial), [gradient])]
    }
  case .averagePoolGradient(let spec, _):
    return [.apply(.pool(spec), [gradient])]
  case .maxPoolGradient(let spec):
    // Which element a window chose does not change with x, so only the incoming gradient has one.
    return [nil, context.when(1, chosenElements(spec, x, gradient, result: context.inputs[1].shape))]
  default:
    return context.none
  }
}

/// From each window of `values` the element at the place of the first maximum of x's window.
private func chosenElements(_ spec: PoolSpec, _ x: Value, _ values: Value, result: Shape) -> Value {
  let candidates = windowElements(spec, x, fill: -.infinity, result: result)
  let choice = candidates.argmax(axis: 0).expanded(axis: 0)
  return windowElements(spec, values, fill: 0, result: result).gatherAlong(choice, axis: 0).reshaped(result)
}

/// `[places of the window, batch, result's spatial…, channels]`
private func windowElements(_ spec: PoolSpec, _ x: Value, fill: Double, result: Shape) -> Value {
  let spatial = spec.window.count
  let padded = x.padded(
    low: [0] + spec.padsLow + [0], high: [0] + spec.padsHigh + [0], value: x.splat(fill))
  var places = [[Int]()]
  for size in spec.window { places = places.flatMap { place in (0..<size).map { place + [$0] } } }
  let slices = places.map { place -> Value in
    let limits = (0..<spatial).map { place[$0] + (result[$0 + 1] - 1) * spec.strides[$0] + 1 }
    let channels = x.shape[spatial + 1]
    return padded.slice(
      starts: [0] + place + [0], limits: [x.shape[0]] + limits + [channels], strides: [1] + spec.strides + [1]
    ).expanded(axis: 0)
  }
  return .concatenate(slices, axis: 0)
}
