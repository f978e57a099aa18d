import ApusFixtures
import ApusGraph
import ApusNN
import ApusTensor
import Testing

@Suite struct ReshapingTests {
  private let x = Tensor(numbers: (0..<12).map(Float.init), [2, 2, 3])

  @Test func flattenJoinsAllButTheBatch() {
    #expect(Flatten()(x).shape == [2, 6])
    #expect(Flatten()(Tensor(numbers: [1, 2], [2])).shape == [2, 1])
  }

  @Test func reshapeFindsOneSize() throws {
    #expect(Reshape([3, 2])(x).shape == [2, 3, 2])
    #expect(Reshape([-1])(x).shape == [2, 6])
    #expect(Reshape([-1, 2])(x).shape == [2, 3, 2])
    for shape in [[4], [-1, 4], [-1, -1], [7]] as [Shape] {
      let error = #expect(throws: GraphError.self) { try Reshape(shape)(x).literal() }
      #expect(error?.problem.contains("6 elements") == true)
    }
  }

  @Test func permuteKeepsTheBatch() throws {
    let y = Permute([2, 1])(x)
    #expect(y.shape == [2, 3, 2])
    #expect(try y.doubles().prefix(6) == [0, 3, 1, 4, 2, 5])
    #expect(throws: GraphError.self) { try Permute([1])(x).literal() }
  }

  @Test func lambdaAndIdentity() throws {
    #expect(try Lambda { Tensor($0.value * 2) }(x).doubles() == x.doubles().map { $0 * 2 })
    #expect(try Identity()(x).doubles() == x.doubles())
  }

  @Test func paddingAndUpSampling() throws {
    let image = Tensor(numbers: [1, 2, 3, 4], [1, 2, 2, 1])
    #expect(
      try ZeroPadding2D(height: (0, 1), width: (1, 0))(image).doubles() == [0, 1, 2, 0, 3, 4, 0, 0, 0])
    #expect(ZeroPadding2D([1, 2])(image).shape == [1, 4, 6, 1])
    #expect(try UpSampling2D([1, 2])(image).doubles() == [1, 1, 2, 2, 3, 3, 4, 4])
    #expect(throws: GraphError.self) { try UpSampling2D(0)(image).literal() }
  }

  @Test func rescalingTakesBytes() throws {
    let bytes = Tensor(Literal([0, 255] as [UInt8], shape: [1, 2]))
    #expect(try Rescaling(2.0 / 255, offset: -1)(bytes).doubles() == [-1, 1])
  }
}

@Suite struct DropoutTests {
  private let ones = Tensor(numbers: [Float](repeating: 1, count: 10_000), [100, 100])

  @Test func doesNothingInInference() throws {
    #expect(try Dropout(0.5)(ones).doubles() == ones.doubles())
    #expect(try GaussianNoise(1)(ones).doubles() == ones.doubles())
  }

  @Test func dropsAtItsRateAndScales() throws {
    let y = try withRandomSeed(5) { try withPhase(.training) { try Dropout(0.25)(ones).doubles() } }
    let dropped = y.filter { $0 == 0 }.count
    // Five deviations of a binomial with 10,000 draws.
    #expect(abs(dropped - 2500) < 217)
    #expect(y.allSatisfy { $0 == 0 || abs($0 - 4.0 / 3) < 1e-6 })
  }

  @Test func seedsRepeatAndStepsDiffer() throws {
    func twice() throws -> [[Double]] {
      try withRandomSeed(5) {
        try withPhase(.training) { [try Dropout(0.5)(ones).doubles(), try Dropout(0.5)(ones).doubles()] }
      }
    }
    let first = try twice()
    #expect(try first == twice())
    #expect(first[0] != first[1])
  }

