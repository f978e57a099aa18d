import ApusFixtures
import ApusGraph
import ApusNN
import ApusTensor
import Testing

@Suite struct LossTests {
  /// The loss that a case is about; nil for what Apus leaves out (losses of probabilities).
  private static func loss(_ test: FixtureCase) -> Loss? {
    let smoothing = test["label_smoothing"].double ?? 0
    if test.name.contains("from_probabilities") { return nil }
    let families: [(String, Loss)] = [
      ("sparse_cross_entropy", .crossEntropy(labelSmoothing: smoothing)),
      ("cross_entropy", .categoricalCrossEntropy(labelSmoothing: smoothing)),
      ("binary_cross_entropy", .binaryCrossEntropy(labelSmoothing: smoothing)),
      ("hinge", .hinge), ("squared_hinge", .squaredHinge), ("categorical_hinge", .categoricalHinge),
      ("mean_squared_error", .meanSquaredError), ("mean_absolute_error", .meanAbsoluteError),
      ("huber", .huber(delta: test["delta"].double ?? 1)), ("log_cosh", .logCosh),
      ("cosine_similarity", .cosineSimilarity),
      ("mean_absolute_percentage_error", .meanAbsolutePercentageError),
      ("mean_squared_logarithmic_error", .meanSquaredLogarithmicError),
      ("kullback_leibler", .klDivergence), ("poisson", .poisson),
    ]
    return families.first { test.name.hasPrefix($0.0) }?.1
  }

  @Test(arguments: try Fixture("losses").cases(startingWith: "").filter { loss($0) != nil })
  func resultsAndGradients(test: FixtureCase) throws {
    let loss = try #require(Self.loss(test))
    let prediction = try test("input0").tensor, target = try test("target").tensor
    let weights = test.tensors["weight"]?.tensor
    let result: Value
    switch test["reduction"].string {
    case "none": result = loss.perSample(prediction, target).value
    case "sum": result = loss.perSample(prediction, target).value.sum()
    case "weighted_mean":
      let weights = try #require(weights).value
      result = (loss.perSample(prediction, target).value * weights).sum() / weights.sum()
    default: result = loss(prediction, target, weights: weights).value
    }
    if let failure = result.failure { throw failure }
    let total = (result * (try test("grad_output").tensor.value)).sum()
    let gradient = gradients(of: total, withRespectTo: [prediction.value])[0]
    #expect(try test.mismatch("output", Tensor(result)) == nil)
    #expect(try test.mismatch("grad_input0", Tensor(gradient)) == nil)
  }

  @Test func yourOwnIsOneLine() throws {
    let loss = Loss("cubic") { prediction, target in power(abs(prediction - target), 3) }
    let x = Tensor(numbers: [1, 2, 3, 5], [2, 2]), y = Tensor(numbers: [1, 1, 1, 1], [2, 2])
    #expect(try loss.perSample(x, y).doubles() == [0.5, 36])
    #expect(try loss(x, y).doubles() == [18.25])
    #expect(try loss(x, y, weights: Tensor(numbers: [2, 0], [2])).doubles() == [0.5])
  }

  @Test func onlyATrailingOneIsSqueezed() throws {
    let column = Tensor(numbers: [1, 2, 3], [3, 1]), vector = Tensor(numbers: [1, 2, 5], [3])
    #expect(abs(try Loss.meanSquaredError(column, vector).doubles()[0] - 4.0 / 3) < 1e-6)
    #expect(abs(try Loss.meanSquaredError(vector, column).doubles()[0] - 4.0 / 3) < 1e-6)
    let row = Tensor(numbers: [1, 2, 3], [1, 3])
    let error = #expect(throws: GraphError.self) { try Loss.meanSquaredError(row, vector).literal() }
    #expect(error?.problem == "predictions of shape [1, 3] need targets of the same shape, got [3]")
  }

  @Test(arguments: [3, -1] as [Int32]) func labelsOutOfRangeThrow(label: Int32) throws {
    let logits = Tensor(numbers: [0, 1, 2, 2, 1, 0], [2, 3])
    let labels = Tensor(Literal([0, label] as [Int32], shape: [2]))
    let error = #expect(throws: GraphError.self) { try Loss.crossEntropy(logits, labels).literal() }
    #expect(error?.kind == .index)
    #expect(error?.problem.contains("\(label)") == true)
  }

