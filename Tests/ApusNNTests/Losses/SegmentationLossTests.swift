import ApusFixtures
import ApusGraph
import ApusNN
import ApusTensor
import Testing

@Suite struct SegmentationLossTests {
  private static func loss(_ test: FixtureCase) -> Loss? {
    let ignored = test["ignored"].double.flatMap { $0 < 0 ? nil : Int($0) }
    let losses: [(String, Loss)] = [
      ("cross_entropy", .crossEntropy(ignoring: ignored)),
      ("weighted", .crossEntropy(ignoring: ignored, classWeights: [0.5, 2, 1])),
      ("focal", .focal(gamma: 2, ignoring: ignored)),
      ("dice", .dice(ignoring: ignored)),
      ("tversky", .tversky(falsePositives: 0.3, falseNegatives: 0.7, gamma: 0.75, ignoring: ignored)),
    ]
    return losses.first { test.name.hasPrefix($0.0) }?.1
  }

  @Test(arguments: try Fixture("segmentation").cases(startingWith: "").filter { loss($0) != nil })
  func resultsAndGradients(test: FixtureCase) throws {
    let loss = try #require(Self.loss(test))
    let logits = try test("input0").tensor, labels = try test("input1").tensor
    let result = loss(logits, labels).value
    if let failure = result.failure { throw failure }
    let total = result * (try test("grad_output").tensor.value)
    let gradient = gradients(of: total, withRespectTo: [logits.value])[0]
    #expect(try test.mismatch("output", Tensor(result)) == nil)
    #expect(try test.mismatch("grad_input0", Tensor(gradient)) == nil)
  }

  private let logits = Tensor(numbers: (0..<24).map { Float($0 % 7) - 3 }, [2, 2, 2, 3])
  private let labels = Tensor(Literal([0, 1, 2, 0, 1, 1, 2, 255] as [Int32], shape: [2, 2, 2]))

  @Test func sumsAddUp() throws {
    let entropy = Loss.crossEntropy(ignoring: 255), dice = Loss.dice(ignoring: 255)
    let both = Loss.sum([(entropy, 1), (dice, 0.5)])
    let expected = try entropy(logits, labels).doubles()[0] + dice(logits, labels).doubles()[0] / 2
    #expect(abs(try both(logits, labels).doubles()[0] - expected) < 1e-5)
    #expect(both.activation == .softmax && both.targetKind == .indices && both.ignoredLabel == 255)
    #expect(Loss.sum([(.crossEntropy, 1), (.huber, 1)])(logits, labels).failure?.kind == .argument)
    #expect(Loss.sum([(entropy, 1), (.dice(), 1)])(logits, labels).failure?.kind == .argument)
    #expect(Loss.sum([])(logits, labels).failure?.kind == .argument)
  }

  @Test func nothingKnownCostsNothing() throws {
    let unknown = Tensor(Literal([Int32](repeating: 255, count: 8), shape: [2, 2, 2]))
    for loss in [Loss.crossEntropy(ignoring: 255), .focal(ignoring: 255), .dice(ignoring: 255)] {
      #expect(try loss(logits, unknown).doubles() == [0])
    }
  }

  @Test func settingsHaveLimits() {
    for loss in [
      Loss.crossEntropy(ignoring: nil, classWeights: [1, 1]), .focal(gamma: 0.5), .dice(smoothing: 0),
      .crossEntropy(ignoring: nil, classWeights: [1, -1, 1]), .tversky(gamma: 0),
    ] {
      #expect(loss(logits, labels).failure?.kind == .argument)
    }
    // A label that is no class and is not ignored is never taken for one.
    #expect(throws: GraphError.self) { try Loss.focal()(logits, labels).literal() }
  }
}
