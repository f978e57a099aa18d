/// Composites have gradient operations of their own; those, in turn, are differentiated through what they are
/// made of.
func compositeGradients(_ context: GradientContext) throws(GraphError) -> [Value?] {
  let inputs = context.inputs, gradient = context.gradient(), y = context.output()
  switch context.op {
  case .activation(let kind, let alpha):
    // With a negative slope the output no longer tells the sign of the input.
    if kind.gradientUsesOutput, alpha < 0 { break }
    let saved = kind.gradientUsesOutput ? y : inputs[0]
    return [.apply(.activationGradient(kind, alpha: alpha), [gradient, saved])]
  case .softmax:
    return [.apply(.softmaxGradient, [gradient, y])]
  case .logSoftmax:
    return [.apply(.logSoftmaxGradient, [gradient, y])]
  case .softmaxCrossEntropy(let smoothing):
    return [softmaxCrossEntropyGradient(smoothing, context), nil]
  case .batchNorm(let epsilon):
    // The statistics rarely have a gradient of their own; the kernel has none for them.
    if context.gradients[1] != nil || context.gradients[2] != nil { break }
    return Node.apply(
      .batchNormGradient(epsilon: epsilon),
      [inputs[0], inputs[1], context.output(1), context.output(2), gradient])
  case .layerNorm(let epsilon, nil):
    if context.gradients[1] != nil || context.gradients[2] != nil { break }
    return Node.apply(
      .layerNormGradient(epsilon: epsilon),
      [inputs[0], inputs[1], context.output(1), context.output(2), gradient])
  case .attention(let spec):
    // The kernel has no gradient for the mask, nor for the log-sum-exp.
    if context.gradients[1] != nil || (spec.hasMask && context.needed[3]) { break }
    let results = Node.apply(
      .attentionGradient(spec), inputs + [context.output(0), context.output(1), gradient])
    return results + Array(repeating: nil, count: inputs.count - 3)
  case .dropout:
    return [.apply(context.op, [gradient, inputs[1], inputs[2]]), nil, nil]
  case .recurrence(let spec):
    return try recurrenceGradients(spec, context)
  default:
    break
  }
  return try decomposedGradients(context)
}

private func softmaxCrossEntropyGradient(_ smoothing: Double, _ context: GradientContext) -> Value {
  let logits = context.inputs[0], labels = context.inputs[1], logSum = context.output(1)
  var parts: [Value] = []
  if let loss = context.gradients[0] {
    parts.append(
      .apply(.softmaxCrossEntropyGradient(labelSmoothing: smoothing), [logits, labels, logSum, loss]))
  }
  if let gradient = context.gradients[1] {
    let axis = logits.rank - 1
    parts.append((logits - logSum.expanded(axis: axis)).exp() * gradient.expanded(axis: axis))
  }
  return accumulated(parts) ?? logits.filled(0)
}

/// Gradients through the decomposition.
func decomposedGradients(_ context: GradientContext) throws(GraphError) -> [Value?] {
  guard let results = decompose(context.op, context.inputs) else {
    throw GraphError(.gradient, context.op.name, "has neither a gradient nor a decomposition")
  }
  let seeded = results.indices.filter { context.gradients[$0] != nil }
  // An operand that stands in two places receives the sum of both in the first.
  let wanted = context.inputs.indices.filter { index in
    context.needed[index] && context.inputs.firstIndex(of: context.inputs[index]) == index
  }
  let flowing = backpropagate(
    seeded.map { results[$0] }, seeds: seeded.compactMap { context.gradients[$0] },
    to: wanted.map { context.inputs[$0] }, boundary: Set(context.inputs.map { ObjectIdentifier($0.node) }))
  var gradients = context.none
  for (index, value) in zip(wanted, flowing) { gradients[index] = value }
  return gradients
}
