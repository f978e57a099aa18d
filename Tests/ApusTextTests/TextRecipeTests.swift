import ApusData
import ApusGraph
import ApusIO
import ApusTasks
import ApusTrain
import Foundation
import Testing

@testable import ApusText

@Suite struct TextRecipeTests {
  private func context(_ folder: String, resumes: Bool = false) -> RunContext {
    RunContext(folder: folder, seed: 7, resumes: resumes, registry: everything, checkpointInterval: 1)
  }

  private func recipes(epochs: Int = 12) -> [any Recipe] {
    var training = TextNetworkTraining(textCount: 100)
    training.epochs = epochs
    training.batchSize = 8
    return [LinearText(), training]
  }

  @Test func recipesLearnAndKeepTheirPredictions() async throws {
    let data = try Reviews.data(each: 40)
    for recipe in recipes() {
      let folder = try TemporaryFolder()
      let fitted = try await recipe.fit(data, context(folder.path))
      let model = try #require(fitted.model as? any Predictor)
      let (evaluator, skipped) = try model.evaluate(data.examples, rows: data.rows(.test))
      #expect(skipped.isEmpty)
      #expect(try evaluator.evaluation().primaryScore >= 0.9, "\(type(of: recipe).kind)")

      let path = folder.path + "/saved.safetensors"
      try model.package().write(to: path)
      let loaded = try everything.predictor(path)
      #expect(try loaded.predict(data.examples).predictions == model.predict(data.examples).predictions)
      // One text alone is predicted as among others.
      let alone = try loaded.predict(data.examples.subset([3])).predictions
      guard case .category(let one) = alone[0],
        case .category(let several) = try loaded.predict(data.examples).predictions[3]
      else {
        Issue.record("categories were expected")
        return
      }
      #expect(zip(one, several).allSatisfy { abs($0 - $1) < 1e-5 })
      #expect(loaded.facts.contains { $0.name == "Classes" })
    }
  }

  /// Expects the same tensors, input and kept file of a resumed and an uninterrupted training.
  private func expectSame(_ resumed: Fitted, in cut: String, as whole: Fitted, in folder: String) throws {
    let (resumed, expected) = (try resumed.model.package(), try whole.model.package())
    #expect(resumed.manifest.input == expected.manifest.input)
    #expect(resumed.tensors.keys.sorted() == expected.tensors.keys.sorted())
    for (name, tensor) in expected.tensors {
      let bytes = tensor.withUnsafeBytes { Array($0) }
      #expect(resumed.tensors[name]?.withUnsafeBytes { Array($0) } == bytes, "\(name)")
    }
    let files = try [cut, folder].map { try Data(contentsOf: URL(fileURLWithPath: context($0).modelPath)) }
    #expect(files[0] == files[1])
  }

  @Test func aNetworkThatWasStoppedAndResumedHasTheSameBits() async throws {
    let data = try Reviews.data(each: 40)
    let whole = try TemporaryFolder(), cut = try TemporaryFolder()
    let recipe = recipes()[1]
    let expected = try await recipe.fit(data, context(whole.path))
    let task = Task { try await recipe.fit(data, context(cut.path)) }
    let checkpoint = context(cut.path).checkpointing("network").path
    // On a thread of its own: training occupies those of tasks.
    Thread.detachNewThread {
      while !FileManager.default.fileExists(atPath: checkpoint) { usleep(500) }
      task.cancel()
    }
    let stopped = await task.result
    #expect(throws: CancellationError.self) { try stopped.get() }
    let resumed = try await recipe.fit(data, context(cut.path, resumes: true))
    try expectSame(resumed, in: cut.path, as: expected, in: whole.path)
  }

  @Test func aLinearModelThatWasKilledAndResumedHasTheSameBits() async throws {
    let data = try Reviews.data(each: 40)
    let whole = try TemporaryFolder(), cut = try TemporaryFolder()
    let expected = try await LinearText().fit(data, context(whole.path))
    // What a kill after the third strength leaves behind.
    var begun = LinearText()
    begun.strengths = Array(begun.strengths.prefix(3))
    _ = try await begun.fit(data, context(cut.path))
    let resumed = try await LinearText().fit(data, context(cut.path, resumes: true))
    try expectSame(resumed, in: cut.path, as: expected, in: whole.path)
  }

