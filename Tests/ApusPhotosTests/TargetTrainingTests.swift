import ApusData
import ApusIO
import Foundation
import Synchronization
import Testing

@testable import ApusPhotos

/// Whole trainings on labels and numbers that a table gives photos.
@Suite struct TargetTrainingTests {
  /// Photos with red, blue, both or nothing in them.
  private func photos(in folder: String, targets: [String], count: Int = 48) throws -> TabledPhotos {
    var text = "file,tags,red\n"
    for number in 0..<count {
      let (isRed, isBlue) = (number % 2 == 0, number / 2 % 2 == 0)
      let red = isRed ? 150 + number : 20 + number
      try writeTinted(
        to: "\(folder)/photos/\(number).png", red: red, blue: isBlue ? 180 : 30, seed: UInt64(number))
      text +=
        "\(number).png,\((isRed ? ["red"] : []).joined())\(isBlue ? ";blue" : ""),\(Double(red) / 100)\n"
    }
    try AtomicFile.write(text, to: folder + "/table.csv")
    return try TabledPhotos(
      PhotoTable(path: folder + "/table.csv", folder: folder + "/photos", targets: targets))
  }

  private func recipe(_ photos: TabledPhotos, epochs: Int) throws -> PhotoRecipe {
    var wishes = PhotoRecipe.Wishes()
    wishes.architecture = "LeNet5"
    wishes.side = 32
    wishes.epochs = epochs
    var recipe = try PhotoRecipe(side: photos.medianShorterSide, count: photos.training.count, wishes: wishes)
    recipe.network?.tuning.batchSize = 8
    recipe.network?.changesColours = false
    return recipe
  }

  @Test func labelsAreLearnedAndKept() async throws {
    try await withPhotoFolder { folder in
      let photos = try photos(in: folder, targets: ["tags"])
      let training = TargetTraining(
        photos, recipe: try recipe(photos, epochs: 12), seed: 1, output: folder + "/model")
      let result = try await training.run()
      let report = try #require(result.test.labelReport)
      #expect(report.labelNames == ["blue", "red"])
      #expect(report.meanAveragePrecision > 0.95)
      #expect(result.predictor.thresholds.allSatisfy { $0 > 0 && $0 < 1 })
      #expect(!FileManager.default.fileExists(atPath: training.checkpointPath))

      #expect(TargetPredictor.isPredictor(at: folder + "/model"))
      #expect(!PhotoClassifier.isClassifier(at: folder + "/model"))
      let loaded = try TargetPredictor.load(from: folder + "/model")
      #expect(loaded.thresholds == result.predictor.thresholds && loaded.columns == photos.table.columns)
      let again = try loaded.answers(for: result.test.files)
      #expect(again.values == result.test.values && again.truths == nil && again.labelReport == nil)
      #expect(throws: FileError.self) { try PhotoClassifier.load(from: folder + "/model") }

      let page = try TargetReport(result).html()
      #expect(page.contains("Precision, recall and F1 of each label") && page.contains("<svg"))
      #expect(page.contains("Images with the highest loss") && !page.contains("src=\"http"))
    }
  }

  @Test func numbersAreLearnedInTheirUnits() async throws {
    try await withPhotoFolder { folder in
      let photos = try photos(in: folder, targets: ["red"])
      var recipe = try recipe(photos, epochs: 14)
      // First the last layer on frozen features, then all.
      recipe.classifier = PhotoRecipe.ClassifierTraining()
      recipe.classifier?.epochs = 4
      recipe.network?.neededBelow = 2
      let result = try await TargetTraining(photos, recipe: recipe, seed: 1, output: folder + "/model").run()
      #expect(result.phases.map(\.name) == ["classifier", "network"])
      let report = try #require(result.test.numberReports?.first)
      #expect(report.rSquared > 0.7)
      #expect(report.meanAbsoluteError < report.baselineMeanAbsoluteError / 2)
      let loaded = try TargetPredictor.load(from: folder + "/model")
      #expect(loaded.scaling == result.predictor.scaling && loaded.thresholds.isEmpty)
      #expect(try loaded.answers(for: result.test.files).values == result.test.values)
      #expect(try TargetReport(result).html().contains("always predicting the mean"))
    }
  }

