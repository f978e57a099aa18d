import ApusData
import ApusGraph
import ApusVision
import Testing

@testable import ApusPhotos

@Suite struct ScratchTrainingTests {
  /// Pictures that are bright above or below, with noise.
  private func pictures(_ count: Int) throws -> ArrayDataset {
    var random = PhiloxGenerator(seed: 2)
    var values: [Float] = []
    for index in 0..<count {
      for pixel in 0..<256 {
        let isBright = (pixel < 128) == (index % 2 == 0)
        let value = 0.6 * random.uniform() + (isBright ? 0.4 : 0)
        values += [value, value, value]
      }
    }
    return try ArrayDataset(
      Literal(values, shape: [count, 16, 16, 3]),
      targets: Literal((0..<count).map { Int32($0 % 2) }, shape: [count]), classNames: ["above", "below"])
  }

  @Test func aNetworkLearnsFromNothing() async throws {
    var settings = ScratchTraining(pictureCount: 64)
    settings.epochs = 8
    func train() async throws -> Double? {
      let model = try VisionModel(.resNet9, classes: 2, inputShape: [16, 16, 3])
      let history = try await model.learnFromScratch(
        pictures(64), validation: pictures(32), settings: settings, seed: 1, progress: .none)
      #expect(history.epochs.last?.values["val_accuracy"] == 1)
      return history.epochs.last?.values["loss"]
    }
    let first = try await train()
    #expect(try await train() == first)
  }

  @Test func photosAreChangedInManyWays() async throws {
    var settings = ScratchTraining(photoCount: 64)
    #expect(settings.epochs == 100 && settings.loss.name == "mixedCrossEntropy")
    #expect(try settings.augmentations(for: ImageSize(64)).count == 3)
    #expect(try settings.batchAugmentations().count == 1)
    #expect(try settings.resizing(to: ImageSize(64))?.stages.map(\.size.width) == [40, 56, 64])
    #expect(ScratchTraining(photoCount: 6_000).epochs == 16)
    settings.epochs = 3
    settings.batchSize = 16
    let model = try VisionModel(.resNet9, classes: 2, inputShape: [16, 16, 3])
    let history = try await model.learnFromScratch(
      pictures(32), validation: pictures(16), settings: settings, sampling: .balanced, seed: 1,
      progress: .none)
    #expect(history.epochs.count == 3 && history["val_loss"].allSatisfy(\.isFinite))
    settings.smallestArea = -1
    #expect(throws: DataError.self) { try settings.augmentations(for: ImageSize(64)) }
  }

  @Test func whatIsToBeBeatenIsMeasuredAsInTraining() async throws {
    var settings = ScratchTraining(pictureCount: 32)
    settings.epochs = 1
    let model = try VisionModel(.resNet9, classes: 2, inputShape: [16, 16, 3])
    let history = try await model.learnFromScratch(
      pictures(32), validation: pictures(16), settings: settings, seed: 1, progress: .none)
    let classifier = try PhotoClassifier(model: model, classNames: ["above", "below"])
    let kept = try KeptClassifier(
      classifier,
      answers: PhotoAnswers(
        files: ["a"], labels: [0], classNames: classifier.classNames, logits: [[4, 0]], temperature: 1,
        skipped: []))
    let other = try PhotoClassifier(
      model: VisionModel(.resNet9, classes: 2, inputShape: [16, 16, 3]), classNames: ["above", "below"])
    try other.model.build(inputShape: [16, 16, 3], seed: 7)
    let before = try other.model.namedLiterals().mapValues(\.doubles)
    let loss = try kept.loss(settings, on: pictures(16), with: other)
    #expect(abs(loss - (history["val_loss"].last ?? .nan)) < 1e-5)
    #expect(try other.model.namedLiterals().mapValues(\.doubles) == before)
  }

  @Test func settingsFollowTheNumberOfPictures() throws {
    let many = ScratchTraining(pictureCount: 50_000)
    #expect(many.batchSize == 250 && many.epochs == 12 && many.learningRate == 0.4)
    let few = ScratchTraining(pictureCount: 0, mirrors: false)
    #expect(few.batchSize == 16 && few.epochs == 60 && abs(few.learningRate - 0.0256) < 1e-12)
    #expect(try many.augmentations(for: ImageSize(32)).count == 2)
    #expect(try few.augmentations(for: ImageSize(32)).count == 1)
    #expect(abs(many.optimizer(pictureCount: 50_000).learningRate - 0.04) < 1e-9)
  }
}
