import Apus
import ApusTestSupport
import Foundation
import Testing

@testable import ApusRunProbe

/// For every kind of data, target and recipe in the registry, on some 40 drawn rows: what every kind must do. A new kind is
/// covered by being registered; one that no drawing reaches fails.
@Suite(.serialized) struct KindCompletenessTests {
  static let registry = Registry.withDrawnSamples()

  /// What makes a run of a recipe short; others get `short`, as far as they describe such options.
  private static let shortOptions: [String: [String: String]] = [
    "from-scratch": ["architecture": "LeNet5", "side": "28", "epochs": "3"],
    "u-net": ["architecture": "UNet(2)", "side": "64", "epochs": "3"],
    "transfer-learning": ["side": "32", "epochs": "2", "fine-tune": "true"],
    "portfolio": ["quality": "fast"],
  ]
  private static let short = ["epochs": "3", "batch-size": "8", "hidden": "8", "vocabulary": "200"]

  /// Recipes that need a file which is not on every machine.
  private static let missing: Set<String> =
    PretrainedWeights.efficientNetLite0.find() == nil ? ["transfer-learning"] : []

  private static func options(_ drawing: Drawing, _ recipe: any Recipe.Type) -> [String: String] {
    let names = Set(recipe.options.map(\.name))
    return drawing.options.merging((shortOptions[recipe.kind] ?? short).filter { names.contains($0.key) }) {
      $1
    }
  }

  /// The recipes that propose themselves for a drawing.
  private func recipes(_ drawing: Drawing, in folder: String) throws -> [any Recipe.Type] {
    let (path, paths) = try drawing.write(folder, nil)
    return try Self.registry.recipes.filter { type in
      guard !drawing.skippedRecipes.contains(type.kind) else { return false }
      let options = Self.options(drawing, type).merging(paths) { $1 }
      let registry = Registry.withDrawnSamples(recipe: type.kind)
      let run = try Run(DataRequest(path, options: Options(options)), registry: registry)
      do {
        return try !run.proposals().isEmpty
      } catch let error as DataError where error.problem.contains("there is no recipe for") {
        return false
      }
    }
  }

  @Test func everyKindFitsResumesSavesPredictsAndReports() throws {
    var reached: Set<String> = [], inputs: Set<String> = [], targets: Set<String> = [],
      combinations: [String] = []
    try withTemporaryFolder { root in
      var reports: [String] = []
      for (number, drawing) in Drawing.all.enumerated() {
        let data = "\(root)/data\(number)"
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        for recipe in try recipes(drawing, in: data) {
          let work = "\(root)/run\(number)-\(recipe.kind)"
          let result = try Self.check(drawing, recipe, data: data, work: work)
          reached.insert(recipe.kind)
          inputs.insert(result.input)
          targets.insert(result.target)
          combinations.append("\(result.input) × \(result.target) × \(recipe.kind) (\(drawing.name))")
          reports.append(work + "/whole/report.html")
        }
      }
      try Self.checkConsole(of: reports)
    }
    print(
      "\(combinations.count) combinations of input, target and recipe:\n  "
        + combinations.joined(separator: "\n  "))
    let place = "add a drawing to Tests/ApusKindTests/Drawing.swift"
    for recipe in Self.registry.recipes where !reached.union(Self.missing).contains(recipe.kind) {
      Issue.record("no drawing reaches the recipe \(recipe.kind): \(place)")
    }
    for input in Self.registry.inputs where !inputs.contains(input.kind) {
      Issue.record("no drawing reaches the input \(input.kind): \(place)")
    }
    for target in Self.registry.targets where !targets.contains(target.kind) {
      Issue.record("no drawing has the target \(target.kind): \(place)")
    }
  }

