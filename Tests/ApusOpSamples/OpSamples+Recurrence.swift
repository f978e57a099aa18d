import ApusGraph

extension OpSample {
  /// Every cell, forward and in reverse, with and without a mask: the loops and their gradients.
  static let recurrences: [OpSample] = {
    let (time, batch, units) = (3, 2, 2)
    var numbers = Numbers(seed: 19)
    let mask = Literal([true, true, true, false, false, true], shape: [time, batch])
    var samples: [OpSample] = []
    for (cell, reverse, isMasked) in [
      (RecurrenceSpec.Cell.simple, false, false), (.simple, true, true), (.gru, false, true),
      (.gru, true, false), (.lstm, false, false), (.lstm, true, true),
    ] {
      let columns = cell.gateCount * units
      let spec = RecurrenceSpec(cell, reverse: reverse, isMasked: isMasked)
      let kernel = numbers.uniform([units, columns], -1...1)
      func row() -> Literal { numbers.uniform([batch, units], -1...1) }
      func steps(_ width: Int) -> Literal { numbers.uniform([time, batch, width], -1...1) }
      let label = (reverse ? "in reverse" : "") + (isMasked ? " with a mask" : "")
      var operands = [steps(columns), kernel, row()]
      if cell == .lstm { operands.append(row()) }
      if cell == .gru { operands.append(numbers.uniform([columns], -1...1)) }
      samples.append(OpSample(.recurrence(spec), operands + (isMasked ? [mask] : []), label))
      operands = [kernel, steps(columns)]
      if cell != .simple { operands.append(steps(units)) }
      if cell == .gru { operands.append(steps(units)) }
      operands += (0..<(cell == .simple ? 1 : cell == .gru ? 2 : 3)).map { _ in row() }
      if isMasked { operands.append(mask) }
      if reverse { operands.append(steps(units)) }
      let gradient = RecurrenceGradientSpec(spec, hasStateGradients: reverse)
      samples.append(OpSample(.recurrenceGradient(gradient), operands, label))
    }
    return samples
  }()
}
