import ApusGraph
import Testing

@testable import ApusRuntime

/// What is attached to convolutions and normalizations, against the reference meaning and with each pass left out.
@Suite struct ConvolutionFusionTests {
  private static let passes = ["batchnorm", "pointwise", "fold", "epilogue"]

  private static func convolution(_ x: Value, _ w: Value, stride: Int = 1) -> Value {
    let side = (w.shape[0] - 1) / 2
    let spec = ConvolutionSpec(
      strides: [stride, stride], padsLow: [side, side], padsHigh: [side, side], dilations: [1, 1])
    return .apply(.convolution(spec, .none), [x, w])
  }

  private static func relu(_ x: Value) -> Value { .apply(.activation(.relu, alpha: 0), [x]) }

  private static func normalized(_ x: Value, _ gamma: Value, _ beta: Value) -> Value {
    Node.apply(.batchNorm(epsilon: 1e-3), [x, gamma, beta])[0]
  }

  private static func check(
    _ inputs: [Value], _ outputs: [Value], tolerance: Double = 2e-4,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [String] {
    let graph = Graph(inputs: inputs, outputs: outputs)
    let arguments = inputs.enumerated().map { OperationTests.literal(.float32, $1.shape, seed: $0, -1...1) }
    let expected = try Reference.evaluate(graph, inputs: arguments)
    var steps: [String] = []
    let combinations: [Set<String>] = [Set(passes)] + passes.map { [$0] } + [[]]
    for disabled in combinations {
      let program = try Program(graph, optimizations: Optimizations(disabled: disabled))
      let results = try outputs.map { try Literal.zeros($0.type) }
      try Engine.shared.run {
        try program.run(inputs: arguments.map(\.buffer.pointer), outputs: results.map(\.buffer.pointer))
      }
      for (index, (result, wanted)) in zip(results, expected).enumerated() {
        let largest = wanted.doubles.map(abs).max() ?? 0
        let distance = zip(result.doubles, wanted.doubles).map { abs($0 - $1) }.max() ?? 0
        #expect(
          distance <= tolerance * max(1, largest), "output \(index) without \(disabled)",
          sourceLocation: sourceLocation)
      }
      steps = program.stepNames
    }
    return steps
  }

  @Test func aKnownNormalizationGoesIntoTheConvolution() throws {
    let x = Value.input(.float32, [2, 6, 5, 3]), w = Value.input(.float32, [3, 3, 3, 8])
    let scale = Value.input(.float32, [8]), shift = Value.input(.float32, [8])
    let y = Self.relu(Self.convolution(x, w) * scale + shift)
    let steps = try Self.check([x, w, scale, shift], [y])
    #expect(steps.filter { $0 != "reorder" } == ["multiply", "convolution"])
  }

  @Test func aKnownNormalizationGoesIntoAMatrixProduct() throws {
    let x = Value.input(.float32, [7, 3]), w = Value.input(.float32, [8, 3])
    let scale = Value.input(.float32, [8]), shift = Value.input(.float32, [8])
    let y = x.matmul(w.transposed([1, 0])) * scale + shift
    #expect(try Self.check([x, w, scale, shift], [y]) == ["multiply", "matmul"])
  }

  @Test func aScaleStaysWhereTheResultIsReadTwice() throws {
    let x = Value.input(.float32, [7, 3]), w = Value.input(.float32, [3, 8]),
      scale = Value.input(.float32, [8])
    let product = x.matmul(w)
    #expect(try Self.check([x, w, scale], [product * scale, product]).count == 2)
  }

  @Test(arguments: [1, 3])
  func aResidualIsAddedByTheConvolution(window: Int) throws {
    let x = Value.input(.float32, [2, 4, 4, 8]), w = Value.input(.float32, [window, window, 8, 8])
    let b = Value.input(.float32, [8])
    let y = Self.relu(x + (Self.convolution(x, w) + b))
    #expect(try Self.check([x, w, b], [y]).filter { $0 != "reorder" } == ["convolution"])
  }

  @Test func aResidualIsAddedByTheMatrixProduct() throws {
    let x = Value.input(.float32, [3, 4, 8]), w = Value.input(.float32, [8, 8]),
      b = Value.input(.float32, [8])
    let product = x.dot(w, DotSpec(leftContract: [2], rightContract: [0]))
    #expect(try Self.check([x, w, b], [(product + b) + x]) == ["matmul"])
    let row = Value.input(.float32, [4, 8])
    #expect(try Self.check([x, w, row], [product + row]).count == 2)
    // Not by a product of several pairs of matrices.
    let pairs = Value.input(.float32, [3, 8, 8])
    #expect(try Self.check([x, pairs], [x.matmul(pairs) + x]).count == 2)
  }

