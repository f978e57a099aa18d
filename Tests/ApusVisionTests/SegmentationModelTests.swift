import ApusGraph
import ApusNN
import ApusTensor
import Testing

@testable import ApusVision

@Suite struct SegmentationModelTests {
  private func encoder(_ shape: Shape = [64, 32, 3], pooling: VisionHead.Pooling? = nil) throws -> VisionModel
  {
    try VisionModel(.mobileNetV2(width: 0.35), inputShape: shape, includeTop: false, pooling: pooling)
  }

  @Test func joinsEveryHalvingAndLearns() throws {
    let model = try SegmentationModel(encoder: encoder(), classes: 3, decoderFilters: [16, 8])
    let maps = try model.joinedLayers.map { name in
      try #require(model.encoder.network.nodes.first { $0.name == name }).outputShape
    }
    #expect(maps.map { $0[0] } == [32, 16, 8, 4] && maps.map { $0[1] } == [16, 8, 4, 2])
    try model.build(inputShape: [64, 32, 3], seed: 1)
    let names = try model.parameters().map(\.name)
    #expect(names.contains("decoder0.first.kernel") && names.contains("classifier.bias"))
    #expect(names.contains { $0.hasPrefix("encoder.") })

    try model.encoder.freeze()
    let pictures = RandomSource(seed: 2).normal([2, 64, 32, 3])
    let labels = Tensor(Literal((0..<4096).map { Int32($0 / 5 % 3) }, shape: [2, 64, 32]))
    let optimizer = Optimizer.adam(learningRate: 0.01)
    var losses: [Double] = []
    for _ in 0..<4 {
      let (loss, gradients) = try valueAndGradient(at: model) { Loss.crossEntropy($0(pictures), labels) }
      #expect(gradients.parameters.allSatisfy { !$0.name.hasPrefix("encoder.") })
      losses.append(try loss.literal().doubles[0])
      try optimizer.update(model, gradients)
    }
    #expect(losses[3] < losses[0] && model(pictures).shape == [2, 64, 32, 3])
  }

  @Test func statisticsFollowWithinFewSteps() throws {
    // What an encoder gives may be far from mean 0 and deviation 1.
    let block = DecoderBlock(filters: 4)
    let features = RandomSource(seed: 2).normal([2, 3, 3, 5]) * 30 + 10
    let learned = try withPhase(.training) { try block(features, joining: nil).literal().doubles }
    for _ in 0..<44 {
      _ = try withPhase(.training) { try block(features, joining: nil).literal() }
      for norm in [block.firstNorm, block.secondNorm] { _ = try norm.movingVariance.tensor.literal() }
    }
    // Nothing but running statistics has changed: with them the block answers as in training.
    let asked = try block(features, joining: nil).literal().doubles
    let distance = zip(learned, asked).map { abs($0 - $1) }.max() ?? .infinity
    #expect(distance < 0.1 && learned.contains { $0 > 1 })
  }

  @Test func whatDoesNotHalveIsRefused() throws {
    #expect(throws: GraphError.self) {
      try SegmentationModel(encoder: encoder(pooling: .average), classes: 2)
    }
    #expect(throws: GraphError.self) { try SegmentationModel(encoder: encoder([72, 32, 3]), classes: 2) }
    #expect(throws: GraphError.self) { try SegmentationModel(encoder: encoder(), classes: 1) }
    #expect(throws: GraphError.self) {
      try SegmentationModel(encoder: encoder(), classes: 2, decoderFilters: [])
    }
  }
}