  @Test func aCancelledTaskEndsEveryRecipe() async throws {
    let data = try Reviews.data(each: 20)
    for recipe in recipes() {
      let folder = try TemporaryFolder()
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await recipe.fit(data, context(folder.path))
      }
      await #expect(throws: CancellationError.self) { try await task.value }
    }
  }

  @Test func aTextWithoutKnownWordsIsPredicted() async throws {
    let data = try Reviews.data(each: 20)
    for recipe in recipes(epochs: 1) {
      let folder = try TemporaryFolder()
      let fitted = try await recipe.fit(data, context(folder.path))
      let predicted = try #require(fitted.model as? any Predictor).predict(.texts(["", "!", "unheard-of"]))
      #expect(predicted.count == 3)
      for case .category(let probabilities) in predicted.predictions {
        #expect(probabilities.allSatisfy(\.isFinite) && abs(probabilities.reduce(0, +) - 1) < 1e-6)
      }
    }
  }

  @Test func paddingDoesNotCount() throws {
    let target = try Classification(["a", "b"])
    let words = Reviews.others
    let short = try TextInput(words: words, length: 4), long = try TextInput(words: words, length: 16)
    let model = try NetworkModel(TextNetwork(), for: Problem(input: short, target: target), seed: 3)
    var package = try model.package()
    package.manifest.input = try NetworkModel(
      TextNetwork(), for: Problem(input: long, target: target), seed: 3
    ).package().manifest.input
    let longer = try NetworkModel(package, registry: everything)
    let examples = try Examples.texts(["soup and bread"])
    guard case .category(let first) = try model.predict(examples).predictions[0],
      case .category(let second) = try longer.predict(examples).predictions[0]
    else {
      Issue.record("categories were expected")
      return
    }
    #expect(zip(first, second).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test func recipesProposeThemselvesForTextsOnly() throws {
    let data = try Reviews.data(each: 10)
    #expect(try LinearText.propose(data, Options(["vocabulary": "50"])).map(\.vocabularyLimit) == [50])
    #expect(try TextNetworkTraining.propose(data, Options()).count == 1)
    #expect(try TextNetworkTraining.propose(data, Options(["epochs": "3"])).map(\.epochs) == [3])
    #expect(throws: DataError.self) { try TextNetworkTraining.propose(data, Options(["epochs": "0"])) }
    #expect(throws: DataError.self) { try LinearText.propose(data, Options(["vocabulary": "none"])) }
    var examples = data.examples
    examples.modality = "image"
    let images = TaskData(examples: examples, parts: data.parts, target: data.target)
    #expect(try LinearText.propose(images, Options()).isEmpty)
    #expect(try TextNetworkTraining.propose(images, Options()).isEmpty)
    let unlabeled = TaskData(examples: data.examples, parts: data.parts, target: nil)
    #expect(try LinearText.propose(unlabeled, Options()).isEmpty)
  }

  @Test func networksRefuseWhatTheyAreNotFor() throws {
    let words = try TextInput(words: ["a"], length: 2)
    let terms = try TFIDFInput(terms: ["a"], frequencies: [1], fittedCount: 1)
    let target = try Classification(["a", "b"])
    #expect(throws: DataError.self) { try TextNetwork().network(for: Problem(input: terms, target: target)) }
    #expect(throws: DataError.self) { try TextNetwork().network(for: Problem(input: words, target: nil)) }
    #expect(throws: DataError.self) {
      try LinearTextNetwork().network(for: Problem(input: words, target: target))
    }
  }
}

@Suite struct TextRunTests {
  private func run(_ request: DataRequest, _ output: TemporaryFolder) async throws -> RunResult {
    let run = try Run(
      request, folder: RunFolder(path: output.path + "/run"), seed: 1, registry: everything)
    return try await run.perform().result
  }

  @Test func aFolderOfTextsBecomesAModel() async throws {
    let folder = try TemporaryFolder(), output = try TemporaryFolder()
    try Reviews.write(to: folder, each: 50, classes: 3)
    let result = try await run(DataRequest(folder.path, options: Options(["epochs": "3"])), output)
    #expect(result.task == "classification")
    #expect(result.candidates.map(\.recipe) == ["text-linear", "text-network"])
    #expect(result.candidates.allSatisfy { $0.failure == nil && $0.loss?.isFinite ?? false })
    let best = result.candidates.min { ($0.loss ?? .infinity) < ($1.loss ?? .infinity) }
    #expect(result.recipe == best?.recipe)
    #expect(result.test?.samples == 30)
    #expect((result.test?.primaryScore ?? 0) > 0.9)

    let model = try everything.predictor(output.path + "/run")
    let file = folder.path + "/good/1.txt"
    guard case .category(let probabilities) = try model.predict(files: [file])[0] else {
      Issue.record("a category was expected")
      return
    }
    #expect(model.problem.target?.classNames?[probabilities[1] > probabilities[0] ? 1 : 0] == "good")
  }

  @Test func numbersAndTagsWorkAsClassesDo() async throws {
    let folder = try TemporaryFolder(), output = try TemporaryFolder(), tagged = try TemporaryFolder()
    var numbers = "text,stars\n", tags = "text,tags\n"
    for number in 0..<60 {
      for kind in 0..<2 {
        let other = Reviews.text(1 - kind, number + 500)
        let both = number % 4 == 0
        numbers += "\(Reviews.text(kind, number)),\(kind == 0 ? 4.5 : 1.5 + Double(number % 2) / 10)\n"
        tags += "\(Reviews.text(kind, number))\(both ? " " + other : ""),"
        tags += "\(Reviews.classes[kind])\(both ? ";" + Reviews.classes[1 - kind] : "")\n"
      }
    }
    let path = try folder.write("stars.csv", numbers)
    let options = Options(["text": "text", "target": "stars", "epochs": "3"])
    let stars = try await run(DataRequest(path, options: options), output)
    #expect(stars.task == "regression")
    #expect((stars.test?.primaryScore ?? 0) > 0.8)

    let tagPath = try folder.write("tags.csv", tags)
    let tagOptions = Options(["text": "text", "target": "tags", "epochs": "3"])
    let labels = try await run(DataRequest(tagPath, options: tagOptions), tagged)
    #expect(labels.task == "multi-label")
    #expect((labels.test?.primaryScore ?? 0) > 0.9)
  }
}