  @Test func whatAnInterruptionLeavesHasThresholdsOfItsOwn() async throws {
    try await withPhotoFolder { folder in
      let photos = try photos(in: folder, targets: ["tags"])
      let training = TargetTraining(
        photos, recipe: try recipe(photos, epochs: 400), seed: 1, output: folder + "/model")
      let task = Task { try await training.run() }
      while !FileManager.default.fileExists(atPath: folder + "/model/model.safetensors") {
        try await Task.sleep(for: .milliseconds(2))
      }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      var left = try TargetPredictor.load(from: folder + "/model")
      let saved = left.thresholds
      let part = photos.split(seed: 1).validation
      var answers = try left.answers(for: part.files, truths: part.values)
      left.chooseThresholds(by: &answers)
      #expect(saved == left.thresholds && saved != [0.5, 0.5])
    }
  }

  @Test func aBetterNetworkOfBeforeTheInterruptionComesBack() async throws {
    try await withPhotoFolder { folder in
      let photos = try photos(in: folder, targets: ["tags"])
      let output = folder + "/model"
      let good = try await TargetTraining(
        photos, recipe: recipe(photos, epochs: 12), seed: 1, output: output
      ).run()
      // Goes on with a recipe by which hardly anything is learned.
      var poor = try recipe(photos, epochs: 1)
      poor.classifier = PhotoRecipe.ClassifierTraining()
      poor.classifier?.epochs = 1
      poor.classifier?.learningRate = 1e-8
      poor.network?.neededBelow = 2
      poor.network?.findsRate = false
      poor.network?.tuning.learningRate = 1e-8
      let losses = Mutex<[Double]>([])
      let part = photos.split(seed: 1).validation
      let reporter = PhotoReporter(
        say: { _ in
          let loss = try? TargetPredictor.load(from: output).answers(for: part.files, truths: part.values)
            .loss
          losses.withLock { $0.append(loss ?? .nan) }
        }, count: { _, _, _ in }, epochs: .none)
      let result = try await TargetTraining(
        photos, recipe: poor, seed: 1, output: output, resumes: true, reporter: reporter
      ).run()
      let loss = try #require(good.validation.loss)
      #expect(abs((result.validation.loss ?? 9) - loss) < 1e-6)
      #expect(
        result.test.values == good.test.values && result.predictor.thresholds == good.predictor.thresholds)
      #expect(result.phases.last?.wasKept == false)
      // Nor was the file any worse at any time.
      #expect(losses.withLock { $0.count > 2 && $0.allSatisfy { $0 <= loss + 1e-6 } })
    }
  }

  @Test func coloursThatATableMayAskForStay() throws {
    let recipe = try PhotoRecipe(side: 256, count: 500) { _ in true }
    #expect(recipe.network?.changesColours == true)
    #expect(recipe.adapted(to: .labels).network?.changesColours == false)
    #expect(recipe.adapted(to: .numbers).network?.changesColours == false)
    let scratch = try PhotoRecipe(side: 256, count: 500) { _ in false }
    #expect(scratch.adapted(to: .labels).network?.changesColours == false)
    #expect(recipe.adapted(to: .labels).mirrors)
  }

  @Test func lossesAreThoseOfTraining() throws {
    let labels = TargetAnswers(
      files: ["a"], values: [[0.25, 0.5]], truths: [[0, 1]], names: ["x", "y"], thresholds: [0.2, 0.6],
      scaling: nil, skipped: [])
    #expect(abs((labels.loss ?? 0) - (log(4 / 3.0) + log(2)) / 2) < 1e-12)
    #expect(labels.said(0).map(\.name) == ["x"])
    let scaling = try TargetScaling(ChannelStatistics(means: [10], stds: [2]))
    let numbers = TargetAnswers(
      files: ["a", "b"], values: [[11], [20]], truths: [[10], [10]], names: ["x"], thresholds: [],
      scaling: scaling, skipped: [])
    #expect(numbers.losses == [0.125, 4.5] && numbers.areNumbers)
    #expect(numbers.said(1).map(\.value) == [20])
  }
}
