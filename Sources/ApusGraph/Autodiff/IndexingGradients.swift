func indexingGradients(_ context: GradientContext) -> [Value?] {
  let gradient = context.gradient(), x = context.inputs[0], indices = context.inputs[1]
  switch context.op {
  case .gather(let axis, let mode):
    let valid = indices.valid(mode, limit: x.shape[axis])
    let count = indices.shape.elementCount
    var flat = x.shape
    flat[axis] = count
    let updates = gradient.reshaped(flat)
    return [x.filled(0).scatter(valid.reshaped([count]), updates, axis: axis, kind: .add), nil]
  case .gatherAlong(let axis, let mode):
    let valid = indices.valid(mode, limit: x.shape[axis])
    return [x.filled(0).scatterAlong(valid, gradient, axis: axis, kind: .add), nil]
  case .scatter(let axis, let kind):
    return scatterGradients(
      kind, context,
      Scattering(
        shape: x.shape, gather: { $0.gather(indices, axis: axis) },
        scatter: { $0.scatter(indices, $1, axis: axis, kind: $2) }))
  case .scatterAlong(let axis, let kind):
    return scatterGradients(
      kind, context,
      Scattering(
        shape: x.shape, gather: { $0.gatherAlong(indices, axis: axis) },
        scatter: { $0.scatterAlong(indices, $1, axis: axis, kind: $2) }))
  default:
    return context.none
  }
}

/// Reading and writing at the places of a scatter's updates, whichever of the two forms it has.
private struct Scattering {
  let shape: Shape
  /// The elements of a value of x's shape that the updates land on.
  let gather: (Value) -> Value
  /// (base, updates, kind)
  let scatter: (Value, Value, ScatterKind) -> Value
}

private func scatterGradients(_ kind: ScatterKind, _ context: GradientContext, _ form: Scattering) -> [Value?]
{
  let gradient = context.gradient(), x = context.inputs[0], updates = context.inputs[2], y = context.output()
  switch kind {
  case .add:
    return [gradient, nil, context.when(2, form.gather(gradient))]
  case .set:
    return [
      context.when(0, form.scatter(gradient, updates.filled(0), .set)), nil,
      context.when(2, lastWriters(updates, form).select(form.gather(gradient), gradient.splat(0))),
    ]
  case .multiply:
    let product = { form.scatter(x.filled(1), updates, .multiply) }
    return [
      context.when(0, gradient * product()), nil,
      context.when(2, form.gather(gradient) * othersProduct(x, updates, form)),
    ]
  case .minimum, .maximum:
    // Everything equal to the result shares its gradient.
    let isX = x.compare(.equal, y).cast(x.dtype)
    let isUpdate = updates.compare(.equal, form.gather(y)).cast(x.dtype)
    let share = gradient / form.scatter(isX, isUpdate, .add)
    return [context.when(0, share * isX), nil, context.when(2, form.gather(share) * isUpdate)]
  }
}

/// Where several updates land on one place the last one stays: true for those that do.
private func lastWriters(_ updates: Value, _ form: Scattering) -> Value {
  let numbers = Value.iota(Shape([updates.shape.elementCount]), dtype: .int32).reshaped(updates.shape)
  let base = Value.scalar(0, .int32).broadcast(to: form.shape)
  return form.gather(form.scatter(base, numbers, .set)).compare(.equal, numbers)
}

/// For each update the product of everything else that lands on its place; right also where factors are 0.
private func othersProduct(_ x: Value, _ updates: Value, _ form: Scattering) -> Value {
  let one = updates.splat(1), zero = updates.splat(0)
  let isZero = updates.compare(.equal, zero)
  let factors = isZero.select(one, updates)
  let product = form.gather(form.scatter(x, factors, .multiply))
  let zeros = isZero.cast(updates.dtype)
  let otherZeros = form.gather(form.scatter(x.filled(0), zeros, .add)) - zeros
  return otherZeros.compare(.equal, zero).select(product / factors, zero)
}

extension Value {
  /// Indices as a clamped gather reads them.
  fileprivate func valid(_ mode: IndexMode, limit: Int) -> Value {
    mode == .clamped ? clamped(splat(0), splat(Double(max(0, limit - 1)))) : self
  }
}
