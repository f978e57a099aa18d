import ApusFixtures
import ApusGraph
import ApusNN
import ApusTensor
import Testing

@Suite struct RankingTests {
  private func measure(
    _ metric: Metric, _ scores: Tensor, _ truth: Tensor, weights: Tensor? = nil, loss: Loss? = nil
  ) throws -> Double {
    let accumulator = MetricAccumulator(metric)
    for range in [0..<13, 13..<scores.shape[0]] {
      accumulator.update(
        prediction: Tensor(scores.value.slice(axis: 0, range)),
        target: Tensor(truth.value.slice(axis: 0, range)),
        weights: weights.map { Tensor($0.value.slice(axis: 0, range)) }, loss: loss)
    }
    return try accumulator.value().number
  }

  @Test(arguments: try Fixture("ranking").cases(startingWith: ""))
  func rawScoresAreRankedAsByScikitLearn(test: FixtureCase) throws {
    let scores = test.inputs[0].tensor, truth = try test("target").tensor,
      weights = try test("weights").tensor
    let columns = (scores.expandedDimensions(axis: 1), truth.expandedDimensions(axis: 1))
    // Saturated probabilities would tie what logits tell apart.
    for loss in [Loss.binaryCrossEntropy, nil] {
      #expect(
        abs(try measure(.areaUnderCurve(), scores, truth, loss: loss) - (try test("auc").doubles[0])) < 1e-6)
      #expect(
        abs(
          try measure(.areaUnderCurve(), scores, truth, weights: weights, loss: loss)
            - (try test("auc_weighted").doubles[0])) < 1e-6)
      #expect(
        abs(
          try measure(.meanAveragePrecision(), columns.0, columns.1, loss: loss)
            - (try test("average_precision").doubles[0])) < 1e-6)
      #expect(
        abs(
          try measure(.meanAveragePrecision(), columns.0, columns.1, weights: weights, loss: loss)
            - (try test("average_precision_weighted").doubles[0])) < 1e-6)
    }
  }

  @Test func outputsAreRankedTogetherAndWeightedBySample() throws {
    let scores = Tensor(numbers: [3, -2, 5, 9], [2, 2]), truth = Tensor(numbers: [1, 0, 0, 1], [2, 2])
    let accumulator = MetricAccumulator(.areaUnderCurve())
    accumulator.update(prediction: scores, target: truth, weights: Tensor(numbers: [1, 3], [2]))
    // Pairs: 3 > −2 (1 · 1), 3 < 5 (1 · 3), 9 > −2 (3 · 1), 9 > 5 (3 · 3).
    #expect(try accumulator.value().number == 13.0 / 16)
  }

  @Test func moreThanFitsIsAnError() throws {
    let x = Tensor(numbers: [1, 2, 3], [3]), y = Tensor(numbers: [0, 1, 1], [3])
    let accumulator = MetricAccumulator(.areaUnderCurve(capacity: 5))
    accumulator.update(prediction: x, target: y)
    #expect(try accumulator.value().number == 1)
    accumulator.update(prediction: x, target: y)
    let error = #expect(throws: GraphError.self) { try accumulator.value() }
    #expect(error?.advice?.contains("capacity: 6") == true)
    accumulator.reset()
    accumulator.update(prediction: x, target: y)
    #expect(try accumulator.value().number == 1)
    for metric in [Metric.areaUnderCurve(capacity: 0), .areaUnderCurve(capacity: 2)] {
      let small = MetricAccumulator(metric)
      small.update(prediction: x, target: y)
      #expect(throws: GraphError.self) { try small.value() }
    }
  }

  @Test func whatHasNoRanksIsNotANumber() throws {
    let x = Tensor(numbers: [1, .nan], [2]), y = Tensor(numbers: [0, 1], [2])
    let ones = Tensor(numbers: [1, 1], [2])
    for (scores, truth) in [(x, y), (y, ones)] {
      let accumulator = MetricAccumulator(.areaUnderCurve())
      accumulator.update(prediction: scores, target: truth)
      #expect(try accumulator.value().number.isNaN)
    }
  }

  @Test func compiledStepsKeepTheirScores() throws {
    let accumulator = MetricAccumulator(.areaUnderCurve())
    let step = CompiledFunction { inputs in
      accumulator.update(prediction: inputs[0], target: inputs[1], loss: .binaryCrossEntropy)
      return [Tensor]()
    }
    _ = try step([Tensor(numbers: [-40, 60], [2]), Tensor(numbers: [0, 1], [2])])
    _ = try step([Tensor(numbers: [50, -70], [2]), Tensor(numbers: [0, 1], [2])])
    #expect(try accumulator.value().number == 0.5)
    let resumed = MetricAccumulator(.areaUnderCurve())
    resumed.restore(try accumulator.variables.map { try $0.tensor.literal() })
    #expect(try resumed.value().number == 0.5)
  }
}
