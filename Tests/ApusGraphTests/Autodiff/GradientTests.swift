import ApusGraph
import ApusOpSamples
import Testing

struct GradientTests {
  private let x = Value.constant(reals([1, -2, 3]))

  @Test func aValueUsedTwiceGetsBothGradients() throws {
    let slope = gradients(of: (x * x + x).sum(), withRespectTo: [x])[0]
    #expect(try evaluate(slope)[0].doubles == [3, -3, 7])
  }

  @Test func targetsMayLieBehindOneAnother() throws {
    let y = x * 2, z = y.squared()
    let slopes = gradients(of: z.sum(), withRespectTo: [z, y, x])
    #expect(try evaluate(slopes[0])[0].doubles == [1, 1, 1])
    #expect(try evaluate(slopes[1])[0].doubles == [4, -8, 12])
    #expect(try evaluate(slopes[2])[0].doubles == [8, -16, 24])
  }

  @Test func theOutputItselfMayBeATarget() throws {
    let loss = x.sum()
    #expect(try evaluate(gradients(of: loss, withRespectTo: [loss])[0])[0].doubles == [1])
  }

  @Test func whatTheOutputDoesNotDependOnGetsZeros() throws {
    let other = Value.constant(reals([1, 2]))
    let slope = gradients(of: x.sum(), withRespectTo: [other])[0]
    #expect(try evaluate(slope)[0].doubles == [0, 0])
  }

  @Test func stopGradientStops() throws {
    let held = Value.apply(.stopGradient, [x])
    let slope = gradients(of: (held * x).sum(), withRespectTo: [x])[0]
    #expect(try evaluate(slope)[0].doubles == [1, -2, 3])
  }

  @Test func computedValuesAreLeaves() throws {
    let y = x * 2
    y.node.materialize(0, reals([2, -4, 6]))
    let slopes = gradients(of: y.squared().sum(), withRespectTo: [y, x])
    #expect(try evaluate(slopes[0])[0].doubles == [4, -8, 12])
    #expect(try evaluate(slopes[1])[0].doubles == [0, 0, 0])
  }

  @Test func seedsWeighOutputs() throws {
    let seeds: [Value?] = [.constant(reals([1, 10, 100])), nil]
    let slope = gradients(of: [x.squared(), x.sum()], seeds: seeds, withRespectTo: [x])[0]
    #expect(try evaluate(slope)[0].doubles == [3, -39, 601])
  }

  @Test func tiesShareTheGradient() throws {
    let y = Value.constant(reals([1, 0, 3]))
    let slopes = gradients(of: x.maximum(y).sum(), withRespectTo: [x, y])
    #expect(try evaluate(slopes[0])[0].doubles == [0.5, 0, 0.5])
    #expect(try evaluate(slopes[1])[0].doubles == [0.5, 1, 0.5])
    let top = Value.constant(reals([4, 1, 4, 4]))
    let slope = gradients(of: top.reduced(.maximum) * 3, withRespectTo: [top])[0]
    #expect(try evaluate(slope)[0].doubles == [1, 0, 1, 1])
  }

  @Test func powersOfZeroAndOfNegativesHaveFiniteGradients() throws {
    let base = Value.constant(reals([0, -2, 0, -2])), exponent = Value.constant(reals([0, 2, 2, 3]))
    let slopes = gradients(of: base.power(exponent).sum(), withRespectTo: [base, exponent])
    #expect(try evaluate(slopes[0])[0].doubles == [0, -4, 0, 12])
    #expect(try evaluate(slopes[1])[0].doubles == [0, 0, 0, 0])
  }

  @Test("The gradients of the pieces of a value are joined, not padded and added")
  func piecesAreJoined() throws {
    let parts = [2..<3, 0..<2].map { x.slice(axis: 0, $0) }
    let slope = gradients(of: parts[0].squared().sum() + parts[1].sum(), withRespectTo: [x])[0]
    #expect(try evaluate(slope)[0].doubles == [1, 1, 6])
    #expect(slope.node.op == .concatenate(axis: 0))
    // Pieces that overlap or leave gaps are added.
    let overlapping = x.slice(axis: 0, 0..<2).sum() + x.slice(axis: 0, 1..<3).sum()
    #expect(try evaluate(gradients(of: overlapping, withRespectTo: [x])[0])[0].doubles == [1, 2, 1])
    let gap = x.slice(axis: 0, 0..<1).sum() + x.slice(axis: 0, 2..<3).sum()
    #expect(try evaluate(gradients(of: gap, withRespectTo: [x])[0])[0].doubles == [1, 0, 1])
  }

