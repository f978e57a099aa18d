import ApusFixtures
import ApusGraph
import ApusNN
import ApusTensor
import Testing

@Suite struct MultiLabelMetricTests {
  private func measure(_ metric: Metric, _ x: Tensor, _ y: Tensor, weights: Tensor? = nil) throws
    -> MetricValue
  {
    let accumulator = MetricAccumulator(metric)
    for range in [0..<13, 13..<x.shape[0]] where range.upperBound <= x.shape[0] && !range.isEmpty {
      accumulator.update(
        prediction: Tensor(x.value.slice(axis: 0, range)), target: Tensor(y.value.slice(axis: 0, range)),
        weights: weights.map { Tensor($0.value.slice(axis: 0, range)) }, loss: .binaryCrossEntropy)
    }
    return try accumulator.value()
  }

  @Test func scoresAreScikitLearns() throws {
    let test = try Fixture("segmentation")("labels")
    let x = test.inputs[0].tensor, y = Tensor(try test("target").tensor.value.cast(.float32))
    #expect(abs(try measure(.hammingLoss(), x, y).number - (try test("hamming").doubles[0])) < 1e-6)
    #expect(
      abs(try measure(.subsetAccuracy(), x, y).number - (try test("subset_accuracy").doubles[0])) < 1e-6)
    let f1 = try measure(.labelF1(), x, y)
    #expect(abs(f1.number - (try test("f1_macro").doubles[0])) < 1e-6)
    #expect(difference(try #require(f1.table?.first), from: try test("f1").doubles) == nil)
    #expect(
      abs(try measure(.labelF1(average: .micro), x, y).number - (try test("f1_micro").doubles[0])) < 1e-6)
    let precision = try measure(.meanAveragePrecision(), x, y)
    #expect(abs(precision.number - (try test("mean_average_precision").doubles[0])) < 1e-6)
    #expect(
      difference(try #require(precision.table?.first), from: try test("average_precision").doubles) == nil)
    // Every sample twice is the same as with a weight of 2.
    let twos = Tensor(Literal([Float](repeating: 2, count: x.shape[0]), shape: [x.shape[0]]))
    for metric in [Metric.labelF1(), .meanAveragePrecision(), .hammingLoss()] {
      #expect(abs(try measure(metric, x, y, weights: twos).number - measure(metric, x, y).number) < 1e-6)
    }
  }

  @Test func thresholdsAreProbabilities() throws {
    let x = Tensor(numbers: [0, -1, 2, 1], [2, 2]), y = Tensor(numbers: [0, 0, 1, 1], [2, 2])
    func number(_ metric: Metric) throws -> Double {
      let accumulator = MetricAccumulator(metric)
      accumulator.update(prediction: x, target: y, loss: .binaryCrossEntropy)
      return try accumulator.value().number
    }
    #expect(try number(.subsetAccuracy(thresholds: [0.6, 0.6])) == 1)
    #expect(try number(.subsetAccuracy(thresholds: [0.4, 0.6])) == 0.5)
    #expect(try number(.hammingLoss(thresholds: [1, 0])) == 0.5)
    #expect(throws: GraphError.self) { try number(.subsetAccuracy(thresholds: [0.5])) }
    #expect(throws: GraphError.self) { try number(.meanAveragePrecision(capacity: 0)) }
  }

  @Test func vectorsAreRefused() {
    let x = Tensor(numbers: [1, 2], [2])
    for metric in [Metric.subsetAccuracy(), .labelF1(), .meanAveragePrecision()] {
      let accumulator = MetricAccumulator(metric)
      accumulator.update(prediction: x, target: x, loss: .binaryCrossEntropy)
      #expect(throws: GraphError.self) { try accumulator.value() }
    }
  }
}
