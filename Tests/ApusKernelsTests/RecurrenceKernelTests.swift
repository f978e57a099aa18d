import ApusKernels
import Foundation
import Testing

/// The loops over time of recurrent layers beside the cells' formulas, a number at a time in double precision.
struct RecurrenceKernelTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var cell: Int, time: Int, batch: Int, units: Int
    var reverse = false, isMasked = false

    var gates: Int { [1, 3, 4][cell] }
    var testDescription: String {
      "\(["simple", "GRU", "LSTM"][cell]) \(time)x\(batch)x\(units)\(reverse ? " reverse" : "")"
        + (isMasked ? " masked" : "")
    }
  }

  /// Units of less than a vector, of panels and a piece; rows of several tiles; enough work for two threads.
  private static let cases: [Case] = [0, 1, 2].flatMap { cell in
    [
      Case(cell: cell, time: 1, batch: 1, units: 1),
      Case(cell: cell, time: 5, batch: 3, units: 7),
      Case(cell: cell, time: 4, batch: 2, units: 19, reverse: true, isMasked: true),
      Case(cell: cell, time: 3, batch: 17, units: 70, isMasked: true),
    ]
  }

  /// What goes in, as the kernels want it.
  private struct Input {
    let projection: [Float], kernel: [Float], bias: [Float], state: [Float], cell: [Float], mask: [UInt8]

    init(_ c: Case) {
      var random = SplitMix(state: UInt64(c.cell * 7 + c.units))
      projection = random.floats(c.time * c.batch * c.gates * c.units, in: -2...2)
      kernel = random.floats(c.units * c.gates * c.units, in: -0.4...0.4)
      bias = random.floats(c.gates * c.units)
      state = random.floats(c.batch * c.units)
      cell = random.floats(c.batch * c.units)
      // A row of steps that are left out, and some here and there.
      mask = (0..<c.time * c.batch).map { $0 % c.batch == 1 || $0 % 3 == 1 ? 0 : 1 }
    }
  }

  private struct Output: Equatable {
    var states: [Float] = [], lastState: [Float] = [], lastCell: [Float] = [], gates: [Float] = []
    var cells: [Float] = []
  }

  private func sizes(_ c: Case, _ threads: Int32) -> apus_recurrence_sizes {
    apus_recurrence_sizes(
      time: Int64(c.time), batch: Int64(c.batch), units: Int64(c.units), cell: Int32(c.cell),
      reverse: c.reverse ? 1 : 0, threads: threads)
  }

  private func forward(_ c: Case, _ input: Input, threads: Int32, keeps: Bool = true) -> Output {
    let memory = [input.projection, input.kernel, input.bias, input.state, input.cell].map {
      KernelMemory($0)
    }
    let mask = KernelMemory(input.mask)
    let rows = c.batch * c.units
    let states = KernelMemory(repeating: Float.nan, count: c.time * rows)
    let cells = KernelMemory(repeating: Float.nan, count: c.time * rows)
    let gates = KernelMemory(repeating: Float.nan, count: c.time * rows * c.gates)
    let last = KernelMemory(repeating: Float.nan, count: rows)
    let lastCell = KernelMemory(repeating: Float.nan, count: rows)
    var context = apus_recurrence_context()
    context.sizes = sizes(c, threads)
    let scratch = KernelMemory(repeating: UInt8(0), count: Int(apus_recurrence_scratch_bytes(&context.sizes)))
    context.projection = memory[0].constant
    context.kernel = memory[1].constant
    context.recurrent_bias = c.cell == 1 ? memory[2].constant : nil
    context.initial_state = memory[3].constant
    context.initial_cell = c.cell == 2 ? memory[4].constant : nil
    context.mask = c.isMasked ? mask.constant : nil
    context.states = keeps ? states.raw : nil
    context.last_state = last.raw
    context.last_cell = c.cell == 2 ? lastCell.raw : nil
    context.gates = keeps && c.cell != 0 ? gates.raw : nil
    context.cells = keeps && c.cell != 0 ? cells.raw : nil
    context.scratch = scratch.raw
    #expect(run(apus_recurrence, &context) == 0)
    return Output(
      states: keeps ? states.array : [], lastState: last.array, lastCell: c.cell == 2 ? lastCell.array : [],
      gates: keeps && c.cell != 0 ? gates.array : [], cells: keeps && c.cell != 0 ? cells.array : [])
  }

  /// The states of all steps and the last of an LSTM's cells, from the formulas.
  private func expected(_ c: Case, projection: [Double], _ input: Input) -> (states: [Double], cell: [Double])
  {
    var states = [Double](repeating: 0, count: c.time * c.batch * c.units),
      finalCell = input.cell.map(Double.init)
    let columns = c.gates * c.units
    func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    for row in 0..<c.batch {
      var h = input.state[row * c.units..<(row + 1) * c.units].map(Double.init)
      var cell = input.cell[row * c.units..<(row + 1) * c.units].map(Double.init)
      for index in 0..<c.time {
        let step = c.reverse ? c.time - 1 - index : index
        if !c.isMasked || input.mask[step * c.batch + row] != 0 {
          let before = h
          func sum(_ gate: Int, _ unit: Int) -> (projected: Double, recurrent: Double) {
            let column = gate * c.units + unit
            let recurrent = (0..<c.units).reduce(0.0) {
              $0 + before[$1] * Double(input.kernel[$1 * columns + column])
            }
            return (projection[(step * c.batch + row) * columns + column], recurrent)
          }
          for unit in 0..<c.units {
            let parts = (0..<c.gates).map { sum($0, unit) }
            let inner = parts.map { $0.projected + $0.recurrent }
            switch c.cell {
            case 0: h[unit] = tanh(inner[0])
            case 1:
              let bias = (0..<3).map { Double(input.bias[$0 * c.units + unit]) }
              let update = logistic(inner[0] + bias[0]), reset = logistic(inner[1] + bias[1])
              let candidate = tanh(parts[2].projected + reset * (parts[2].recurrent + bias[2]))
              h[unit] = update * before[unit] + (1 - update) * candidate
            default:
              cell[unit] = logistic(inner[1]) * cell[unit] + logistic(inner[0]) * tanh(inner[2])
              h[unit] = logistic(inner[3]) * tanh(cell[unit])
            }
          }
        }
        states.replaceSubrange(
          (step * c.batch + row) * c.units..<(step * c.batch + row + 1) * c.units, with: h)
      }
      finalCell.replaceSubrange(row * c.units..<(row + 1) * c.units, with: cell)
    }
    return (states, finalCell)
  }

  @Test(arguments: cases) func statesFollowTheFormulas(_ c: Case) {
    let input = Input(c), output = forward(c, input, threads: 1)
    let (states, cell) = expected(c, projection: input.projection.map(Double.init), input)
    #expect(distance(output.states.map(Double.init), states) < 2e-6)
    let last = c.reverse ? 0 : c.time - 1, rows = c.batch * c.units
    #expect(output.lastState == Array(output.states[last * rows..<(last + 1) * rows]))
    if c.cell == 2 { #expect(distance(output.lastCell.map(Double.init), cell) < 2e-6) }
  }

  @Test(arguments: cases) func threadsAndWhatIsKeptChangeNoBit(_ c: Case) {
    let input = Input(c), one = forward(c, input, threads: 1)
    #expect(forward(c, input, threads: 2) == one)
    let last = forward(c, input, threads: 2, keeps: false)
    #expect(last.lastState == one.lastState && last.lastCell == one.lastCell)
  }

  /// The projection's gradient of a sum of states, weighted, beside differences of the formulas.
  @Test(arguments: cases) func gradientsAreSlopes(_ c: Case) {
    let input = Input(c), kept = forward(c, input, threads: 1), rows = c.batch * c.units
    var random = SplitMix(state: 5)
    let weights = random.floats(c.time * rows)
    func gradient(threads: Int32) -> (projection: [Float], state: [Float]) {
      let memory = [
        input.kernel, kept.states, input.state, input.cell, kept.gates, kept.cells, weights,
        [Float](repeating: 0, count: rows),
      ].map { KernelMemory($0) }
      let mask = KernelMemory(input.mask)
      let slopes = KernelMemory(repeating: Float.nan, count: c.time * rows * c.gates)
      let candidates = KernelMemory(repeating: Float.nan, count: c.time * rows)
      let state = KernelMemory(repeating: Float.nan, count: rows)
      let cell = KernelMemory(repeating: Float.nan, count: rows)
      var context = apus_recurrence_gradient_context()
      context.sizes = sizes(c, threads)
      let scratch = KernelMemory(
        repeating: UInt8(0), count: Int(apus_recurrence_gradient_scratch_bytes(&context.sizes)))
      context.kernel = memory[0].constant
      context.states = c.cell == 2 ? nil : memory[1].constant
      context.initial_state = c.cell == 1 ? memory[2].constant : nil
      context.initial_cell = c.cell == 2 ? memory[3].constant : nil
      context.gates = c.cell == 0 ? nil : memory[4].constant
      context.cells = c.cell == 0 ? nil : memory[5].constant
      context.mask = c.isMasked ? mask.constant : nil
      context.state_gradients = memory[6].constant
      context.last_state_gradient = memory[7].constant
      context.last_cell_gradient = c.cell == 2 ? memory[7].constant : nil
      context.projection_gradient = slopes.raw
      context.candidate_gradient = c.cell == 1 ? candidates.raw : nil
      context.initial_state_gradient = state.raw
      context.initial_cell_gradient = c.cell == 2 ? cell.raw : nil
      context.scratch = scratch.raw
      #expect(run(apus_recurrence_gradient, &context) == 0)
      return (slopes.array, state.array)
    }
    let one = gradient(threads: 1), two = gradient(threads: 2)
    #expect(one.projection == two.projection && one.state == two.state)

    func loss(_ projection: [Double]) -> Double {
      zip(expected(c, projection: projection, input).states, weights).reduce(0) { $0 + $1.0 * Double($1.1) }
    }
    let base = input.projection.map(Double.init), width = 1e-4
    // Some numbers of every step; all of them would take long.
    for index in stride(from: 0, to: base.count, by: max(1, base.count / 13)) {
      var high = base, low = base
      high[index] += width
      low[index] -= width
      let slope = (loss(high) - loss(low)) / (2 * width)
      #expect(abs(Double(one.projection[index]) - slope) < 1e-5 * max(1, abs(slope)), "number \(index)")
    }
  }
}
