import ApusFixtures
import ApusGraph
import ApusNN
import ApusTensor
import Testing

@Suite struct SegmentationMetricTests {
  private func measure(_ metric: Metric, _ batches: [(Tensor, Tensor)], ignoring: Int?) throws -> MetricValue
  {
    let accumulator = MetricAccumulator(metric)
    for (prediction, target) in batches {
      accumulator.update(prediction: prediction, target: target, loss: .crossEntropy(ignoring: ignoring))
    }
    return try accumulator.value()
  }

  @Test(arguments: try Fixture("segmentation").cases(startingWith: "scores"))
  func scoresOverAllBatches(test: FixtureCase) throws {
    let ignored = test["ignored"].double.flatMap { $0 < 0 ? nil : Int($0) }
    let x = test.inputs[0].tensor, labels = try test("target").tensor
    let batches = (0..<2).map { index in
      (
        Tensor(x.value.slice(axis: 0, index..<index + 1)),
        Tensor(labels.value.slice(axis: 0, index..<index + 1))
      )
    }
    func value(_ metric: Metric) throws -> MetricValue { try measure(metric, batches, ignoring: ignored) }
    let mean = try value(.meanIntersectionOverUnion)
    #expect(abs(mean.number - (try test("mean_iou").doubles[0])) < 1e-6)
    #expect(difference(try #require(mean.table?.first), from: try test("iou").doubles) == nil)
    #expect(abs(try value(.intersectionOverUnion(class: 1)).number - (try test("iou").doubles[1])) < 1e-6)
    #expect(abs(try value(.diceScore).number - (try test("dice").doubles[0])) < 1e-6)
    #expect(abs(try value(.accuracy).number - (try test("accuracy").doubles[0])) < 1e-6)
    #expect(abs(try value(.confusionMatrix).number - (try test("accuracy").doubles[0])) < 1e-6)
  }

  @Test func classesThatAreNowhereAreLeftOut() throws {
    let x = Tensor(numbers: [2, 1, 0, 2, 1, 0], [1, 2, 1, 3]),
      labels = Tensor(Literal([0, 0] as [Int32], shape: [1, 2, 1]))
    let value = try measure(.meanIntersectionOverUnion, [(x, labels)], ignoring: nil)
    #expect(value.number == 1 && value.table?[0][0] == 1 && value.table?[0][2].isNaN == true)
    #expect(try measure(.intersectionOverUnion(class: 2), [(x, labels)], ignoring: nil).number.isNaN)
  }

  @Test func samplesWeighAsTheyShould() throws {
    let x = Tensor(numbers: [2, 1, 0, 1, 2, 1], [3, 2]),
      labels = Tensor(Literal([0, 0, 9] as [Int32], shape: [3]))
    let accumulator = MetricAccumulator(.accuracy)
    accumulator.update(
      prediction: x, target: labels, weights: Tensor(numbers: [3, 1, 5], [3]),
      loss: .crossEntropy(ignoring: 9))
    #expect(try accumulator.value().number == 0.75)
  }
}
