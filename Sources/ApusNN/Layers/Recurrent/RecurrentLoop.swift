import ApusGraph
import ApusTensor

/// The loop that the recurrent layers share: the inputs of all steps multiplied with their weights at once, then
/// one step after another.
struct RecurrentLoop {
  let identity: LayerIdentity
  let units: Int
  let cell: RecurrenceSpec.Cell
  /// Whether the cell is the one that `Op.recurrence` knows.
  let isStandard: Bool
  let dropout: RecurrentDropout

  /// What the layer multiplies and adds.
  struct Weights {
    let kernel: Parameter
    let recurrentKernel: Parameter
    /// Added to the projection, `[gates · units]`.
    var bias: Value?
    /// Added to the recurrent product, `[gates · units]`; of the GRU only.
    var recurrentBias: Value?
  }

  /// One step: (projection `[batch, gates · units]`, state, recurrent kernel, recurrent bias) → next state.
  typealias Step = (Tensor, [Tensor], Tensor, Tensor?) -> [Tensor]

  private var stateCount: Int { cell == .lstm ? 2 : 1 }

  func run(
    _ x: Tensor, mask: Tensor?, initialState: [Tensor]?, reverse: Bool,
    weights: (_ features: Int) -> Weights, step: @escaping Step
  ) -> RecurrentResult {
    var found: RecurrentResult?
    let output = identity.call(x) { x throws(GraphError) in
      try check(x, mask, initialState)
      let result = try walk(x, mask, initialState, reverse, weights(x.shape[2]), step)
      found = result
      return result.sequence
    }
    return found
      ?? RecurrentResult(
        sequence: output, last: output, state: Array(repeating: output, count: stateCount))
  }

  private func check(_ x: Tensor, _ mask: Tensor?, _ initialState: [Tensor]?) throws(GraphError) {
    try identity.requireFloating(x)
    try dropout.check(identity)
    guard units >= 1 else { throw identity.error(.argument, "units \(units) must be at least 1") }
    try identity.requireRank(3, x, "[batch, time, features]")
    guard x.shape[1] >= 1 else {
      throw identity.error(.shape, "needs at least one step, got shape \(x.shape)", input: x)
    }
    if let mask, mask.shape != [x.shape[0], x.shape[1]] || mask.dtype != .bool {
      throw identity.error(
        .shape,
        "the mask must be bool\(Shape([x.shape[0], x.shape[1]])) for an input of \(x.shape), got \(mask.value.type)",
        advice: "sequenceMask(lengths:time:) makes one")
    }
    guard let initialState else { return }
    guard initialState.count == stateCount else {
      throw identity.error(
        .argument, "the state has \(stateCount) parts, got \(initialState.count)",
        advice: cell == .lstm ? "give [h, c]" : "give [h]")
    }
    let expected = TensorType(x.dtype, [x.shape[0], units])
    if let part = initialState.first(where: { $0.value.type != expected }) {
      throw identity.error(
        .shape, "the initial state must be \(expected) for an input of \(x.shape), got \(part.value.type)")
    }
  }

  private func walk(
    _ x: Tensor, _ mask: Tensor?, _ initialState: [Tensor]?, _ reverse: Bool, _ weights: Weights,
    _ step: @escaping Step
  ) throws(GraphError) -> RecurrentResult {
    let (batch, time, features) = (x.shape[0], x.shape[1], x.shape[2])
    let columns = cell.gateCount * units
    let kernel = weights.kernel.tensor([features, columns], dtype: x.dtype).value
    let recurrentKernel = weights.recurrentKernel.tensor([units, columns], dtype: x.dtype)
    // Steps first, so that what a step reads lies together.
    let slices = dropout.dropped(x).value.transposed([1, 0, 2])
    var projection = slices.reshaped([time * batch, features]).matmul(kernel)
    if let bias = weights.bias { projection = projection + bias }
    projection = projection.reshaped([time, batch, columns])
    let zeros = x.value.splat(0).broadcast(to: [batch, units])
    let start = initialState?.map(\.value) ?? Array(repeating: zeros, count: stateCount)
    let isLive = mask.map { $0.value.transposed([1, 0]) }

    let factor = dropout.recurrentFactor(batch, units, x.dtype)
    if isStandard, factor == nil {
      var operands = [projection, recurrentKernel.value] + start
      if cell == .gru {
        operands.append(weights.recurrentBias ?? x.value.splat(0).broadcast(to: [columns]))
      }
      let spec = RecurrenceSpec(cell, reverse: reverse, isMasked: isLive != nil)
      let results = try Node.applyChecked(.recurrence(spec), operands + (isLive.map { [$0] } ?? []))
      return RecurrentResult(
        sequence: Tensor(results[0].transposed([1, 0, 2])), last: Tensor(results[1]),
        state: results[1...stateCount].map { Tensor($0) })
    }
    let bias = weights.recurrentBias.map { Tensor($0) }
    let (state, outputs) = scan(
      over: [Tensor(projection)] + (isLive.map { [Tensor($0)] } ?? []), initial: start.map { Tensor($0) },
      reverse: reverse
    ) { before, slices in
      let dropped = factor.map { factor in [before[0] * factor] + before.dropFirst() } ?? before
      var next = step(slices[0], dropped, recurrentKernel, bias)
      if slices.count > 1 {
        let isLive = slices[1].value.expanded(axis: 1)
        next = zip(next, before).map { Tensor(isLive.select($0.value, $1.value)) }
      }
      return (next, [next[0]])
    }
    return RecurrentResult(
      sequence: Tensor(outputs[0].value.transposed([1, 0, 2])), last: state[0], state: state)
  }
}

/// Dropout of a recurrent layer in training: the same features, and the same parts of the state, are dropped in
/// every step of a sequence. Gal and Ghahramani, arXiv:1512.05287.
struct RecurrentDropout {
  let rate: Double
  let recurrentRate: Double

  func check(_ identity: LayerIdentity) throws(GraphError) {
    for rate in [rate, recurrentRate] where !(rate >= 0 && rate < 1) {
      throw identity.error(.argument, "dropout rate \(rate) must be at least 0 and below 1")
    }
  }

  /// `[batch, time, features]` with features of a sequence dropped.
  func dropped(_ x: Tensor) -> Tensor {
    guard Phase.current == .training, rate > 0 else { return x }
    return x * factor([x.shape[0], 1, x.shape[2]], rate, x.dtype)
  }

  /// What the state is multiplied with, `[batch, units]`; nil where nothing is dropped.
  func recurrentFactor(_ batch: Int, _ units: Int, _ dtype: DType) -> Tensor? {
    guard Phase.current == .training, recurrentRate > 0 else { return nil }
    return factor([batch, units], recurrentRate, dtype)
  }

  private func factor(_ shape: Shape, _ rate: Double, _ dtype: DType) -> Tensor {
    ApusTensor.dropout(Tensor(Value.scalar(1, dtype).broadcast(to: shape)), rate: rate)
  }
}

extension Tensor {
  /// The parts of `[batch, count · units]`, each `[batch, units]`.
  func gates(_ count: Int) -> [Tensor] {
    let units = shape[1] / count
    return (0..<count).map { Tensor(value.slice(axis: 1, $0 * units..<($0 + 1) * units)) }
  }
}
