import ApusGraph
import ApusKernels
import Testing

@testable import ApusRuntime

/// Recurrent loops by their own kernel, as scans, and as the reference interpreter understands them.
@Suite struct RecurrenceTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let spec: RecurrenceSpec
    let time: Int, batch: Int, units: Int
    /// Whether the loss looks at all states, or at the last only.
    let usesStates: Bool
    var testDescription: String {
      "\(spec.cell) time \(time) batch \(batch) units \(units) reverse \(spec.reverse) masked \(spec.isMasked)"
    }
  }

  /// Units of less than one vector, of some panels, of some and a piece; rows for one register tile and for several.
  private static let cases: [Case] = RecurrenceSpec.Cell.allCases.flatMap { cell -> [Case] in
    [
      Case(spec: RecurrenceSpec(cell), time: 4, batch: 3, units: 5, usesStates: true),
      Case(
        spec: RecurrenceSpec(cell, reverse: true, isMasked: true), time: 3, batch: 2, units: 19,
        usesStates: true),
      Case(spec: RecurrenceSpec(cell, isMasked: true), time: 3, batch: 9, units: 131, usesStates: false),
      Case(spec: RecurrenceSpec(cell, reverse: true), time: 2, batch: 25, units: 64, usesStates: false),
      Case(spec: RecurrenceSpec(cell), time: 1, batch: 1, units: 1, usesStates: false),
    ]
  }

  /// A training step's graph: results, then gradients of everything.
  private func graph(_ c: Case) -> (graph: Graph, inputs: [Literal]) {
    let columns = c.spec.cell.gateCount * c.units
    var types = [
      TensorType(.float32, [c.time, c.batch, columns]), TensorType(.float32, [c.units, columns]),
      TensorType(.float32, [c.batch, c.units]),
    ]
    if c.spec.cell == .lstm { types.append(types[2]) }
    if c.spec.cell == .gru { types.append(TensorType(.float32, [columns])) }
    if c.spec.isMasked { types.append(TensorType(.bool, [c.time, c.batch])) }
    let inputs = types.enumerated().map { index, type in
      OperationTests.literal(type.dtype, type.shape, seed: index, index == 1 ? -0.3...0.3 : -2...2)
    }
    let values = types.map { Value.input($0.dtype, $0.shape) }
    let results = Array(Node.apply(.recurrence(c.spec), values).prefix(c.spec.cell == .lstm ? 3 : 2))
    let used = c.usesStates ? results : Array(results.dropFirst())
    let slopes = gradients(
      of: used, seeds: used.map { $0 * 0.5 + 1 }, withRespectTo: values.filter { $0.dtype.isFloating })
    return (Graph(inputs: values, outputs: used + slopes), inputs)
  }

  private func run(_ graph: Graph, _ inputs: [Literal], disabled: Set<String> = []) throws -> [Literal] {
    let program = try Program(graph, optimizations: Optimizations(disabled: disabled))
    let results = try graph.outputs.map { try Literal.zeros($0.type) }
    try Engine.shared.run {
      try program.run(inputs: inputs.map(\.buffer.pointer), outputs: results.map(\.buffer.pointer))
    }
    return results
  }

  @Test("The kernel, the scan and the reference agree, whatever the number of threads", arguments: cases)
  func agreement(_ c: Case) throws {
    let (graph, inputs) = graph(c)
    let expected = try Reference.evaluate(graph, inputs: inputs)
    let fused = try run(graph, inputs)
    let unfused = try run(graph, inputs, disabled: ["recurrence"])
    for results in [fused, unfused] {
      for (index, (found, wanted)) in zip(results, expected).enumerated() {
        let worst = zip(found.doubles, wanted.doubles).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? 0
        #expect(worst < 1e-4, "output \(index)")
      }
    }
    let before = apus_thread_count()
    defer { apus_set_thread_count(before) }
    apus_set_thread_count(1)
    let serial = try run(graph, inputs)
    #expect(serial.map(\.doubles) == fused.map(\.doubles))
  }

  @Test("The plan is the same for ten steps and a thousand")
  func compileTimeDoesNotDependOnLength() throws {
    let plans = try [10, 1000].map { time in
      try Program(
        graph(Case(spec: RecurrenceSpec(.lstm), time: time, batch: 2, units: 4, usesStates: true)).graph
      ).stepNames.count
    }
    #expect(plans[0] == plans[1])
  }

  @Test("Inference keeps neither gates nor states that nobody asks for")
  func inferenceKeepsLittle() throws {
    let c = Case(spec: RecurrenceSpec(.lstm), time: 400, batch: 4, units: 16, usesStates: false)
    let training = try Program(graph(c).graph, optimizations: Optimizations())
    let whole = graph(c).graph
    let inference = try Program(
      Graph(inputs: whole.inputs, outputs: Array(whole.outputs.prefix(2))), optimizations: Optimizations())
    #expect(training.arenaByteCount > 4 * inference.arenaByteCount)
  }
}
