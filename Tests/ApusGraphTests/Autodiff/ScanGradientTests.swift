import ApusGraph
import ApusOpSamples
import Testing

struct ScanGradientTests {
  /// A long short-term memory cell over 4 steps: carries h and c, a sequence x, constants W, U and b.
  private static func lstm(_ inputs: [Value], reverse: Bool = false) -> [Value] {
    let types =
      [TensorType(.float64, [3, 2]), TensorType(.float64, [3, 2]), TensorType(.float64, [3, 5])]
      + inputs[3...].map(\.type)
    let arguments = types.map { Value.input($0.dtype, $0.shape) }
    let (h, c, x) = (arguments[0], arguments[1], arguments[2])
    let gates = x.matmul(arguments[3]) + h.matmul(arguments[4]) + arguments[5]
    let parts = (0..<4).map { gates.slice(axis: 1, 2 * $0..<2 * $0 + 2) }
    let cell = parts[1].logistic() * c + parts[0].logistic() * parts[2].tanh()
    let hidden = parts[3].logistic() * cell.tanh()
    let body = Graph(inputs: arguments, outputs: [hidden, cell, hidden])
    return Node.apply(
      .scan(ScanSpec(body: body, length: 4, carryCount: 2, sequenceCount: 1, reverse: reverse)), inputs)
  }

  private static let lstmInputs: [Literal] = {
    var numbers = Numbers(seed: 21)
    return [[3, 2], [3, 2], [4, 3, 5], [5, 8], [2, 8], [8]].map { numbers.uniform($0, -1...1) }
  }()

  /// The operations of a graph, those of loop bodies apart.
  private func ops(_ values: [Value]) -> [Op] { Graph.sorted(values).map(\.node.op) }

  private func scans(_ values: [Value]) -> [ScanSpec] {
    ops(values).compactMap { if case .scan(let spec) = $0 { spec } else { nil } }
  }

  @Test("An LSTM's gradients equal finite differences", arguments: [false, true])
  func lstmGradients(reverse: Bool) throws {
    let check = GradientCheck(Self.lstmInputs) { Self.lstm($0, reverse: reverse) }
    #expect(try check.difference(order: 1) == nil)
  }

  @Test func lstmSecondDerivatives() throws {
    let check = GradientCheck(Self.lstmInputs, differentiated: [0, 4, 5]) { Self.lstm($0) }
    #expect(try check.difference(order: 2) == nil)
  }

  @Test("Weight gradients are one product over all steps")
  func weightGradientsLeaveTheLoop() throws {
    let inputs = Self.lstmInputs.map { Value.constant($0) }
    let targets = Array(inputs[2...])
    let slopes = gradients(of: Self.lstm(inputs)[2].sum(), withRespectTo: targets)
    let backward = try #require(scans(slopes).first { $0.reverse })
    // Only the gradients of h and c are carried; no weight is added up step by step.
    #expect(backward.carryCount == 2)
    let products = backward.body.vertices.filter { if case .dot = $0.node.op { true } else { false } }
    #expect(products.count == 1, "only the gradient of h needs a product in each step")
    let outside = ops(slopes).filter { if case .dot = $0 { true } else { false } }
    #expect(outside.count == 3, "W, U and the sequence")
    // The pieces of the gates' gradient are put side by side, not padded and added.
    #expect(!backward.body.vertices.contains { if case .pad = $0.node.op { true } else { false } })
    // Residuals that do not change from step to step are not stacked.
    #expect(backward.sequenceCount < 12)
  }

  @Test("The loop and the copy that its gradient reads become one")
  func merging() throws {
    let inputs = Self.lstmInputs.map { Value.input($0.dtype, $0.shape) }
    let results = Self.lstm(inputs)
    let slopes = gradients(of: results[2].sum(), withRespectTo: inputs)
    let graph = Graph(inputs: inputs, outputs: [results[0], results[2]] + slopes)
    #expect(scans(graph.outputs).count == 3)
    let merged = ScanMerging.apply(graph)
    #expect(scans(merged.outputs).count == 2)
    let before = try Reference.evaluate(graph, inputs: Self.lstmInputs)
    let after = try Reference.evaluate(merged, inputs: Self.lstmInputs)
    #expect(before.map(\.doubles) == after.map(\.doubles))
    let plain = Graph(inputs: inputs, outputs: results)
    #expect(ScanMerging.apply(plain) === plain)
  }

