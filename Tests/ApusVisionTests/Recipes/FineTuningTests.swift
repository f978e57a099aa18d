import ApusData
import ApusGraph
import ApusNN
import ApusTensor
import ApusTrain
import Testing

@testable import ApusVision

/// Groups of layers, and how they are fine-tuned.
@Suite struct FineTuningTests {
  private func model() throws -> VisionModel {
    let model = try VisionModel(.mobileNet(width: 0.25), classes: 2, inputShape: [32, 32, 3])
    try model.build(inputShape: model.inputShape, seed: 1)
    return model
  }

  /// Images of two kinds of stripes.
  private func stripes(_ count: Int) throws -> ArrayDataset {
    var numbers: [Float] = []
    for sample in 0..<count {
      for place in 0..<32 * 32 {
        let isLight = (sample % 2 == 0 ? place % 32 : place / 32) / 4 % 2 == 0
        let shade = Float(sample % 7) / 10
        numbers += [isLight ? 1 : shade, isLight ? shade : 1, shade]
      }
    }
    return try ArrayDataset(
      Literal(numbers, shape: [count, 32, 32, 3]),
      targets: Literal((0..<count).map { Int32($0 % 2) }, shape: [count]), classNames: ["upright", "level"])
  }

  @Test func groupsHoldEveryLayerOnceAndEndWithTheHead() throws {
    for architecture in [.mobileNet(width: 0.25), .resNet18, .vitB32, .vgg16] as [VisionArchitecture] {
      let model = try VisionModel(architecture, classes: 3)
      let groups = try model.layerGroups()
      let weighted = try model.network.nodes.filter { try !$0.module.parameters().isEmpty }.map(\.name)
      #expect(groups.flatMap(\.layers).sorted() == weighted.sorted())
      #expect(groups.last?.name == "head")
      #expect(groups.count >= 4)
    }
    let groups = try VisionModel(.resNet18, classes: 3).layerGroups()
    #expect(groups.map(\.name) == ["112×112", "56×56", "28×28", "14×14", "7×7", "head"])
    #expect(groups.last?.layers == ["fc"])
  }

  @Test func backboneAndHeadAreTheWhole() throws {
    let model = try model()
    let (backbone, head) = try model.parted()
    let x = RandomSource(seed: 2).normal([2, 32, 32, 3])
    let (parts, whole) = (try head(backbone(x)).literal().doubles, try model(x).literal().doubles)
    #expect(zip(parts, whole).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(try head.parameters().map(\.name) == ["conv_preds.kernel", "conv_preds.bias"])
    #expect(throws: GraphError.self) {
      try VisionModel(.mobileNet(width: 0.25), inputShape: [32, 32, 3], includeTop: false).parted()
    }
  }

  @Test func layersAreUnfrozenFromTheEnd() throws {
    let model = try model()
    let unfreezing = try GradualUnfreezing(model, epochsPerGroup: 2)
    #expect([0, 1, 2, 3, 4, 100].map(unfreezing.trainedCount) == [2, 2, 3, 3, 4, unfreezing.groups.count])
    #expect(
      try GradualUnfreezing(model, epochsPerGroup: 0).trainedCount(epoch: 0) == unfreezing.groups.count)
    try unfreezing.apply(2)
    let learning = Set(unfreezing.groups.suffix(2).flatMap(\.layers))
    for node in model.network.nodes {
      for (_, parameter) in try node.module.parameters() {
        #expect(parameter.isTrainable == (learning.contains(node.name) && parameter.kind == .weight))
        // Statistics stay, wherever they are.
        if parameter.kind == .state { #expect(parameter.isFrozen) }
      }
    }
  }

  @Test func ratesFallFromGroupToGroup() throws {
    let groups = try model().layerGroups()
    let optimizer = FineTuning(rateFactor: 0.5).optimizer(groups, stepCount: 10)
    let factor = try #require(optimizer.options.rateFactors)
    #expect(factor("conv_preds.kernel") == 1)
    for (place, group) in groups.reversed().enumerated() {
      for layer in group.layers { #expect(factor(layer + ".kernel") == 1 / Double(1 << place)) }
    }
  }

  @Test func fineTuningChangesNothingThatIsFrozen() async throws {
    let model = try model()
    let samples = try stripes(24)
    let before = try model.namedLiterals()
    let settings = FineTuning(epochs: 3, batchSize: 8, learningRate: 0.02, epochsPerGroup: 5, patience: 3)
    let unfreezing = try GradualUnfreezing(model, epochsPerGroup: settings.epochsPerGroup)
    let learner = Learner(
      model, loss: .crossEntropy, optimizer: settings.optimizer(unfreezing.groups, stepCount: 9), seed: 1)
    let history = try await learner.fit(
      samples, validation: samples, epochs: settings.epochs, batchSize: settings.batchSize,
      callbacks: [unfreezing],
      options: FitOptions(progress: .none))
    #expect(history["val_loss"].count == 3)
    let after = try model.namedLiterals()
    let learning = Set(try model.layerGroups().suffix(2).flatMap(\.layers))
    for (name, value) in after {
      let layer = name.split(separator: ".").dropLast().joined(separator: ".")
      let isStatistics = name.hasSuffix("movingMean") || name.hasSuffix("movingVariance")
      if !learning.contains(layer) || isStatistics {
        #expect(value.doubles == before[name]?.doubles, "\(name)")
      }
    }
    #expect(after["conv_preds.kernel"]?.doubles != before["conv_preds.kernel"]?.doubles)
    // Nothing stays frozen behind the caller's back.
    #expect(try model.parameters().allSatisfy { !$0.parameter.isFrozen })
  }
}
