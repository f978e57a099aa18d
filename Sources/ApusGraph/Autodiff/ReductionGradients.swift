func reduceGradient(_ kind: ReduceKind, _ axes: [Int], _ context: GradientContext) -> Value? {
  let x = context.inputs[0], kept = (0..<x.rank).filter { !axes.contains($0) }
  func spread(_ value: Value) -> Value { value.broadcast(to: x.shape, axes: kept) }
  let gradient = context.gradient()
  switch kind {
  case .sum:
    return spread(gradient)
  case .maximum, .minimum:
    // Everything equal to the extreme shares its gradient.
    let isExtreme = x.compare(.equal, spread(context.output())).cast(x.dtype)
    return spread(gradient / isExtreme.sum(axes: axes)) * isExtreme
  case .product:
    return spread(gradient) * othersProduct(x, axes: axes, kept: kept)
  case .and, .or:
    return nil
  }
}

/// For each element the product of all others along the axes, from products before and after it: no division,
/// so right also where elements are 0.
private func othersProduct(_ x: Value, axes: [Int], kept: [Int]) -> Value {
  let order = kept + axes.sorted()
  let line = kept.count
  let arranged = x.transposed(order)
  let rows = x.shape.dimensions.indices.filter { kept.contains($0) }.map { x.shape[$0] }
  let lines = arranged.reshaped(Shape(rows + [axes.reduce(1) { $0 * x.shape[$1] }]))
  let others =
    lines.cumulative(.product, axis: line, exclusive: true)
    * lines.cumulative(.product, axis: line, reverse: true, exclusive: true)
  return others.reshaped(arranged.shape).transposed(order.indices.map { axis in order.firstIndex(of: axis)! })
}

func cumulateGradient(
  _ kind: ReduceKind, axis: Int, reverse: Bool, exclusive: Bool, _ context: GradientContext
) -> Value? {
  var gradient = context.gradient(), x = context.inputs[0]
  guard x.shape[axis] > 0 else { return gradient }
  if kind == .sum { return gradient.cumulative(.sum, axis: axis, reverse: !reverse, exclusive: exclusive) }
  if kind == .and || kind == .or { return nil }
  // Runs from the back are turned round; an exclusive run is an inclusive one moved by one place.
  if reverse { (gradient, x) = (gradient.reversed([axis]), x.reversed([axis])) }
  let result =
    kind == .product
    ? cumulativeProductGradient(gradient, x, axis: axis, exclusive: exclusive)
    : cumulativeExtremeGradient(exclusive ? gradient.advanced(axis: axis) : gradient, x, kind, axis: axis)
  return reverse ? result.reversed([axis]) : result
}

/// dx[i] = (product before i) · s[i] with s[i] = g[i] + x[i + 1] · s[i + 1]: no division, so right also where
/// elements are 0.
private func cumulativeProductGradient(_ gradient: Value, _ x: Value, axis: Int, exclusive: Bool) -> Value {
  let order = [axis] + (0..<x.rank).filter { $0 != axis }
  let arriving = (exclusive ? gradient.advanced(axis: axis) : gradient).transposed(order)
  let factors = x.advanced(axis: axis).transposed(order)
  let rest = Shape(Array(arriving.shape.dimensions.dropFirst()))
  let state = Value.input(x.dtype, rest), term = Value.input(x.dtype, rest),
    factor = Value.input(x.dtype, rest)
  let next = term + factor * state
  let spec = ScanSpec(
    body: Graph(inputs: [state, term, factor], outputs: [next, next]), length: x.shape[axis], carryCount: 1,
    sequenceCount: 2, reverse: true)
  let sums = Node.apply(.scan(spec), [Value.scalar(0, x.dtype).broadcast(to: rest), arriving, factors])[1]
  let before = x.cumulative(.product, axis: axis, exclusive: true)
  return before * sums.transposed(order.indices.map { axis in order.firstIndex(of: axis)! })
}

/// Each gradient goes to the place where the extreme so far was first met.
private func cumulativeExtremeGradient(_ gradient: Value, _ x: Value, _ kind: ReduceKind, axis: Int) -> Value
{
  let places = Value.iota(x.shape, axis: axis)
  let before = x.cumulative(kind, axis: axis, exclusive: true)
  let isNew = x.compare(kind == .maximum ? .greater : .less, before)
  let origin = isNew.select(places, places.splat(0)).cumulative(.maximum, axis: axis)
  return x.filled(0).scatterAlong(origin, gradient, axis: axis, kind: .add)
}

extension Value {
  /// Element i + 1 in place i along an axis, and 0 in the last.
  fileprivate func advanced(axis: Int) -> Value {
    var low = Array(repeating: 0, count: rank), high = low
    low[axis] = -1
    high[axis] = 1
    return padded(low: low, high: high)
  }
}