  @Test func weightsThatStayAreTransformedOnce() throws {
    let x = Value.input(.float32, [2, 47, 45, 64]), w = Value.input(.float32, [3, 3, 64, 64])
    let b = Value.input(.float32, [64])
    let graph = Graph(inputs: [x, w, b], outputs: [Self.relu(x + (Self.convolution(x, w) + b))])
    let arguments = graph.inputs.enumerated().map {
      OperationTests.literal(.float32, $1.shape, seed: $0, -1...1)
    }
    func result(_ program: Program) throws -> Literal {
      let result = try Literal.zeros(x.type)
      try Engine.shared.run {
        try program.run(inputs: arguments.map(\.buffer.pointer), outputs: [result.buffer.pointer])
      }
      return result
    }
    let all = Optimizations()
    let program = try Program(graph, keeping: [1, 2], optimizations: all)
    #expect(program.preparationNames == ["winogradWeights"])
    #expect(program.stepNames == ["winograd"])
    let direct = try Program(graph, keeping: [1, 2], optimizations: Optimizations(disabled: ["winograd"]))
    #expect(direct.stepNames == ["convolution"])
    #expect(try Program(graph, optimizations: all).stepNames == ["winogradWeights", "winograd"])
    // Few tiles are not worth it.
    let small = Value.input(.float32, [1, 9, 6, 64])
    let few = try Program(
      Graph(inputs: [small, w], outputs: [Self.convolution(small, w)]), keeping: [1], optimizations: all)
    #expect(few.stepNames == ["convolution"])
    let pairs = zip(try result(program).doubles, try result(direct).doubles)
    #expect(pairs.map { abs($0 - $1) }.max() ?? 1 < 1e-3)
  }

  @Test func partsOfALargeBatchShareTheirWeights() throws {
    let x = Value.input(.float32, [4, 64, 64, 128])
    let w = Value.input(.float32, [3, 3, 128, 64]), v = Value.input(.float32, [1, 1, 64, 24])
    let graph = Graph(inputs: [x, w, v], outputs: [Self.convolution(Self.convolution(x, w), v)])
    let arguments = graph.inputs.enumerated().map {
      OperationTests.literal(.float32, $1.shape, seed: $0, -1...1)
    }
    func result(_ program: Program) throws -> [Double] {
      let result = try Literal.zeros(graph.outputs[0].type)
      try Engine.shared.run {
        try program.run(inputs: arguments.map(\.buffer.pointer), outputs: [result.buffer.pointer])
      }
      return result.doubles
    }
    let program = try Program(graph, keeping: [1, 2], optimizations: Optimizations())
    #expect(program.preparationNames.filter { $0 == "winogradWeights" }.count == 1)
    #expect(program.preparationNames.filter { $0 == "reorder" }.count <= 1)
    #expect(program.stepNames.filter { $0 == "winograd" }.count == 2)
    let whole = try Program(graph, keeping: [1, 2], optimizations: Optimizations(disabled: ["slices"]))
    #expect(whole.stepNames == ["winograd", "convolution"])
    #expect(zip(try result(program), try result(whole)).allSatisfy { abs($0 - $1) < 1e-2 })
  }

  /// Batch normalizations with a rectifier, beside and around a shortcut, and all gradients.
  @Test(arguments: [false, true])
  func aResidualBlock(changesShape: Bool) throws {
    let stride = changesShape ? 2 : 1, wide = changesShape ? 8 : 6
    let x = Value.input(.float32, [4, 6, 6, 6])
    let w1 = Value.input(.float32, [1, 1, 6, 4]), w2 = Value.input(.float32, [3, 3, 4, 4])
    let w3 = Value.input(.float32, [1, 1, 4, wide]), w4 = Value.input(.float32, [1, 1, 6, wide])
    let narrow = (0..<4).map { _ in Value.input(.float32, [4]) }
    let broad = (0..<4).map { _ in Value.input(.float32, [wide]) }
    let a = Self.relu(Self.normalized(Self.convolution(x, w1), narrow[0], narrow[1]))
    let b = Self.relu(Self.normalized(Self.convolution(a, w2, stride: stride), narrow[2], narrow[3]))
    let main = Self.normalized(Self.convolution(b, w3), broad[0], broad[1])
    let shortcut =
      changesShape ? Self.normalized(Self.convolution(x, w4, stride: stride), broad[2], broad[3]) : x
    let y = Self.relu(main + shortcut)
    let parameters =
      [x, w1, w2, w3] + narrow + broad.prefix(2) + (changesShape ? [w4] + broad.suffix(2) : [])
    let slopes = gradients(of: (y * y).sum(), withRespectTo: parameters)
    let steps = try Self.check(parameters, [y] + slopes, tolerance: 2e-3)
    #expect(steps.filter { $0 == "batchNormalize" }.count == 3)
    #expect(steps.filter { $0 == "batchNormGradient" }.count == (changesShape ? 4 : 3))
    #expect(!steps.contains("relu"))
    // Products of matrices: three convolutions of one element forward, of which one has a stride, and their gradients.
    #expect(steps.filter { $0 == "matmul" }.count == 6)
  }

  @Test func aNormalizationReadTwiceIsRectifiedByItself() throws {
    let x = Value.input(.float32, [9, 5]), gamma = Value.input(.float32, [5]),
      beta = Value.input(.float32, [5])
    let y = Self.normalized(x, gamma, beta)
    let rectified = Self.relu(y)
    let slopes = gradients(of: (rectified * y).sum(), withRespectTo: [x, gamma, beta])
    #expect(try Self.check([x, gamma, beta], [rectified] + slopes).contains("batchNorm"))
  }
}
