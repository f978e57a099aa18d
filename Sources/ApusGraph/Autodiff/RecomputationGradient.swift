/// Gradients of a region whose intermediates are not kept: the region is computed once more, from its operands, as soon
/// as gradients arrive. A barrier on each operand waits for them, and keeps what is computed again from being merged
/// with what was computed before.
func recomputationGradients(_ body: Graph, _ context: GradientContext) -> [Value?] {
  let arriving = context.gradients.compactMap { $0 }
  let operands = context.inputs.map { Value.apply(.barrier, [$0] + arriving) }
  let results = zip(body.applied(to: operands), context.gradients).filter { $1 != nil }
  let targets = zip(operands, context.needed).filter(\.1).map(\.0)
  let gradients = backpropagate(
    results.map(\.0), seeds: results.compactMap(\.1), to: targets,
    boundary: Set(operands.map { ObjectIdentifier($0.node) }))
  var next = gradients.makeIterator()
  return context.needed.map { $0 ? next.next() ?? nil : nil }
}
