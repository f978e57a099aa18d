/// Scaled dot-product attention (Vaswani et al., arXiv:1706.03762) and the logarithm of each softmax's
/// denominator. A query that sees no key gives zeros and −∞.
func attention(_ spec: AttentionSpec, _ inputs: [Value]) -> [Value] {
  let heads = AttentionHeads(spec, inputs)
  let scores = heads.scores
  let largest = Value.apply(
    .stopGradient, [scores.reduced(.maximum, axes: [3], keepAxes: true).maximum(scores.splat(lowestShift))])
  let exponentials = (scores - largest).exp()
  let sum = exponentials.sumOverLastAxis()
  let isEmpty = sum.compare(.equal, sum.splat(0))
  let probabilities = exponentials / isEmpty.select(sum.splat(1), sum)
  let rows = Shape(Array(scores.shape.dimensions.dropLast()))
  return [
    probabilities.dot(heads.value, .perHead(contracting: 3, with: 1)).transposed([0, 2, 1, 3]),
    (sum.log() + largest).reshaped(rows),
  ]
}

/// Gradients of query, key and value, with the probabilities computed from the log-sum-exp.
func attentionGradient(_ spec: AttentionSpec, _ inputs: [Value]) -> [Value] {
  let heads = AttentionHeads(spec, inputs)
  let saved = inputs.suffix(3).map { $0 }
  let output = saved[0], logSumExp = saved[1], gradient = saved[2]
  let shift = logSumExp.maximum(logSumExp.splat(lowestShift)).expanded(axis: 3)
  let probabilities = (heads.scores - shift).exp()
  // [batch, queries, heads] → [batch, heads, queries, 1]
  let drift = (gradient * output).sum(axes: [3]).transposed([0, 2, 1]).expanded(axis: 3)
  let slopes =
    probabilities * (gradient.dot(heads.value, .products) - drift) * spec.scale
  let ofQuery = slopes.dot(heads.key, .perHead(contracting: 3, with: 1)).transposed([0, 2, 1, 3])
  let ofKey = slopes.dot(inputs[0], .perHead(contracting: 2, with: 1)).transposed([0, 2, 1, 3])
  let ofValue = probabilities.dot(gradient, .perHead(contracting: 2, with: 1)).transposed([0, 2, 1, 3])
  return [ofQuery, heads.gathered(ofKey, like: inputs[1]), heads.gathered(ofValue, like: inputs[2])]
}

/// Below every score that matters, and finite: a row without any score is shifted by it and gives zeros.
private let lowestShift = -1e30

/// The operands with each head of keys and values repeated for the queries' heads that share it.
private struct AttentionHeads {
  let key: Value, value: Value
  /// `[batch, heads, queries, keys]`: scaled products, with −∞ for what is not seen.
  let scores: Value
  private let group: Int

  init(_ spec: AttentionSpec, _ inputs: [Value]) {
    let query = inputs[0]
    let group = inputs[1].shape[2] == 0 ? 1 : query.shape[2] / inputs[1].shape[2]
    self.group = group
    func shared(_ x: Value) -> Value {
      guard group != 1 else { return x }
      let split = Shape([x.shape[0], x.shape[1], x.shape[2], group, x.shape[3]])
      return x.broadcast(to: split, axes: [0, 1, 2, 4])
        .reshaped(Shape([x.shape[0], x.shape[1], x.shape[2] * group, x.shape[3]]))
    }
    key = shared(inputs[1])
    value = shared(inputs[2])
    var scores = query.dot(key, .products) * spec.scale
    let shape = scores.shape, hidden = scores.splat(-Double.infinity)
    if spec.hasMask {
      let mask = inputs[3]
      scores = mask.dtype == .bool ? mask.select(scores, hidden) : scores + mask
    }
    let position = Value.iota(shape, axis: 3)
    var row = Value.iota(shape, axis: 2)
    if spec.hasLengths {
      let lengths = inputs[spec.inputCount - 1].clamped(.scalar(0, .int32), .scalar(Double(shape[3]), .int32))
        .broadcast(to: shape, axes: [0])
      scores = position.compare(.less, lengths).select(scores, hidden)
      row = row + lengths - row.splat(Double(shape[2]))
    }
    if spec.isCausal { scores = position.compare(.lessOrEqual, row).select(scores, hidden) }
    self.scores = scores
  }

  /// The gradient of a repeated operand: the sum over the heads that share it.
  func gathered(_ gradient: Value, like operand: Value) -> Value {
    guard group != 1 else { return gradient }
    let x = operand.shape
    return gradient.reshaped(Shape([x[0], x[1], x[2], group, x[3]])).sum(axes: [3])
  }
}

extension DotSpec {
  /// `[batch, m, heads, size]` times `[batch, n, heads, size]` → `[batch, heads, m, n]`
  fileprivate static let products = DotSpec(
    leftBatch: [0, 2], rightBatch: [0, 2], leftContract: [3], rightContract: [3])

  /// `[batch, heads, …]` times `[batch, time, heads, size]` → `[batch, heads, free axis, size]`
  fileprivate static func perHead(contracting left: Int, with right: Int) -> DotSpec {
    DotSpec(leftBatch: [0, 1], rightBatch: [0, 2], leftContract: [left], rightContract: [right])
  }
}
