import ApusData
import Testing

@testable import ApusVision

@Suite struct ScratchTrainingTests {
  @Test func photosAreAugmentedInManyWays() throws {
    var settings = ScratchTraining(photoCount: 64)
    #expect(settings.epochs == 100 && settings.loss.name == "mixedCrossEntropy")
    #expect(try settings.augmentations(for: ImageSize(64)).count == 3)
    #expect(try settings.batchAugmentations().count == 1)
    #expect(try settings.resizing(to: ImageSize(64))?.stages.map(\.size.width) == [40, 56, 64])
    #expect(ScratchTraining(photoCount: 6_000).epochs == 16)
    settings.smallestArea = -1
    #expect(throws: DataError.self) { try settings.augmentations(for: ImageSize(64)) }
  }

  @Test func settingsFollowTheNumberOfImages() throws {
    let many = ScratchTraining(imageCount: 50_000)
    #expect(many.batchSize == 250 && many.epochs == 12 && many.learningRate == 0.4)
    let few = ScratchTraining(imageCount: 0, flips: false)
    #expect(few.batchSize == 16 && few.epochs == 60 && abs(few.learningRate - 0.0256) < 1e-12)
    #expect(try many.augmentations(for: ImageSize(32)).count == 2)
    #expect(try few.augmentations(for: ImageSize(32)).count == 1)
    #expect(abs(many.optimizer(imageCount: 50_000).learningRate - 0.04) < 1e-9)
  }
}