  @Test func spatialDropoutTakesWholeChannels() throws {
    let images = Tensor(numbers: [Float](repeating: 1, count: 8 * 9 * 50), [8, 3, 3, 50])
    let y = try withRandomSeed(2) { try withPhase(.training) { try SpatialDropout(0.5)(images).doubles() } }
    for sample in 0..<8 {
      for channel in 0..<50 {
        let values = Set((0..<9).map { y[(sample * 9 + $0) * 50 + channel] })
        #expect(values.count == 1)
      }
    }
    #expect(Set(y) == [0, 2])
  }

  @Test(arguments: [1, -0.1, 25.0]) func ratesOutOfRangeThrow(rate: Double) {
    let error = #expect(throws: GraphError.self) { try Dropout(rate)(ones).literal() }
    #expect(error?.kind == .argument)
  }
}

@Suite struct ActivationLayerTests {
  private static let named: [String: ActivationFunction] = [
    "relu": .relu, "relu6": .relu6, "leaky_relu": .leakyRelu, "elu": .elu, "selu": .selu, "celu": .celu,
    "gelu": .gelu, "gelu_tanh": .gelu(approximate: true), "silu": .silu, "mish": .mish,
    "softplus": .softplus, "softsign": .softsign, "squareplus": .squareplus, "linear": .linear,
    "sigmoid": .sigmoid, "hard_sigmoid": .hardSigmoid, "log_sigmoid": .logSigmoid, "hard_silu": .hardSilu,
    "tanh": .tanh, "hard_tanh": .hardTanh, "tanh_shrink": .tanhShrink, "soft_shrink": .softShrink,
    "hard_shrink": .hardShrink, "threshold": .threshold(0.5, -0.25), "sparse_plus": .sparsePlus,
    "sparse_sigmoid": .sparseSigmoid, "exponential": .exponential, "glu": .glu, "sparsemax": .sparsemax,
    "softmax_vector_axis-1": .softmax, "log_softmax_vector_axis-1": .logSoftmax,
  ]

  @Test(arguments: named.keys.sorted()) func everyNameIsItsFunction(name: String) throws {
    let test = try Fixture("activations")(name)
    let function = try #require(Self.named[name])
    #expect(try test.mismatch("output", Activation(function)(test.inputs[0].tensor)) == nil)
  }

  @Test func layersOfTheirOwn() throws {
    let x = Tensor(numbers: [-2, -0.5, 0, 3], [1, 4])
    #expect(try ReLU(maximum: 2)(x).doubles() == [0, 0, 0, 2])
    #expect(try ReLU(negativeSlope: 0.5)(x).doubles() == [-1, -0.25, 0, 3])
    #expect(difference(try LeakyReLU()(x).doubles(), from: [-0.6, -0.15, 0, 3]) == nil)
    #expect(try ELU()(x).doubles()[3] == 3)
    #expect(abs(try Softmax()(x).doubles().reduce(0, +) - 1) < 1e-6)
    let learned = PReLU(alphaInitializer: .constant(0.5))
    #expect(try learned(x).doubles() == [-1, -0.25, 0, 3])
    #expect(learned.alpha.shape == [4])
    let shared = PReLU(sharedAxes: [1, 2])
    try shared.build(inputShape: [5, 6, 3])
    #expect(shared.alpha.shape == [1, 1, 3])
    #expect(throws: GraphError.self) { try PReLU(sharedAxes: [2])(x).literal() }
  }
}

@Suite struct StandardizationTests {
  @Test func adaptsToItsData() throws {
    let layer = Normalization()
    let data = Tensor(numbers: [1, 5, 3, 5], [2, 2])
    #expect(try layer(data).doubles() == [1, 5, 3, 5])
    try layer.adapt(to: data)
    #expect(try layer(data).doubles() == [-1, 0, 1, 0])
    #expect(try layer.trainableParameterCount() == 0)
    #expect(try layer.namedLiterals().keys.sorted() == ["deviation", "mean"])
    let error = #expect(throws: GraphError.self) { try layer(Tensor(numbers: [1], [1, 1])).literal() }
    #expect(error?.problem.contains("expects 2 features") == true)
  }
}
