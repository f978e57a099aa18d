import ApusData
import ApusTasks
import ApusTestSupport
import Testing

@testable import ApusVision

/// Which network is trained, and how.
@Suite struct ImageRecipeTests {
  /// Data of a few images that stand for many: recipes look at headers, counts and targets alone.
  private func data(
    _ folder: String, side: Int, count: Int = 2000, target: (any Target)? = nil
  ) throws -> TaskData {
    let files = try (0..<2).map {
      try writeDrawn(to: "\(folder)/\(side)-\($0).png", hue: $0, width: side, height: side)
    }
    let all = (0..<count).map { files[$0 % 2] }
    let examples = try Examples(files: all, classes: (0..<count).map { $0 % 2 == 0 ? "a" : "b" })
    return TaskData(
      examples: examples, parts: [.training: Array(0..<count)],
      target: try target ?? Classification(["a", "b"]))
  }

  private func options(_ values: [String: String] = [:]) -> Options { Options(values) }

  @Test func pretrainedWeightsAreUsedWhereImagesAreLargeEnough() throws {
    try withTemporaryFolder { folder in
      let large = try data(folder, side: 240), small = try data(folder, side: 32, count: 50_000)
      let isThere = VisionArchitecture.efficientNetLite0.pretrained?.find() != nil
      let transfer = try TransferLearning.propose(large, options())
      #expect(transfer.isEmpty != isThere)
      if let recipe = transfer.first {
        #expect(recipe.architecture == "EfficientNetLite0" && recipe.size == ImageSize(224))
        #expect(recipe.neededBelow == 0.98 && recipe.network != nil)
        #expect(try TransferLearning.propose(large, options(["fine-tune": "false"]))[0].network == nil)
        #expect(try TransferLearning.propose(large, options(["fine-tune": "true"]))[0].neededBelow == nil)
      }
      #expect(try TransferLearning.propose(small, options()).isEmpty)
      #expect(try TransferLearning.propose(large, options(["from-scratch": "true"])).isEmpty)

      let photos = try #require(FromScratch.propose(large, options()).first)
      #expect(photos.architecture == "ResNet9" && photos.size == ImageSize(64))
      let tiny = try #require(FromScratch.propose(small, options()).first)
      #expect(tiny.architecture == "ResNet9" && tiny.size == ImageSize(32) && tiny.scratch?.epochs == 12)
      #expect(tiny.network == nil && tiny.note == nil)
      // More images need fewer epochs; photos are augmented in more ways than images that are framed alike.
      let many = try #require(FromScratch.propose(data(folder, side: 240, count: 50_000), options()).first)
      #expect((many.scratch?.epochs ?? 0) < (photos.scratch?.epochs ?? 0))
      #expect(tiny.scratch?.mixing == 0 && (photos.scratch?.mixing ?? 0) > 0)
    }
  }

  @Test func overridesAreMet() throws {
    try withTemporaryFolder { folder in
      let large = try data(folder, side: 240)
      let named = try #require(
        FromScratch.propose(
          large,
          options([
            "architecture": "leNet-5", "side": "48", "epochs": "3", "flip": "false", "balance": "sampling",
          ])
        ).first)
      #expect(named.architecture == "LeNet5" && named.size == ImageSize(48) && !named.flips)
      #expect(named.network?.tuning.epochs == 3 && named.balance == .sampling)
      #expect(try FromScratch.propose(large, options())[0].balance == .weights)
      for bad in [["architecture": "NoNet"], ["side": "8"], ["epochs": "0"], ["balance": "x"]] {
        #expect(throws: DataError.self) { try FromScratch.propose(large, options(bad)) }
      }
    }
  }

  @Test func colorsThatATableMayAskForStay() throws {
    try withTemporaryFolder { folder in
      let lenet = options(["architecture": "lenet5"])
      let classes = try #require(FromScratch.propose(data(folder, side: 70), lenet).first)
      #expect(classes.network?.jittersColors == true && classes.flips)
      let targets: [any Target] = [try MultiLabel(["a", "b"]), try Regression(["size"])]
      for target in targets {
        let recipe = try #require(FromScratch.propose(data(folder, side: 70, target: target), lenet).first)
        #expect(recipe.network?.jittersColors == false && recipe.flips)
        for transfer in try TransferLearning.propose(data(folder, side: 70, target: target), options()) {
          #expect(transfer.network?.jittersColors == false)
        }
      }
      // Numbers may be sizes: less is cropped.
      let number = try FromScratch.propose(data(folder, side: 70, target: targets[1]), lenet)[0]
      #expect(number.network?.smallestArea == 0.8)
    }
  }

  @Test func masksHaveARecipeOfTheirOwn() throws {
    try withTemporaryFolder { folder in
      let target = try Segmentation(MaskClasses(names: ["ground", "square"]))
      let masked = try data(folder, side: 70, count: 40, target: target)
      #expect(try FromScratch.propose(masked, options()).isEmpty)
      #expect(try TransferLearning.propose(masked, options()).isEmpty)
      let recipe = try #require(
        UNetTraining.propose(masked, options(["architecture": "UNet(4)", "side": "64", "epochs": "9"])).first)
      #expect(recipe.architecture == "UNet(4)" && recipe.size == ImageSize(64) && recipe.epochs == 9)
      #expect(!recipe.isPretrained && recipe.trainsEncoder && recipe.batchSize == 8)
      #expect(throws: DataError.self) { try UNetTraining.propose(masked, options(["side": "50"])) }
      #expect(try UNetTraining.propose(data(folder, side: 70), options()).isEmpty)
    }
  }
}