  @Test("A carry that is no real number and constants of the body take no gradient")
  func mixedCarries() throws {
    var numbers = Numbers(seed: 22)
    let types = [
      TensorType(.int64, .scalar), TensorType(.float64, [2]), TensorType(.int32, [1]),
      TensorType(.float64, [4, 2]),
      TensorType(.int64, .scalar),
    ]
    let step = types.map { Value.input($0.dtype, $0.shape) }
    let row = step[3].gather(step[2], axis: 0).reshaped([2])
    let dropped = Value.apply(.dropout(rate: 0.3), [row, step[4], step[0]])
    let scale = Value.constant(reals([0.5, 1.5]))
    let next = (step[1] * scale + dropped).tanh()
    let body = Graph(inputs: step, outputs: [step[0] + 1, next, next.sum(), step[0]])
    let inputs = [
      int64(4), numbers.uniform([2]), indices([0, 3, 3], [3, 1]), numbers.uniform([4, 2]), int64(2),
    ]
    let check = GradientCheck(inputs) {
      Node.apply(.scan(ScanSpec(body: body, length: 3, carryCount: 2, sequenceCount: 1)), $0)
    }
    #expect(try check.difference(order: 2) == nil)
  }

  @Test("A start that needs no gradient is carried all the same when a constant flows through it")
  func constantThroughCarry() throws {
    var numbers = Numbers(seed: 23)
    let state = Value.input(.float64, [3]), weight = Value.input(.float64, [3])
    let body = Graph(inputs: [state, weight], outputs: [(state * weight + weight.squared()).unary(.sin)])
    let inputs = [numbers.uniform([3]), numbers.uniform([3])]
    let check = GradientCheck(inputs, differentiated: [1]) {
      Node.apply(.scan(ScanSpec(body: body, length: 5, carryCount: 1, sequenceCount: 0)), $0)
    }
    #expect(try check.difference(order: 2) == nil)
  }

  @Test("A loop within a loop")
  func nested() throws {
    var numbers = Numbers(seed: 24)
    let inner = Value.input(.float64, [2]), weight = Value.input(.float64, [2, 2])
    let innerBody = Graph(
      inputs: [inner, weight], outputs: [inner.expanded(axis: 0).matmul(weight).reshaped([2]).tanh()])
    let outer = Value.input(.float64, [2]), element = Value.input(.float64, [2])
    let outerWeight = Value.input(.float64, [2, 2])
    let result = Value.apply(
      .scan(ScanSpec(body: innerBody, length: 2, carryCount: 1, sequenceCount: 0)),
      [outer + element, outerWeight])
    let body = Graph(inputs: [outer, element, outerWeight], outputs: [result, result.squared()])
    let inputs = [numbers.uniform([2]), numbers.uniform([3, 2]), numbers.uniform([2, 2])]
    let check = GradientCheck(inputs) {
      Node.apply(.scan(ScanSpec(body: body, length: 3, carryCount: 1, sequenceCount: 1)), $0)
    }
    #expect(try check.difference(order: 2) == nil)
  }

  @Test("Convolution, transposed and joined weights leave the loop too")
  func linearPieces() throws {
    var numbers = Numbers(seed: 25)
    let state = Value.input(.float64, [1, 4, 2]), kernel = Value.input(.float64, [3, 2, 2])
    let mixing = Value.input(.float64, [2, 4]), bias = Value.input(.float64, [2])
    let spec = ConvolutionSpec(strides: [1], padsLow: [1], padsHigh: [1], dilations: [1])
    let first = mixing.slice(axis: 1, 0..<2), second = mixing.slice(axis: 1, 2..<4).transposed([1, 0])
    let flat = state.reshaped([4, 2])
    let mixed = (flat.matmul(first) + flat.tanh().matmul(second)).reshaped([1, 4, 2])
    let next = (Value.apply(.convolution(spec, .none), [state, kernel]) + mixed + bias).tanh()
    let body = Graph(inputs: [state, kernel, mixing, bias], outputs: [next])
    let scan = ScanSpec(body: body, length: 3, carryCount: 1, sequenceCount: 0)
    let inputs = [
      numbers.uniform([1, 4, 2]), numbers.uniform([3, 2, 2], -0.5...0.5),
      numbers.uniform([2, 4], -0.5...0.5),
      numbers.uniform([2]),
    ]
    let check = GradientCheck(inputs) { Node.apply(.scan(scan), $0) }
    #expect(try check.difference(order: 1) == nil)
    let constants = inputs.map { Value.constant($0) }
    let slopes = gradients(of: Node.apply(.scan(scan), constants)[0].sum(), withRespectTo: constants)
    #expect(
      scans(slopes).first { $0.reverse }?.carryCount == 1, "no constant is added up step by step")
  }
}
