import ApusGraph
import ApusOpSamples
import Testing

struct RecurrenceGradientTests {
  private static let samples = OpSample.all.filter { if case .recurrence = $0.op { true } else { false } }

  @Test("Gradients of states and last state equal finite differences", arguments: samples)
  func gradientsEqualDifferences(_ sample: OpSample) throws {
    let check = GradientCheck(sample.inputs) { Array(Node.apply(sample.op, $0).prefix(2)) }
    #expect(try check.difference(order: 2) == nil)
  }

  @Test("A gradient that arrives at the last values only", arguments: samples)
  func lastValues(_ sample: OpSample) throws {
    guard case .recurrence(let spec) = sample.op else { return }
    let check = GradientCheck(sample.inputs) {
      Array(Node.apply(sample.op, $0)[1...(spec.cell == .lstm ? 2 : 1)])
    }
    #expect(try check.difference(order: 1) == nil)
  }

  @Test("One step and none", arguments: [0, 1])
  func shortLoops(_ length: Int) throws {
    var numbers = Numbers(seed: 31)
    let inputs = [
      numbers.uniform([length, 2, 12]), numbers.uniform([3, 12]), numbers.uniform([2, 3]),
      numbers.uniform([2, 3]),
    ]
    let check = GradientCheck(inputs) { Array(Node.apply(.recurrence(RecurrenceSpec(.lstm)), $0).prefix(3)) }
    #expect(try check.difference(order: 1) == nil)
  }

  @Test("The kernel's gradient is one product, without one for a start at zero")
  func kernelGradient() {
    let inputs = [
      Value.input(.float32, [5, 2, 12]), .input(.float32, [3, 12]),
      Value.scalar(0, .float32).broadcast(to: [2, 3]), .input(.float32, [2, 3]),
    ]
    let states = Node.apply(.recurrence(RecurrenceSpec(.lstm)), inputs)
    let slopes = gradients(of: states[1].sum(), withRespectTo: [inputs[1]])
    let ops = Graph.sorted(slopes).map(\.node.op)
    #expect(ops.filter { if case .dot = $0 { true } else { false } }.count == 1)
    #expect(!ops.contains { if case .scan = $0 { true } else { false } })
    #expect(!ops.contains { if case .pad = $0 { true } else { false } })
  }

  @Test("Operands that do not fit are refused with their place")
  func wrongOperands() {
    let projection = Value.input(.float32, [5, 2, 12]), kernel = Value.input(.float32, [3, 12])
    let row = Value.input(.float32, [2, 3])
    #expect(throws: GraphError.self) {
      try Node.applyChecked(.recurrence(RecurrenceSpec(.gru)), [projection, kernel, row, row])
    }
    #expect(throws: GraphError.self) {
      try Node.applyChecked(.recurrence(RecurrenceSpec(.lstm)), [projection, kernel, row])
    }
    do throws(GraphError) {
      _ = try Node.applyChecked(
        .recurrence(RecurrenceSpec(.lstm)), [projection, kernel, row, .input(.float32, [2, 4])])
      Issue.record("a cell of another width was taken")
    } catch {
      #expect(error.problem.contains("operand 3 must be float32[2, 3]"))
    }
  }
}
