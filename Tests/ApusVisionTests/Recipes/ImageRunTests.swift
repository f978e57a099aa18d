import Apus
import ApusTestSupport
import Foundation
import Testing

@testable import ApusVision

/// Whole runs on images that a child tells apart.
@Suite struct ImageRunTests {
  private func run(
    _ source: any ExampleSource, _ options: [String: String], _ output: String
  ) async throws -> Run.Outcome {
    try await Run(
      source, options: Options(options), folder: RunFolder(path: output), seed: 1, registry: .standard
    ).perform()
  }

  /// Images of two classes, of unequal number.
  private func write(to path: String, count: Int = 18, side: Int = 40) throws {
    for number in 0..<count {
      try writeDrawn(
        to: "\(path)/green/\(number).png", hue: 1, width: side, height: side, noise: UInt64(number))
      if number % 2 == 0 {
        try writeDrawn(
          to: "\(path)/violet/\(number).png", hue: 4, width: side, height: side, noise: UInt64(number))
      }
    }
  }

  @Test func allLayersAreTrainedFromScratch() async throws {
    try await withTemporaryFolder { path in
      try write(to: path + "/photos")
      let options = ["architecture": "LeNet5", "side": "32", "epochs": "8"]
      let outcome = try await run(ImageFolder(path + "/photos"), options, path + "/model")
      let result = outcome.result
      #expect(result.test?.primaryScore == 1 && result.recipe == "from-scratch")
      #expect(result.phases.map(\.name) == ["all layers"])
      #expect(outcome.model.origin.trainingCount == result.data.counts["training"])
      #expect(!FileManager.default.fileExists(atPath: path + "/model/checkpoint"))
      let log = try String(contentsOfFile: path + "/model/log.csv", encoding: .utf8).split(separator: "\n")
      #expect(log.count == (result.phases[0].epochs.count + 1))
      // The file predicts as the model does.
      let files = ["\(path)/photos/green/3.png", "\(path)/photos/violet/4.png"]
      let loaded = try Registry.standard.predictor(path + "/model")
      let predictions = try loaded.predict(files: files)
      #expect(predictions == (try (outcome.model as? any Predictor)?.predict(files: files)))
      // The same seed gives the same model.
      let again = try await run(ImageFolder(path + "/photos"), options, path + "/two")
      #expect(again.result.sha256 == result.sha256)
    }
  }

  @Test func smallImagesAreTrainedFromScratch() async throws {
    try await withTemporaryFolder { path in
      try write(to: path + "/photos", count: 40, side: 16)
      let outcome = try await run(
        ImageFolder(path + "/photos"), ["side": "16", "epochs": "6", "from-scratch": "true"], path + "/model")
      #expect(outcome.result.recipe == "from-scratch" && outcome.result.test?.primaryScore == 1)
      #expect(outcome.model.facts.contains { $0.value == "ResNet9" })
    }
  }

  /// Images with red, blue, both or nothing in them, and a table that says so.
  private func table(in folder: String, targets: [String], count: Int = 48) throws -> ImageTable {
    var text = "file,tags,red\n"
    for number in 0..<count {
      let (isRed, isBlue) = (number % 2 == 0, number / 2 % 2 == 0)
      let red = isRed ? 150 + number : 20 + number
      try writeTinted(
        to: "\(folder)/photos/\(number).png", red: red, blue: isBlue ? 180 : 30, seed: UInt64(number))
      text += "\(number).png,\(isRed ? "red" : "")\(isBlue ? ";blue" : ""),\(Double(red) / 100)\n"
    }
    try AtomicFile.write(text, to: folder + "/table.csv")
    return ImageTable(
      folder: folder + "/photos", table: folder + "/table.csv", targets: targets, files: nil, task: nil)
  }

  @Test func labelsAreLearnedAndKept() async throws {
    try await withTemporaryFolder { folder in
      let outcome = try await run(
        table(in: folder, targets: ["tags"]), ["architecture": "LeNet5", "side": "32", "epochs": "30"],
        folder + "/model")
      #expect(outcome.result.task == "multi-label" && (outcome.result.test?.primaryScore ?? 0) > 0.9)
      let target = try #require((outcome.model as? any Predictor)?.problem.target as? MultiLabel)
      #expect(target.names == ["blue", "red"] && target.thresholds.allSatisfy { $0 > 0 && $0 < 1 })
      let loaded = try Registry.standard.predictor(folder + "/model")
      #expect((loaded.problem.target as? MultiLabel)?.thresholds == target.thresholds)
      let page = try String(contentsOfFile: folder + "/model/report.html", encoding: .utf8)
      #expect(page.contains("<svg") && !page.contains("src=\"http"))
    }
  }

  @Test func numbersAreLearnedInTheirUnits() async throws {
    try await withTemporaryFolder { folder in
      let outcome = try await run(
        table(in: folder, targets: ["red"]), ["architecture": "LeNet5", "side": "32", "epochs": "30"],
        folder + "/model")
      let metrics = try #require(outcome.result.test?.metrics)
      #expect(metrics["r2"]?.value ?? 0 > 0.7)
      #expect(
        try #require(metrics["mean_absolute_error"]?.value)
          < (#require(metrics["baseline_mean_absolute_error"]?.value)) / 2)
      let files = [folder + "/photos/0.png", folder + "/photos/1.png"]
      let loaded = try Registry.standard.predictor(folder + "/model")
      #expect(try loaded.predict(files: files) == (outcome.model as? any Predictor)?.predict(files: files))
    }
  }

  @Test func aClassForEachPixelIsLearned() async throws {
    try await withTemporaryFolder { folder in
      for number in 0..<20 { try writeSquare(number, photos: folder + "/photos", masks: folder + "/masks") }
      let outcome = try await run(
        MaskFolder(folder: folder + "/photos", masks: folder + "/masks", names: ["ground", "square"]),
        ["architecture": "UNet(4)", "side": "32", "epochs": "60"], folder + "/model")
      let test = try #require(outcome.result.test)
      #expect(test.primaryScore > 0.75)
      #expect(test.details.reduce(0) { $0 + ($1.scores["pixels"] ?? 0) } == 4096)
      #expect(!FileManager.default.fileExists(atPath: folder + "/model/checkpoint"))
      let loaded = try Registry.standard.predictor(folder + "/model")
      let file = folder + "/photos/3.png"
      #expect(try loaded.predict(files: [file]) == (outcome.model as? any Predictor)?.predict(files: [file]))
      // Images of another size get masks of that.
      try Image(contentsOf: file).resized(to: ImageSize(width: 50, height: 41)).writePNG(
        to: folder + "/other.png")
      guard case .mask(50, 41, let labels) = try loaded.predict(files: [folder + "/other.png"])[0] else {
        Issue.record("a mask of 50 by 41 pixels was expected")
        return
      }
      #expect(labels.count == 2050)
      let page = try String(contentsOfFile: folder + "/model/report.html", encoding: .utf8)
      #expect(page.contains("Scores by class") && page.contains("Hardest test images"))
    }
  }

  @Test func optionsThatNothingTakesAreRefused() async throws {
    try await withTemporaryFolder { path in
      try write(to: path + "/photos")
      for options in [["hidden": "8"], ["target": "x"], ["masks": "m"]] {
        await #expect(throws: DataError.self) {
          try await run(ImageFolder(path + "/photos"), options, path + "/model")
        }
      }
      #expect(!FileManager.default.fileExists(atPath: path + "/model"))
    }
  }
}
