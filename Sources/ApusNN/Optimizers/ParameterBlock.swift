import ApusGraph
import ApusTensor

/// Weights of one type in one block of memory, and a rule's memory beside them.
final class ParameterBlock: Sendable {
  let parameters: [Parameter]
  let storage: FlatStorage
  let slots: [Variable]
  /// The moving average of the weights; nil where none is kept.
  let average: Variable?
  /// 1 for elements that decay, 0 for the others; nil when all decay or none does.
  private let decayMask: Variable?
  /// What the learning rate is multiplied with for each parameter.
  private let rateFactors: [Double]
  /// Where each parameter's stretch of the block starts and ends, the gap behind it included.
  private let stretches: [Range<Int>]

  init(
    _ weights: [(name: String, parameter: Parameter)], rule: UpdateRule, options: OptimizerOptions
  ) throws {
    parameters = weights.map(\.parameter)
    rateFactors = try weights.map { name, _ in
      let factor = options.rateFactors?(name) ?? 1
      guard factor >= 0, factor.isFinite else {
        throw GraphError(
          .argument, rule.name, "the learning rate of '\(name)' was to be multiplied with \(factor)",
          advice: "a factor is a number from 0 up")
      }
      return factor
    }
    let storage = try FlatStorage(weights.compactMap { $0.parameter.variable })
    self.storage = storage
    stretches = storage.offsets.indices.map { index in
      storage.offsets[
        index]..<(index + 1 < storage.offsets.count
        ? storage.offsets[index + 1] : storage.elementCount)
    }
    let type = storage.block.type
    slots = rule.slots.map { slot in
      let start = Value.scalar(slot.initial, type.dtype).broadcast(to: type.shape)
      return Variable(Tensor(start), name: slot.name)
    }
    if options.weightDecay != 0, let decays = options.decays {
      let parts = zip(weights, stretches).map { weight, stretch in
        Value.scalar(decays(weight.name) ? 1 : 0, type.dtype).broadcast(to: [stretch.count])
      }
      decayMask = Variable(Tensor(.concatenate(parts, axis: 0)), name: "decay")
    } else {
      decayMask = nil
    }
    try options.averaging?.check(rule)
    average = options.averaging.map { _ in Variable(storage.block.tensor, name: "average") }
    try evaluate((slots + [decayMask, average].compactMap { $0 }).map(\.tensor))
  }

  /// Applies the rule to every trainable parameter that has a gradient. Returns the rule's new scalars.
  func update(
    _ gradients: Gradients, rule: UpdateRule, options: OptimizerOptions, learningRate: Value, step: Value,
    scalars: [Value], condition: Value?
  ) -> [Value] {
    // A trace that reads each weight is made again when one of them is frozen.
    if isTracing { for parameter in parameters { _ = parameter.tensor } }
    let factors = zip(parameters, rateFactors).map { parameter, factor in
      parameter.isTrainable && gradients[parameter] != nil ? factor : nil
    }
    guard factors.contains(where: { $0 != nil }) else { return scalars }
    let block = storage.block.tensor.value
    let memory = slots.map(\.tensor.value)
    var newScalars = scalars
    var blockParts: [Value] = []
    var slotParts: [[Value]] = Array(repeating: [], count: slots.count)
    let oldAverage = average?.tensor.value
    var averageParts: [Value] = []
    // Neighbors of a kind are one stretch: without frozen parameters there is one in all.
    for run in Self.runs(factors) {
      let range = stretches[run.lowerBound].lowerBound..<stretches[run.upperBound - 1].upperBound
      let isWhole = range.count == storage.elementCount
      func part(_ value: Value) -> Value { isWhole ? value : value.slice(axis: 0, range) }
      guard let factor = factors[run.lowerBound] else {
        blockParts.append(part(block))
        for index in slots.indices { slotParts[index].append(part(memory[index])) }
        if let oldAverage { averageParts.append(part(oldAverage)) }
        continue
      }
      var parameter = part(block)
      let learningRate = factor == 1 ? learningRate : learningRate * factor
      if options.weightDecay != 0 {
        let shrink = (learningRate * options.weightDecay).cast(parameter.dtype)
        let mask = decayMask.map { part($0.tensor.value) }
        parameter = parameter - parameter * (mask.map { $0 * shrink } ?? shrink)
      }
      let output = rule.body(
        UpdateInput(
          parameter: parameter, gradient: flattened(gradients, run), slots: memory.map(part),
          scalars: scalars, learningRate: learningRate, step: step))
      var weights = output.parameter
      if let averaging = options.averaging, let old = oldAverage.map(part) {
        let (next, overwritten) = averaging.update(old, weights, step: step)
        averageParts.append(next.kept(when: condition, else: old))
        weights = overwritten
      }
      blockParts.append(weights.kept(when: condition, else: part(block)))
      for index in slots.indices {
        slotParts[index].append(output.slots[index].kept(when: condition, else: part(memory[index])))
      }
      newScalars = output.scalars
    }
    storage.block.assign(Tensor(.concatenate(blockParts, axis: 0)))
    for (slot, parts) in zip(slots, slotParts) { slot.assign(Tensor(.concatenate(parts, axis: 0))) }
    average?.assign(Tensor(.concatenate(averageParts, axis: 0)))
    return newScalars
  }

  /// All gradients in the block's order; zeros where there is none.
  func flattened(_ gradients: Gradients) -> Value { flattened(gradients, parameters.indices) }

  private func flattened(_ gradients: Gradients, _ run: Range<Int>) -> Value {
    var parts: [Value] = []
    for index in run {
      let count = storage.variables[index].shape.elementCount
      let gap = stretches[index].count - count
      if let gradient = gradients[parameters[index]] {
        parts.append(gradient.value.cast(storage.dtype).reshaped([count]))
        if gap > 0 { parts.append(Value.scalar(0, storage.dtype).broadcast(to: [gap])) }
      } else {
        parts.append(Value.scalar(0, storage.dtype).broadcast(to: [count + gap]))
      }
    }
    return .concatenate(parts, axis: 0)
  }

  /// The pieces of a flat value that belong to each parameter, in its shape.
  func parts(of flat: Value) -> [(parameter: Parameter, gradient: Tensor)] {
    parameters.indices.map { index in
      let variable = storage.variables[index]
      let start = storage.offsets[index]
      let piece = flat.slice(axis: 0, start..<(start + variable.shape.elementCount))
      return (parameters[index], Tensor(piece.reshaped(variable.shape)))
    }
  }

  /// Ranges of equal neighbors.
  private static func runs(_ flags: [Double?]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var start = 0
    for index in flags.indices where index + 1 == flags.count || flags[index + 1] != flags[index] {
      result.append(start..<(index + 1))
      start = index + 1
    }
    return result
  }
}

extension Value {
  /// This value where a truth value holds, else another of the same type.
  func kept(when condition: Value?, else other: Value) -> Value {
    condition.map { $0.broadcast(to: shape).select(self, other) } ?? self
  }
}
