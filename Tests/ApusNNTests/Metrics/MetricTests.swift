import ApusFixtures
import ApusGraph
import ApusNN
import ApusTensor
import Testing

/// A metric over some batches.
private func measure(_ metric: Metric, _ batches: [(Tensor, Tensor)], loss: Loss?) throws -> MetricValue {
  let accumulator = MetricAccumulator(metric)
  for (prediction, target) in batches {
    accumulator.update(prediction: prediction, target: target, loss: loss)
  }
  return try accumulator.value()
}

/// A tensor cut in two along its first axis, so that metrics have to add up.
private func halves(_ tensor: Tensor) -> [Tensor] {
  let cut = tensor.shape[0] / 3
  return [0..<cut, cut..<tensor.shape[0]].map { Tensor(tensor.value.slice(axis: 0, $0)) }
}

@Suite struct MetricTests {
  @Test(arguments: try Fixture("metrics").cases(startingWith: "categorical"))
  func classes(test: FixtureCase) throws {
    let batches = Array(zip(halves(test.inputs[0].tensor), halves(try test("target").tensor)))
    func number(_ metric: Metric) throws -> Double {
      try measure(metric, batches, loss: .crossEntropy).number
    }
    #expect(abs(try number(.accuracy) - (try test("accuracy").doubles[0])) < 1e-6)
    #expect(abs(try number(.topK(2)) - (try test("top2").doubles[0])) < 1e-6)
    #expect(abs(try number(.precision) - (try test("precision_macro").doubles[0])) < 1e-6)
    #expect(abs(try number(.recall) - (try test("recall_macro").doubles[0])) < 1e-6)
    #expect(abs(try number(.f1) - (try test("f1_macro").doubles[0])) < 1e-6)
    #expect(abs(try number(.f1(average: .micro)) - (try test("accuracy").doubles[0])) < 1e-6)
    let matrix = try measure(.confusionMatrix, batches, loss: .crossEntropy)
    #expect(matrix.table?.flatMap { $0 } == (try test("confusion").doubles))
    #expect(abs(matrix.number - (try test("accuracy").doubles[0])) < 1e-6)
  }

