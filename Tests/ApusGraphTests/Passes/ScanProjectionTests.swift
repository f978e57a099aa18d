import ApusGraph
import ApusOpSamples
import Testing

struct ScanProjectionTests {
  private func scans(_ graph: Graph) -> [ScanSpec] {
    graph.vertices.compactMap { if case .scan(let spec) = $0.node.op { spec } else { nil } }
  }

  private func products(_ graph: Graph) -> Int {
    graph.vertices.filter { if case .dot = $0.node.op { true } else { false } }.count
  }

  /// The graph before and after on the same inputs.
  private func isSame(_ graph: Graph, _ other: Graph, _ inputs: [Literal]) throws -> Bool {
    let before = try Reference.evaluate(graph, inputs: inputs)
    let after = try Reference.evaluate(other, inputs: inputs)
    return zip(before, after).allSatisfy { before, after in
      before.shape == after.shape
        && zip(before.doubles, after.doubles).allSatisfy { abs($0 - $1) < 1e-12 }
    }
  }

  /// h ← tanh(h U + σ(x) W + b), stacking h, σ(x) W + b and something that is not read.
  private func recurrent(_ inputs: [Value], length: Int = 4, reverse: Bool = false) -> [Value] {
    let types = [TensorType(.float64, [3, 2]), TensorType(.float64, [3, 5])] + inputs[2...].map(\.type)
    let arguments = types.map { Value.input($0.dtype, $0.shape) }
    let projected = arguments[1].logistic().matmul(arguments[2]) + arguments[4]
    let next = (projected + arguments[0].matmul(arguments[3])).tanh()
    let body = Graph(inputs: arguments, outputs: [next, next, projected, next * 2])
    return Node.apply(
      .scan(ScanSpec(body: body, length: length, carryCount: 1, sequenceCount: 1, reverse: reverse)), inputs)
  }

  private static let literals: [Literal] = {
    var numbers = Numbers(seed: 41)
    return [[3, 2], [4, 3, 5], [5, 2], [2, 2], [2]].map { numbers.uniform($0, -1...1) }
  }()

  @Test("A product with a slice and a constant leaves the loop, with its bias", arguments: [false, true])
  func inputProjection(_ reverse: Bool) throws {
    let inputs = Self.literals.map { Value.input($0.dtype, $0.shape) }
    let results = recurrent(inputs, reverse: reverse)
    let graph = Graph(inputs: inputs, outputs: [results[0], results[1], results[2]])
    let projected = ScanProjection.apply(graph)
    let scan = try #require(scans(projected).first)
    #expect(products(scan.body) == 1)
    #expect(products(projected) == 1)
    // The sequence, W and b are no longer read inside, and what leaves the loop is stacked already.
    #expect(scan.sequenceCount == 1 && scan.body.inputs.count == 3 && scan.body.outputs.count == 2)
    #expect(try isSame(graph, projected, Self.literals))
    #expect(ScanProjection.apply(projected) === projected)
  }

  @Test("A training step: one product outside forward, and nothing that depends on the state leaves")
  func trainingStep() throws {
    let inputs = Self.literals.map { Value.input($0.dtype, $0.shape) }
    let slopes = gradients(of: recurrent(inputs)[0].sum(), withRespectTo: inputs)
    let graph = ScanMerging.apply(Graph(inputs: inputs, outputs: slopes))
    let projected = ScanProjection.apply(graph)
    // The gradient's loop keeps both of its products: they wait for the state's gradient.
    #expect(scans(projected).map { products($0.body) } == [1, 2])
    #expect(try isSame(graph, projected, Self.literals))
  }

  @Test("Batched, turned and transposed products")
  func generalProducts() throws {
    var numbers = Numbers(seed: 42)
    let state = Value.input(.float64, [2, 3, 4]), slice = Value.input(.float64, [3, 2, 5])
    let weight = Value.input(.float64, [4, 2, 5])
    // [2, 3, 4] with the axis of size 2 as a batch, once with the slice on the left, once on the right.
    let left = slice.dot(
      weight, DotSpec(leftBatch: [1], rightBatch: [1], leftContract: [2], rightContract: [2]))
    let right = weight.dot(
      slice, DotSpec(leftBatch: [1], rightBatch: [1], leftContract: [2], rightContract: [2])
    ).transposed([0, 2, 1])
    let next = (state + left * right.reshaped([2, 12]).reshaped([2, 3, 4])).tanh()
    let body = Graph(inputs: [state, slice, weight], outputs: [next])
    let inputs = [numbers.uniform([2, 3, 4]), numbers.uniform([3, 3, 2, 5]), numbers.uniform([4, 2, 5])]
    let values = inputs.map { Value.input($0.dtype, $0.shape) }
    let graph = Graph(
      inputs: values,
      outputs: Node.apply(.scan(ScanSpec(body: body, length: 3, carryCount: 1, sequenceCount: 1)), values))
    let projected = ScanProjection.apply(graph)
    #expect(scans(projected).map { products($0.body) } == [0])
    #expect(try isSame(graph, projected, inputs))
  }

  @Test("Results that nobody reads are left out; a loop without products stays as it is")
  func unreadResults() throws {
    let state = Value.input(.float64, [2]), slice = Value.input(.float64, [2])
    let body = Graph(inputs: [state, slice], outputs: [state * slice, state.tanh(), slice + 1])
    let inputs = [Value.input(.float64, [2]), Value.input(.float64, [3, 2])]
    let results = Node.apply(
      .scan(ScanSpec(body: body, length: 3, carryCount: 1, sequenceCount: 1)), inputs)
    let all = Graph(inputs: inputs, outputs: results)
    #expect(ScanProjection.apply(all) === all)
    let some = ScanProjection.apply(Graph(inputs: inputs, outputs: [results[0], results[2]]))
    #expect(scans(some).map(\.body.outputs.count) == [2])
  }

  @Test func noSteps() throws {
    var literals = Self.literals
    literals[1] = Literal([Double](), shape: [0, 3, 5])
    let inputs = literals.map { Value.input($0.dtype, $0.shape) }
    let graph = Graph(inputs: inputs, outputs: Array(recurrent(inputs, length: 0).prefix(3)))
    #expect(try isSame(graph, ScanProjection.apply(graph), literals))
  }
}