  @Test func targetsOfTheWrongKindGetAHint() throws {
    let logits = Tensor(numbers: [0, 1, 2, 2, 1, 0], [2, 3])
    let oneHot = Tensor(numbers: [0, 1, 0, 1, 0, 0], [2, 3])
    let first = #expect(throws: GraphError.self) { try Loss.crossEntropy(logits, oneHot).literal() }
    #expect(first?.advice?.contains("one-hot") == true)
    let indices = Tensor(Literal([0, 1] as [Int32], shape: [2]))
    let second = #expect(throws: GraphError.self) {
      try Loss.categoricalCrossEntropy(logits, indices).literal()
    }
    #expect(second?.advice?.contains(".crossEntropy") == true)
    let reals = #expect(throws: GraphError.self) {
      try Loss.crossEntropy(logits, Tensor(numbers: [0, 1], [2])).literal()
    }
    #expect(reals?.kind == .dtype)
    let single = #expect(throws: GraphError.self) {
      try Loss.crossEntropy(Tensor(numbers: [0, 1], [2, 1]), indices).literal()
    }
    #expect(single?.advice?.contains("binaryCrossEntropy") == true)
  }

  @Test func labelsMayBeBytesOrColumns() throws {
    let logits = Tensor(numbers: [0, 1, 2, 2, 1, 0], [2, 3])
    let expected = try Loss.crossEntropy(logits, Tensor(Literal([2, 0] as [Int32], shape: [2]))).doubles()
    #expect(
      try Loss.crossEntropy(logits, Tensor(Literal([2, 0] as [UInt8], shape: [2, 1]))).doubles() == expected)
    #expect(
      try Loss.crossEntropy(logits, Tensor(Literal([2, 0] as [Int64], shape: [2]))).doubles() == expected)
  }

  @Test func positivesCanCountMore() throws {
    let x = Tensor(numbers: [0.3, -1.2], [2]), y = Tensor(numbers: [1, 0], [2])
    let plain = try Loss.binaryCrossEntropy.perSample(x, y).doubles()
    let weighted = try Loss.binaryCrossEntropy(positiveWeight: 3).perSample(x, y).doubles()
    #expect(difference(weighted, from: [3 * plain[0], plain[1]]) == nil)
  }

  @Test func lossesKnowTheirActivation() throws {
    let logits = Tensor(numbers: [0, 0], [1, 2])
    #expect(try Loss.crossEntropy.decoded(logits).doubles() == [0.5, 0.5])
    #expect(try Loss.binaryCrossEntropy.decoded(logits).doubles() == [0.5, 0.5])
    #expect(try Loss.meanSquaredError.decoded(logits).doubles() == [0, 0])
  }

  @Test func smoothingHasLimits() {
    let x = Tensor(numbers: [1, 2], [1, 2])
    for loss in [Loss.categoricalCrossEntropy(labelSmoothing: 2), .binaryCrossEntropy(labelSmoothing: -1)] {
      #expect(loss(x, x).failure?.kind == .argument)
    }
  }

  @Test func wrongWeightsThrow() throws {
    let x = Tensor(numbers: [1, 2], [2])
    let error = #expect(throws: GraphError.self) {
      try Loss.meanSquaredError(x, x, weights: Tensor(numbers: [1, 2, 3], [3])).literal()
    }
    #expect(error?.problem.contains("one weight for each of the 2 samples") == true)
  }
}

@Suite struct LossDiagnosticsTests {
  @Test func probabilitiesAreNoticed() {
    let rows = Literal([0.2, 0.3, 0.5, 0.9, 0.1, 0] as [Float], shape: [2, 3])
    #expect(Loss.crossEntropy.diagnose(prediction: rows).first?.message.contains("softmax") == true)
    #expect(Loss.meanSquaredError.diagnose(prediction: rows).isEmpty)
    let logits = Literal([0.2, 0.3, 0.7, 0.9, 0.1, 0] as [Float], shape: [2, 3])
    #expect(Loss.crossEntropy.diagnose(prediction: logits).isEmpty)
    let many = Literal((0..<20).map { Float($0) / 20 }, shape: [20])
    #expect(Loss.binaryCrossEntropy.diagnose(prediction: many).count == 1)
    let mixed = Literal((0..<20).map { Float($0) / 5 - 1 }, shape: [20])
    #expect(Loss.binaryCrossEntropy.diagnose(prediction: mixed).isEmpty)
  }
}
