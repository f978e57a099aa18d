/// A recurrence as a scan.
func recurrence(_ spec: RecurrenceSpec, _ inputs: [Value]) -> [Value] {
  let projection = inputs[0], kernel = inputs[1]
  let units = kernel.shape[0], length = projection.shape[0]
  var carries = [inputs[2]]
  if let cell = spec.initialCell { carries.append(inputs[cell]) }
  var sequences = [projection]
  if let mask = spec.mask { sequences.append(inputs[mask]) }
  var constants = [kernel]
  if let bias = spec.recurrentBias { constants.append(inputs[bias]) }

  let before = carries.map { Value.input($0.dtype, $0.shape) }
  let slices = sequences.map { $0.sliceInput }
  let fixed = constants.map { Value.input($0.dtype, $0.shape) }
  let product = before[0].matmul(fixed[0])
  var next: [Value], kept: [Value]
  switch spec.cell {
  case .simple:
    next = [(slices[0] + product).tanh()]
    kept = []
  case .gru:
    let recurrent = product + fixed[1]
    let (p, r) = (slices[0].gates(3, units), recurrent.gates(3, units))
    let update = (p[0] + r[0]).logistic(), reset = (p[1] + r[1]).logistic()
    let candidate = (p[2] + reset * r[2]).tanh()
    next = [update * before[0] + (1 - update) * candidate]
    kept = [.concatenate([update, reset, candidate], axis: 1), r[2]]
  case .lstm:
    let parts = (slices[0] + product).gates(4, units)
    let input = parts[0].logistic(), forget = parts[1].logistic()
    let proposal = parts[2].tanh(), output = parts[3].logistic()
    let cell = forget * before[1] + input * proposal
    next = [output * cell.tanh(), cell]
    kept = [.concatenate([input, forget, proposal, output], axis: 1)]
  }
  if spec.isMasked {
    let isLive = slices[1].expanded(axis: 1)
    next = zip(next, before).map { isLive.select($0, $1) }
  }
  if spec.cell == .lstm { kept.append(next[1]) }
  let body = Graph(inputs: before + slices + fixed, outputs: next + [next[0]] + kept)
  let scan = ScanSpec(
    body: body, length: length, carryCount: carries.count, sequenceCount: sequences.count,
    reverse: spec.reverse)
  let results = Node.apply(.scan(scan), carries + sequences + constants)
  let stacks = results[carries.count...]
  return [stacks.first!] + results.prefix(carries.count) + stacks.dropFirst()
}

/// A recurrence's gradient as a scan the other way round.
func recurrenceGradient(_ spec: RecurrenceGradientSpec, _ inputs: [Value]) -> [Value] {
  let forward = spec.forward, kernel = inputs[0]
  let length = inputs[1].shape[0]
  let units = kernel.shape[0]
  var carries = [inputs[spec.lastState]]
  if let cell = spec.lastCell { carries.append(inputs[cell]) }
  var sequences: [Value]
  switch forward.cell {
  case .simple: sequences = [inputs[1]]
  case .gru: sequences = [inputs[1], inputs[2], before(inputs[3], inputs[4], reverse: forward.reverse)]
  case .lstm: sequences = [inputs[1], inputs[2], before(inputs[2], inputs[3], reverse: forward.reverse)]
  }
  if let mask = spec.mask { sequences.append(inputs[mask]) }
  if let states = spec.stateGradients { sequences.append(inputs[states]) }

  let arriving = carries.map { Value.input($0.dtype, $0.shape) }
  let slices = sequences.map { $0.sliceInput }
  let fixed = Value.input(kernel.dtype, kernel.shape)
  var isLive: Value?
  if forward.isMasked { isLive = slices[slices.count - (spec.hasStateGradients ? 2 : 1)].expanded(axis: 1) }
  func live(_ value: Value) -> Value { isLive.map { $0.select(value, value.splat(0)) } ?? value }
  let state = spec.hasStateGradients ? arriving[0] + slices[slices.count - 1] : arriving[0]
  let h = live(state)
  var gates: Value, recurrent: Value, direct: Value?
  var others: [Value] = [], kept: [Value] = []
  switch forward.cell {
  case .simple:
    gates = h * (1 - slices[0].squared())
    recurrent = gates
  case .gru:
    let parts = slices[0].gates(3, units)
    let update = parts[0], reset = parts[1], candidate = parts[2]
    let proposal = h * (1 - update) * (1 - candidate.squared())
    let updateGradient = h * (slices[2] - candidate) * update * (1 - update)
    let resetGradient = proposal * slices[1] * reset * (1 - reset)
    gates = .concatenate([updateGradient, resetGradient, proposal], axis: 1)
    kept = [proposal * reset]
    recurrent = .concatenate([updateGradient, resetGradient, kept[0]], axis: 1)
    direct = h * update
  case .lstm:
    let parts = slices[0].gates(4, units)
    let input = parts[0], forget = parts[1], proposal = parts[2], output = parts[3]
    let tanh = slices[1].tanh()
    let cell = live(arriving[1]) + h * output * (1 - tanh.squared())
    gates = .concatenate(
      [
        cell * proposal * input * (1 - input), cell * slices[2] * forget * (1 - forget),
        cell * input * (1 - proposal.squared()), h * tanh * output * (1 - output),
      ], axis: 1)
    recurrent = gates
    others = [isLive.map { $0.select(cell * forget, arriving[1]) } ?? cell * forget]
  }
  var previous = recurrent.dot(fixed, DotSpec(leftContract: [1], rightContract: [1]))
  if let direct { previous = previous + direct }
  if let isLive { previous = isLive.select(previous, state) }
  let body = Graph(inputs: arriving + slices + [fixed], outputs: [previous] + others + [gates] + kept)
  let scan = ScanSpec(
    body: body, length: length, carryCount: carries.count, sequenceCount: sequences.count,
    reverse: !forward.reverse)
  let results = Node.apply(.scan(scan), carries + sequences + [kernel])
  return [results[carries.count]] + results.prefix(carries.count) + results.dropFirst(carries.count + 1)
}

/// What each step found: the values of the steps before it, the start before the first. `[time, batch, units]`.
private func before(_ steps: Value, _ start: Value, reverse: Bool) -> Value {
  let length = steps.shape[0]
  guard length > 0 else { return steps }
  let first = start.expanded(axis: 0)
  return reverse
    ? .concatenate([steps.slice(axis: 0, 1..<length), first], axis: 0)
    : .concatenate([first, steps.slice(axis: 0, 0..<length - 1)], axis: 0)
}

extension Value {
  /// A placeholder for one slice along the first axis.
  fileprivate var sliceInput: Value { .input(dtype, Shape(Array(shape.dimensions.dropFirst()))) }

  /// The parts of `[batch, count · units]`, each `[batch, units]`.
  fileprivate func gates(_ count: Int, _ units: Int) -> [Value] {
    (0..<count).map { slice(axis: 1, $0 * units..<($0 + 1) * units) }
  }
}
