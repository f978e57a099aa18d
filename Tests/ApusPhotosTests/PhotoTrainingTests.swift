import ApusData
import ApusPhotos
import Foundation
import Synchronization
import Testing

/// Whole trainings, on pictures that a child tells apart.
@Suite struct PhotoTrainingTests {
  /// Photos of two classes, of unequal number.
  private func write(to path: String, count: Int = 18) throws {
    for number in 0..<count {
      try writePhoto(to: "\(path)/green/\(number).png", hue: 1, noise: UInt64(number))
      if number % 2 == 0 { try writePhoto(to: "\(path)/violet/\(number).png", hue: 4, noise: UInt64(number)) }
    }
  }

  private func recipe(_ folder: PhotoFolder, epochs: Int = 6) throws -> PhotoRecipe {
    var wishes = PhotoRecipe.Wishes()
    wishes.architecture = "LeNet5"
    wishes.side = 32
    wishes.epochs = epochs
    var recipe = try PhotoRecipe(side: folder.medianShorterSide, count: folder.training.count, wishes: wishes)
    recipe.network?.tuning.batchSize = 8
    recipe.network?.changesColours = false
    return recipe
  }

  @Test func allLayersLearnFromScratch() async throws {
    try await withPhotoFolder { path in
      try write(to: path + "/photos")
      let folder = try PhotoFolder(path + "/photos")
      let training = try PhotoTraining(folder, recipe: recipe(folder), seed: 1, output: path + "/model")
      let result = try await training.run()
      #expect(result.test.accuracy == 1)
      #expect(result.phases.map(\.name) == ["network"])
      #expect(result.features == nil)
      // What the trained body makes of the photos tells whether more would help.
      #expect(try result.dataCurve()?.points.isEmpty == false)
      // Half as many photos count twice as much.
      let weights = try #require(result.classWeights)
      #expect(weights[1] > 1.5 * weights[0])
      #expect(result.classifier.origin.trainingCount == result.split.training.count)
      #expect(!FileManager.default.fileExists(atPath: training.checkpointPath))
      let loaded = try PhotoClassifier.load(from: path + "/model")
      #expect(loaded.temperature == result.classifier.temperature)
      #expect(try loaded.answers(for: result.test.files).logits == result.test.logits)
      // The same seed gives the same model.
      let again = try await PhotoTraining(folder, recipe: recipe(folder), seed: 1, output: path + "/two")
        .run()
      #expect(again.test.logits == result.test.logits)
    }
  }

  @Test func smallPicturesAreLearnedFromNothing() async throws {
    try await withPhotoFolder { path in
      for number in 0..<40 {
        for (name, hue) in [("green", 1), ("violet", 4)] {
          try writePhoto(
            to: "\(path)/photos/\(name)/\(number).png", hue: hue, width: 16, height: 16, noise: UInt64(number)
          )
        }
      }
      let folder = try PhotoFolder(path + "/photos")
      var recipe = try PhotoRecipe(side: folder.medianShorterSide, count: folder.training.count)
      #expect(recipe.architecture == "ResNet9" && recipe.size == ImageSize(32))
      recipe.size = ImageSize(16)
      recipe.scratch?.epochs = 6
      let result = try await PhotoTraining(folder, recipe: recipe, seed: 1, output: path + "/model").run()
      #expect(result.phases.map(\.name) == ["network"])
      #expect(result.test.accuracy == 1)
      let loaded = try PhotoClassifier.load(from: path + "/model")
      #expect(try loaded.answers(for: result.test.files).logits == result.test.logits)
    }
  }