  @Test(arguments: Drawing.all.filter { !$0.faults.isEmpty })
  func dataThatTeachNothingAreRefused(_ drawing: Drawing) async throws {
    for fault in drawing.faults {
      try await withTemporaryFolder { folder in
        let data = folder + "/data"
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        let (path, paths) = try drawing.write(data, fault)
        let output = folder + "/run"
        do {
          _ = try await Run(
            DataRequest(path, options: Options(drawing.options.merging(paths) { $1 })),
            folder: RunFolder(path: output), registry: Self.registry
          ).perform()
          Issue.record("\(drawing.name), \(fault): it was fitted")
        } catch let error as any ApusError {
          #expect(!error.problem.isEmpty)
          #expect(
            [.data, .usage, .missingInput].contains(error.category), "\(drawing.name), \(fault): \(error)")
        } catch {
          Issue.record("\(drawing.name), \(fault): an untyped error came: \(error)")
        }
        #expect(
          !FileManager.default.fileExists(atPath: output), "\(drawing.name), \(fault): a folder is left")
      }
    }
  }

  // MARK: - One combination

  private static func check(
    _ drawing: Drawing, _ recipe: any Recipe.Type, data: String, work: String
  ) throws -> (input: String, target: String) {
    let label = "\(drawing.name), \(recipe.kind)"
    let (path, paths) = try drawing.write(data, nil)
    let options = options(drawing, recipe).merging(paths) { $1 }
    let (whole, broken) = (RunFolder(path: work + "/whole"), RunFolder(path: work + "/broken"))
    func fit(_ folder: RunFolder, _ environment: [String: String] = [:]) throws -> Probe.Outcome {
      try Probe.run(
        [
          "fit", recipe.kind, folder.path, path ?? "-",
          String(decoding: JSONEncoder().encode(options), as: UTF8.self),
        ],
        environment: environment)
    }
    let unbroken = try fit(whole)
    try #require(unbroken.status == 0, "\(label): \(unbroken.output)")

    // Killed before anything was fitted, then after the first epoch, where there are epochs.
    let begun = try fit(broken, ["APUS_KILL_BEGUN": "1"])
    #expect(begun.wasKilled && broken.isBegun && !broken.isFinished, "\(label): \(begun.output)")
    let resume = ["resume", recipe.kind, broken.path]
    let middle = try Probe.run(resume, environment: ["APUS_KILL_EPOCH": "1"])
    let json = try JSON(parsing: [UInt8](Data(contentsOf: URL(filePath: whole.resultPath))))
    let hasEpochs =
      json["phases"]?.arrayValue?.contains { $0["epochs"]?.arrayValue?.isEmpty == false } ?? false
    if hasEpochs { #expect(middle.wasKilled && !broken.isFinished, "\(label): \(middle.output)") }
    let last = try Probe.run(resume)
    try #require(last.status == 0 || !hasEpochs && broken.isFinished, "\(label): \(last.output)")

    let registry = Registry.withDrawnSamples()
    let (one, other) = (try registry.predictor(whole.path), try registry.predictor(broken.path))
    #expect(
      try SHA256.hash(ofFile: whole.modelPath) == SHA256.hash(ofFile: broken.modelPath),
      "\(label): the resumed run ended elsewhere")
    #expect(json["sha256"]?.stringValue == (try SHA256.hash(ofFile: whole.modelPath)))
    #expect(!FileManager.default.fileExists(atPath: broken.path + "/checkpoint"), "\(label)")

    // The model, and what it is after it was saved and opened again.
    let source = try registry.source(for: DataRequest(path, options: Options(options)))
    let examples = try source.read(for: one.problem, .silent)
    let predictions = try one.predict(examples).predictions
    #expect(predictions.count == examples.count, "\(label)")
    #expect(try other.predict(examples).predictions == predictions, "\(label)")
    try one.save(to: work + "/saved")
    #expect(try registry.predictor(work + "/saved").predict(examples).predictions == predictions, "\(label)")
    let (evaluator, _) = try one.evaluate(examples)
    let evaluation = try evaluator.evaluation()
    #expect(evaluation.samples > 0 && evaluation.loss.isFinite, "\(label)")
    #expect(evaluation.metrics[evaluation.primary] != nil, "\(label)")
    if let explainable = one as? any Explainable {
      let explanation = try explainable.explain(examples, row: 0, output: 0)
      #expect(explanation.map { !$0.summary.isEmpty } ?? true, "\(label)")
    }

    let problems = ResultSchema.problems(json)
    #expect(problems.isEmpty, "\(label): result.json: \(problems.joined(separator: "; "))")
    let page = try String(contentsOfFile: whole.reportPath, encoding: .utf8)
      .replacing(#/data:[^"']*/#, with: "data")
    for id in ["scores", "data"] {
      #expect(page.contains("id=\"\(id)\""), "\(label): the report has no section \(id)")
    }
    #expect(
      page.firstMatch(of: #/(?i)[>\s(](nan|inf|infinity)[<\s),.%]/#) == nil,
      "\(label): the report shows a number that is none")
    if let name = drawing.broken {
      let notes = json["data"]?["notes"]?.arrayValue?.compactMap(\.stringValue) ?? []
      let skipped = json["data"]?["skipped"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
      #expect(
        (notes + skipped).contains { $0.contains(name) },
        "\(label): \(name) is not named in \(notes + skipped)")
    }
    return (type(of: one.problem.input).kind, json["task"]?.stringValue ?? "none")
  }

  /// Looks at all reports in Chromium, where that is.
  private static func checkConsole(of reports: [String]) throws {
    let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "scripts/check-report").path
    let outcome = try Probe.run(program: URL(filePath: "/usr/bin/env"), ["python3", script] + reports)
    #expect(outcome.status == 0, "\(outcome.output)")
  }
}