  @Test func customGradientReplacesTheRealOne() throws {
    let rounded = x.unary(.round)
    let straightThrough = CustomGradient(argumentCount: 1) { _, _, gradients in [gradients[0] * 5] }
    let y = Value.apply(.customGradient(straightThrough), [x, rounded])
    #expect(try evaluate(gradients(of: y.sum(), withRespectTo: [x])[0])[0].doubles == [5, 5, 5])
    let wrong = CustomGradient(argumentCount: 1) { _, _, _ in [] }
    let z = Value.apply(.customGradient(wrong), [x, rounded])
    let failure = try #require(gradients(of: z.sum(), withRespectTo: [x])[0].failure)
    #expect(failure.kind == .gradient && failure.problem.contains("0 gradients for 1 arguments"))
  }

  @Test("A rule that gives the wrong shape is named")
  func wrongShapesAreNamed() throws {
    let wrong = CustomGradient(argumentCount: 1) { _, _, gradients in [gradients[0].sum()] }
    let y = Value.apply(.customGradient(wrong), [x, x])
    let failure = try #require(gradients(of: y.sum(), withRespectTo: [x])[0].failure)
    #expect(failure.operation == "customGradient")
    #expect(failure.problem.contains("float64[]") && failure.problem.contains("float64[3]"))
  }

  @Test func errorsAreFailedValues() throws {
    func failure(_ output: Value, seed: Value? = nil, _ target: Value) throws -> GraphError {
      try #require(gradients(of: output, seed: seed, withRespectTo: [target])[0].failure)
    }
    let notScalar = try failure(x * 2, x)
    #expect(
      notScalar.kind == .gradient && notScalar.problem.contains("[3]")
        && notScalar.advice?.contains(".mean()") == true)
    let integers = Value.constant(indices([1, 2]))
    #expect(try failure(x.sum(), integers).problem.contains("int32[2]"))
    #expect(try failure(integers.sum(), x).kind == .gradient)
    #expect(try failure(x * 2, seed: x.sum(), x).kind == .shape)
    #expect(gradients(of: [x.sum()], seeds: [], withRespectTo: [x])[0].failure?.kind == .argument)
    let broken = x + Value.constant(reals([1, 2]))
    #expect(try failure(broken.sum(), x).kind == .shape)
  }

  @Test func loopsOfUnknownLengthSaySo() throws {
    let state = Value.input(.float64, .scalar)
    let loop = Op.whileLoop(
      condition: Graph(inputs: [state], outputs: [state.compare(.less, state.splat(5))]),
      body: Graph(inputs: [state], outputs: [state * 2]))
    let start = Value.constant(reals([1], .scalar))
    let failure = try #require(
      gradients(of: Value.apply(loop, [start]) * 2, withRespectTo: [start])[0].failure)
    #expect(failure.kind == .gradient && failure.advice?.contains("scan") == true)
  }

  @Test("Batch statistics have gradients of their own")
  func batchStatistics() throws {
    var numbers = Numbers(seed: 31)
    let inputs = [numbers.uniform([4, 3]), numbers.uniform([3]), numbers.uniform([3])]
    for op in [Op.batchNorm(epsilon: 1e-3), .layerNorm(epsilon: 1e-3)] {
      let check = GradientCheck(inputs) { Array(Node.apply(op, $0)[1...]) }
      #expect(try check.difference(order: 2) == nil)
    }
  }

  @Test("A negative slope's gradient is found from the input")
  func negativeSlopes() throws {
    var numbers = Numbers(seed: 32)
    for kind in [ActivationKind.leakyRelu, .elu] {
      let check = GradientCheck([numbers.spread([9])]) { [.apply(.activation(kind, alpha: -0.3), $0)] }
      #expect(try check.difference(order: 1) == nil)
    }
  }

  @Test("A gradient penalty: the gradient of a gradient's norm")
  func gradientPenalty() throws {
    var numbers = Numbers(seed: 33)
    let check = GradientCheck([numbers.uniform([2, 3]), numbers.uniform([3, 4]), numbers.uniform([4])]) {
      inputs in
      let hidden = Value.apply(.activation(.gelu, alpha: 0), [inputs[0].matmul(inputs[1]) + inputs[2]])
      let slope = gradients(of: hidden.squared().sum(), withRespectTo: [inputs[0]])[0]
      return [(slope.squared().sum(axes: [1]) + 1e-3).sqrt()]
    }
    #expect(try check.difference(order: 2) == nil)
  }

  @Test("Gradients carry the origin of the operation they belong to")
  func origins() {
    let origin = Origin(layerPath: "block.dense", file: "Model.swift", line: 12)
    let y = Origin.$current.withValue(origin) { x.unary(.sin) }
    let slope = gradients(of: y.sum(), withRespectTo: [x])[0]
    #expect(slope.node.origin == origin)
  }

  @Test("Chains of tens of thousands of operations are no problem")
  func longChains() throws {
    var y = x
    for _ in 0..<20_000 { y = y * 1.0 + x }
    let slope = gradients(of: y.sum(), withRespectTo: [x])[0]
    #expect(try evaluate(slope)[0].doubles == [20_001, 20_001, 20_001])
  }
}