  @Test func aClassifierLearnsFromFeatures() async throws {
    try await withPhotoFolder { path in
      try write(to: path + "/photos")
      let folder = try PhotoFolder(path + "/photos")
      var recipe = try recipe(folder)
      recipe.classifier = PhotoRecipe.ClassifierTraining()
      recipe.classifier?.epochs = 20
      recipe.network = nil
      let said = Mutex<[String]>([])
      let reporter = PhotoReporter(
        say: { line in said.withLock { $0.append(line) } }, count: { _, _, _ in }, epochs: .none)
      let result = try await PhotoTraining(
        folder, recipe: recipe, output: path + "/model", reporter: reporter
      ).run()
      #expect(result.phases.map(\.name) == ["classifier"])
      #expect(result.phases[0].rates != nil)
      #expect(result.features?.training.files == result.split.training.files)
      #expect((result.test.accuracy ?? 0) > 0.8)
      #expect(said.withLock { $0.contains { $0.contains("classifier learned") } })
      // What was computed from features is what the file says of photos.
      let loaded = try PhotoClassifier.load(from: path + "/model")
      for (row, other) in zip(try loaded.answers(for: result.test.files).logits, result.test.logits) {
        for (value, expected) in zip(row, other) { #expect(abs(value - expected) < 1e-3) }
      }
    }
  }

  @Test func aBetterClassifierOfBeforeTheInterruptionComesBack() async throws {
    try await withPhotoFolder { path in
      try write(to: path + "/photos")
      let folder = try PhotoFolder(path + "/photos")
      let output = path + "/model"
      let good = try await PhotoTraining(folder, recipe: recipe(folder), output: output).run()
      // Goes on with a recipe by which hardly anything is learned.
      var poor = try recipe(folder, epochs: 1)
      poor.classifier = PhotoRecipe.ClassifierTraining()
      poor.classifier?.epochs = 1
      poor.classifier?.learningRate = 1e-8
      poor.network?.neededBelow = 2
      poor.network?.findsRate = false
      poor.network?.tuning.learningRate = 1e-8
      let losses = Mutex<[Double]>([])
      let reporter = PhotoReporter(
        say: { _ in
          let loss = try? PhotoClassifier.load(from: output).answers(
            for: good.split.validation.files, labels: good.split.validation.labels
          ).loss
          losses.withLock { $0.append(loss ?? .nan) }
        }, count: { _, _, _ in }, epochs: .none)
      let result = try await PhotoTraining(
        folder, recipe: poor, output: output, resumes: true, reporter: reporter
      ).run()
      let loss = try #require(good.validation.loss)
      #expect(abs((result.validation.loss ?? 9) - loss) < 1e-6)
      #expect(result.test.logits == good.test.logits)
      // Nor was the file any worse at any time.
      #expect(losses.withLock { $0.count > 2 && $0.allSatisfy { $0 <= loss + 1e-6 } })
    }
  }

  @Test func onlyItsOwnCheckpointsAreRemoved() async throws {
    try await withPhotoFolder { path in
      try write(to: path + "/photos")
      let folder = try PhotoFolder(path + "/photos")
      let training = try PhotoTraining(folder, recipe: recipe(folder, epochs: 1), output: path + "/model")
      try FileManager.default.createDirectory(
        atPath: training.checkpointPath, withIntermediateDirectories: true)
      try "mine".write(toFile: training.checkpointPath + "/notes.txt", atomically: true, encoding: .utf8)
      _ = try await training.run()
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: training.checkpointPath) == ["notes.txt"])
    }
  }

  @Test func whatWasLearnedBeforeAnInterruptionCanBeUsed() async throws {
    try await withPhotoFolder { path in
      try write(to: path + "/photos")
      let folder = try PhotoFolder(path + "/photos")
      var recipe = try recipe(folder, epochs: 200)
      recipe.classifier = PhotoRecipe.ClassifierTraining()
      recipe.classifier?.epochs = 3
      recipe.network?.neededBelow = 2
      recipe.network?.findsRate = false
      // Ends the task when all layers begin to learn.
      let reporter = PhotoReporter(
        say: { line in if line.contains("All layers") { withUnsafeCurrentTask { $0?.cancel() } } },
        count: { _, _, _ in }, epochs: .none)
      let training = PhotoTraining(folder, recipe: recipe, output: path + "/model", reporter: reporter)
      let task = Task { try await training.run() }
      await #expect(throws: CancellationError.self) { try await task.value }
      let loaded = try PhotoClassifier.load(from: path + "/model")
      #expect(try loaded.answers(for: folder.training.files).count == folder.training.count)
      // It goes on where it was.
      #expect(FileManager.default.fileExists(atPath: training.checkpointPath))
    }
  }
}
