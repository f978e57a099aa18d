/// Gradients of a recurrence: one loop the other way round, and the recurrent kernel's as one product over all
/// steps after it.
func recurrenceGradients(_ spec: RecurrenceSpec, _ context: GradientContext) throws(GraphError) -> [Value?] {
  let inputs = context.inputs
  let lastResult = spec.cell == .lstm ? 2 : 1
  // What is kept for the gradient has one itself only in second derivatives.
  guard context.gradients.dropFirst(lastResult + 1).allSatisfy({ $0 == nil }), inputs[0].shape[0] > 0 else {
    return try decomposedGradients(context)
  }
  let states = context.output(), start = inputs[2]
  var operands = [inputs[1]]
  switch spec.cell {
  case .simple: operands.append(states)
  case .gru: operands += [context.output(2), context.output(3), states, start]
  case .lstm: operands += [context.output(3), context.output(4), inputs[spec.initialCell!]]
  }
  operands.append(context.gradient(1))
  if spec.cell == .lstm { operands.append(context.gradient(2)) }
  if let mask = spec.mask { operands.append(inputs[mask]) }
  if let gradient = context.gradients[0] { operands.append(gradient) }
  let results = try Node.applyChecked(
    .recurrenceGradient(RecurrenceGradientSpec(spec, hasStateGradients: context.gradients[0] != nil)),
    operands)

  var gradients = context.none
  gradients[0] = results[0]
  gradients[2] = results[1]
  if let cell = spec.initialCell { gradients[cell] = results[2] }
  /// Gradients of the recurrent product of all steps, in pieces along the last axis.
  var pieces = [results[0]]
  if spec.cell == .gru {
    pieces = [results[0].slice(axis: 2, 0..<2 * states.shape[2]), results[2]]
  }
  if context.needed[1] {
    gradients[1] = .concatenate(
      pieces.map { recurrentKernelGradient(states, start, $0, reverse: spec.reverse) }, axis: 1)
  }
  if let bias = spec.recurrentBias, context.needed[bias] {
    gradients[bias] = .concatenate(pieces.map { $0.sum(axes: [0, 1]) }, axis: 0)
  }
  return gradients
}

/// Σ over steps of (state before)ᵀ · (gradient of its product with the kernel).
private func recurrentKernelGradient(_ states: Value, _ start: Value, _ gradient: Value, reverse: Bool)
  -> Value
{
  let length = states.shape[0]
  let first = reverse ? length - 1 : 0
  let sources = reverse ? 1..<length : 0..<length - 1, targets = reverse ? 0..<length - 1 : 1..<length
  let afterStart = gradient.slice(axis: 0, first..<first + 1).reshaped(
    Shape(Array(gradient.shape.dimensions.dropFirst())))
  var parts: [Value] = []
  if length > 1 {
    let spec = DotSpec(leftContract: [0, 1], rightContract: [0, 1])
    parts.append(states.slice(axis: 0, sources).dot(gradient.slice(axis: 0, targets), spec))
  }
  if length == 1 || !start.isFilledWithZeros {
    parts.append(start.dot(afterStart, DotSpec(leftContract: [0], rightContract: [0])))
  }
  return parts.dropFirst().reduce(parts[0], +)
}

extension Value {
  /// Whether this is a known zero, repeated.
  fileprivate var isFilledWithZeros: Bool {
    if isZeroConstant { return true }
    guard case .broadcast = node.op, let source = node.pendingInputs?.first else { return false }
    return source.isZeroConstant
  }
}