  @Test func oneHotTargetsAreClassesToo() throws {
    let test = try Fixture("metrics")("categorical_few")
    let x = test.inputs[0].tensor, labels = try test("target").tensor
    let oneHot = labels.oneHot(classes: 3)
    for loss in [Loss.categoricalCrossEntropy, nil] {
      #expect(
        abs(try measure(.accuracy, [(x, oneHot)], loss: loss).number - (try test("accuracy").doubles[0]))
          < 1e-6)
    }
    #expect(
      abs(try measure(.accuracy, [(x, labels)], loss: nil).number - (try test("accuracy").doubles[0])) < 1e-6)
  }

  @Test(arguments: try Fixture("metrics").cases(startingWith: "binary"))
  func binary(test: FixtureCase) throws {
    let threshold = try #require(test["threshold"].double)
    let x = test.inputs[0].tensor
    let target = Tensor(try test("target").tensor.value.cast(.float32))
    func number(_ metric: Metric) throws -> Double {
      try measure(metric, [(x, target)], loss: .binaryCrossEntropy).number
    }
    #expect(abs(try number(.binaryAccuracy(threshold: threshold)) - (try test("accuracy").doubles[0])) < 1e-6)
    guard threshold == 0.5 else { return }
    #expect(abs(try number(.accuracy) - (try test("accuracy").doubles[0])) < 1e-6)
    #expect(abs(try number(.precision) - (try test("precision").doubles[0])) < 1e-6)
    #expect(abs(try number(.recall) - (try test("recall").doubles[0])) < 1e-6)
    #expect(abs(try number(.f1) - (try test("f1").doubles[0])) < 1e-6)
  }

  @Test func logitsAreDividedAtZero() throws {
    let logits = Tensor(numbers: [0.3, -0.2, 0.4, -3], [4]), target = Tensor(numbers: [1, 0, 0, 0], [4])
    #expect(try measure(.accuracy, [(logits, target)], loss: .binaryCrossEntropy).number == 0.75)
    #expect(try measure(.binaryAccuracy, [(logits, target)], loss: .binaryCrossEntropy).number == 0.75)
    #expect(try measure(.binaryAccuracy, [(logits, target)], loss: nil).number == 0.75)
    let signs = Tensor(numbers: [1, -1, -1, -1], [4])
    #expect(try measure(.accuracy, [(logits, signs)], loss: .hinge).number == 0.75)
  }

  @Test(arguments: try Fixture("metrics").cases(startingWith: "regression"))
  func regression(test: FixtureCase) throws {
    let batches = Array(zip(halves(test.inputs[0].tensor), halves(try test("target").tensor)))
    let metrics: [(String, Metric)] = [
      ("mean_squared_error", .meanSquaredError), ("root_mean_squared_error", .rootMeanSquaredError),
      ("mean_absolute_error", .meanAbsoluteError), ("r2", .r2),
    ]
    for (name, metric) in metrics {
      let number = try measure(metric, batches, loss: .meanSquaredError).number
      #expect(abs(number - (try test(name).doubles[0])) < 1e-5)
    }
  }

  @Test func weightsCount() throws {
    let x = Tensor(numbers: [1, 2, 3], [3]), y = Tensor(numbers: [1, 1, 1], [3])
    let weights = Tensor(numbers: [1, 0, 3], [3])
    let error = MetricAccumulator(.meanAbsoluteError)
    error.update(prediction: x, target: y, weights: weights, loss: .meanSquaredError)
    #expect(try error.value().number == 1.5)
    let accuracy = MetricAccumulator(.accuracy)
    let logits = Tensor(numbers: [1, 0, 1, 0, 0, 1], [3, 2])
    let labels = Tensor(Literal([0, 1, 1] as [Int32], shape: [3]))
    accuracy.update(prediction: logits, target: labels, weights: weights, loss: .crossEntropy)
    #expect(try accuracy.value().number == 1)
    let matrix = MetricAccumulator(.confusionMatrix)
    matrix.update(prediction: logits, target: labels, weights: weights, loss: .crossEntropy)
    #expect(try matrix.value().table == [[1, 0], [0, 3]])
  }

  /// `float32` has no number between 2^24 and 2^24 + 2: counts in it stay where they are.
  @Test func countsGoOnBeyondTwoToThe24th() throws {
    let many: Float = 16_777_216
    let logits = Tensor(numbers: [1, 0, 1, 0, 1, 0, 0, 1], [4, 2])
    let labels = Tensor(Literal([0, 0, 0, 0] as [Int32], shape: [4]))
    let weights = Tensor(numbers: [many, 1, 1, 1], [4])
    func weighted(_ metric: Metric, _ x: Tensor, _ y: Tensor, _ loss: Loss) throws -> MetricValue {
      let accumulator = MetricAccumulator(metric)
      accumulator.update(prediction: x, target: y, weights: weights, loss: loss)
      return try accumulator.value()
    }
    let right = Double(many) + 2
    #expect(
      try weighted(.confusionMatrix, logits, labels, .crossEntropy).table == [[right, 1], [0, 0]])
    for loss in [Loss.crossEntropy, .crossEntropy(ignoring: 9)] {
      #expect(try weighted(.accuracy, logits, labels, loss).number == right / (right + 1))
    }
    let scores = Tensor(numbers: [2, 2, 2, -2], [4, 1]), truth = Tensor(numbers: [1, 1, 1, 1], [4, 1])
    #expect(
      try weighted(.labelF1(), scores, truth, .binaryCrossEntropy).number == 2 * right / (2 * right + 1))
    let half = Tensor(numbers: [1, 1, 1, 0], [4, 1])
    // The one sample that is wrong scores lowest.
    #expect(try weighted(.areaUnderCurve(), scores, half, .binaryCrossEntropy).number == 1)
    #expect(try weighted(.meanAveragePrecision(), scores, half, .binaryCrossEntropy).number == 1)
  }

  @Test func labelsThatAreNoClassCountForNone() throws {
    let x = Tensor(numbers: [1, 0, 0, 1, 0, 1, 0, 1], [4, 2])
    let labels = Tensor(Literal([0, 255, 2, -1] as [Int32], shape: [4]))
    #expect(try measure(.confusionMatrix, [(x, labels)], loss: .crossEntropy).table == [[1, 0], [0, 0]])
  }

  @Test func yourOwnIsOneLine() throws {
    let metric = Metric("bias") { prediction, target in prediction - target }
    let x = Tensor(numbers: [1, 4], [2]), y = Tensor(numbers: [1, 2], [2])
    #expect(try measure(metric, [(x, y), (y, y)], loss: nil).number == 0.5)
  }

  @Test func epochsStartOver() throws {
    let accumulator = MetricAccumulator(.meanAbsoluteError)
    #expect(try accumulator.value().number.isNaN)
    let x = Tensor(numbers: [3], [1]), y = Tensor(numbers: [1], [1])
    accumulator.update(prediction: x, target: y)
    #expect(try accumulator.value().number == 2)
    accumulator.reset()
    accumulator.update(prediction: y, target: y)
    #expect(try accumulator.value().number == 0)
  }

  @Test func compiledStepsAddUp() throws {
    let accumulator = MetricAccumulator(.accuracy)
    let step = CompiledFunction { inputs in
      accumulator.update(prediction: inputs[0], target: inputs[1], loss: .crossEntropy)
      return [Tensor]()
    }
    let labels = Tensor(Literal([0, 1] as [Int32], shape: [2]))
    _ = try step([Tensor(numbers: [1, 0, 0, 1], [2, 2]), labels])
    _ = try step([Tensor(numbers: [0, 1, 0, 1], [2, 2]), labels])
    #expect(try accumulator.value().number == 0.75)
  }

  @Test func mismatchedMetricsThrow() throws {
    let x = Tensor(numbers: [1], [1])
    let error = #expect(throws: GraphError.self) { try measure(.accuracy, [(x, x)], loss: .meanSquaredError) }
    #expect(error?.advice?.contains("r2") == true)
  }
}
