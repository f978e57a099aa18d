import ApusData
import ApusGraph
import ApusIO
import ApusReport
import ApusTrain
import Foundation

/// One run from data to a model with its scores and a report, for any kind of data and problem.
///
/// ```swift
/// let outcome = try await Run("photos", registry: .standard).perform()
/// print(outcome.result.test?.primaryScore ?? 0)
/// ```
///
/// It reads the data, deals it to training, validation and test set, lets every recipe that fits the problem propose
/// itself, fits as many as the budget allows, keeps the one with the best validation loss, measures that one once on the
/// test set, and writes a model, a report and `result.json`. Killed at any moment, it goes on where it was.
public struct Run: Sendable {
  /// Where examples come from.
  public let source: any ExampleSource
  /// What the person asked for.
  public let options: Options
  /// Where everything is written.
  public let folder: RunFolder
  /// What all randomness depends on.
  public let seed: UInt64
  /// How much is tried.
  public let budget: Budget
  /// Who is told how it goes.
  public let reporter: Reporter
  /// The kinds that there are.
  public let registry: Registry
  /// What another run was begun with, where this one goes on with it or repeats it.
  let begun: RunSettings?
  /// Whether it goes on with an interrupted run.
  public let resumes: Bool

  /// What came of a run.
  public struct Outcome: Sendable {
    /// The scores and everything else for machines.
    public let result: RunResult
    /// The model.
    public let model: any Model
  }

  /// A new run.
  ///
  /// - Parameters:
  ///   - source: Where examples come from.
  ///   - options: What the person asked for, of which sources and recipes take theirs.
  ///   - folder: Where everything is written; must not hold anything that would be written over.
  ///   - seed: What all randomness depends on.
  ///   - budget: How much is tried.
  ///   - reporter: Who is told how it goes.
  ///   - registry: The kinds that there are.
  public init(
    _ source: any ExampleSource, options: Options = Options(), folder: RunFolder = .new(), seed: UInt64 = 0,
    budget: Budget = Budget(), reporter: Reporter = .silent, registry: Registry
  ) {
    self.source = source
    self.options = options
    self.folder = folder
    self.seed = seed
    self.budget = budget
    self.reporter = reporter
    self.registry = registry
    (begun, resumes) = (nil, false)
  }

  /// A new run on the data that a request means.
  /// - Throws: `DataError` or `RunError` for requests that mean nothing, or options that belong to something else.
  public init(
    _ request: DataRequest, folder: RunFolder = .new(), seed: UInt64 = 0, budget: Budget = Budget(),
    reporter: Reporter = .silent, registry: Registry
  ) throws {
    try request.options.check(registry.options)
    self.init(
      try registry.source(for: request), options: request.options, folder: folder, seed: seed, budget: budget,
      reporter: reporter, registry: registry)
  }

  /// A run that goes on where an interrupted one was.
  /// - Throws: `FileError` where the folder holds no settings of a run.
  public init(resuming folder: RunFolder, reporter: Reporter = .silent, registry: Registry) throws {
    try self.init(begun: folder, folder: folder, resumes: true, reporter: reporter, registry: registry)
  }

  /// A run that does again what another did: the same data, options, recipes and seed, in a folder of its own. On the same
  /// kind of machine it ends with the same model, bit for bit, unless a limit of time was given.
  /// - Parameters:
  ///   - other: The folder of the other run, finished or not.
  ///   - folder: Where everything is written.
  ///   - reporter: Who is told how it goes.
  ///   - registry: The kinds that there are.
  /// - Throws: `FileError` where the other folder holds no settings of a run.
  public init(
    replaying other: RunFolder, folder: RunFolder = .new(), reporter: Reporter = .silent, registry: Registry
  ) throws {
    try self.init(begun: other, folder: folder, resumes: false, reporter: reporter, registry: registry)
  }

  private init(
    begun other: RunFolder, folder: RunFolder, resumes: Bool, reporter: Reporter, registry: Registry
  ) throws {
    let settings = try RunSettings(path: other.settingsPath)
    guard let source = try registry.source(settings.source) else {
      throw FileError(
        path: other.settingsPath, reason: .unsupported,
        problem: "its data are of kind \(settings.source.kind), which is not known here",
        advice: "Use a newer version of Apus.")
    }
    self.source = source
    options = settings.options
    self.folder = folder
    seed = settings.seed
    budget = Budget()
    self.reporter = reporter
    self.registry = registry
    (begun, self.resumes) = (settings, resumes)
  }

  /// What a run takes itself, whatever the data.
  public static let options = [
    OptionDescription(
      "task", "task",
      "What to predict, such as classification or regression. (default: told from the targets)"),
    OptionDescription(
      "recipe", "name", "The recipe to use, such as mlp. (default: the most promising of those that fit)"),
    OptionDescription(
      "test-fraction", "share",
      "The share of the examples for the test set, where the data name none. (default: 0.2)",
      values: .number(above: 0, to: 0.9)),
    OptionDescription(
      "checkpoint-every", "steps", "Steps between two checkpoints. (default: 100)",
      values: .whole(1...1_000_000_000)), tuneOption,
  ]

  /// The recipes that propose themselves for the data, the most promising first. Nothing is fitted or written.
  /// - Throws: typed errors that say what is wrong with data or options.
  package func proposals() throws -> [any Recipe] {
    try registry.recipes(for: taskData(source.read(for: nil, reporter)), from: source, options)
  }

  /// Does everything.
  /// - Throws: typed errors that say what is wrong with data, options or files; `RunError` of the category `interrupted`
  ///   in a cancelled task, with the best model so far in the folder.
  public func perform() async throws -> Outcome {
    let isNew = !FileManager.default.fileExists(atPath: folder.path)
    let parent = URL(fileURLWithPath: folder.path).deletingLastPathComponent().path
    let isParentNew = !FileManager.default.fileExists(atPath: parent)
    try RunLock.requireUnheld(folder)
    if !resumes { try folder.requireFree() }
    try requireKnownOptions()
    try requireInputs()
    let interval = try options.integer("checkpoint-every", in: 1...1_000_000_000) ?? RunContext.usualInterval
    try folder.create()
    do {
      let lock = try RunLock(folder)
      defer { lock.release() }
      return try await run(checkpointInterval: interval)
    } catch is CancellationError {
      throw interruption()
    } catch {
      // A folder without anything in it goes again.
      if isNew, (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?.isEmpty ?? false {
        try? FileManager.default.removeItem(atPath: folder.path)
        if isParentNew { rmdir(parent) }
      }
      throw error
    }
  }

  /// Whether the data are there is asked before anything is said or begun.
  private func requireInputs() throws {
    for path in source.paths where !FileManager.default.fileExists(atPath: path) {
      throw FileError(
        path: path, reason: .missing, problem: "there is no such file or folder", advice: "Check the path.")
    }
  }

  /// Options that nothing takes are refused before the data are read; those of other kinds of data, when these are known.
  private func requireKnownOptions() throws {
    let known = Set(registry.options.map(\.name))
    guard let other = options.values.keys.sorted().first(where: { !known.contains($0) }) else { return }
    throw DataError(.setting, "there is no option --\(other)", advice: "`apus help fit` lists them.")
  }

  private func interruption() -> RunError {
    keepBestCandidate()
    let advice = folder.isBegun ? "Go on with: apus fit --resume --output \(folder.path)" : nil
    guard FileManager.default.fileExists(atPath: folder.modelPath) else {
      return RunError(.interrupted, "Stopped before a model was kept", advice: advice)
    }
    return RunError(
      .interrupted,
      "Stopped. The best model so far is in \(folder.path) and can be used; it was not measured on the test set",
      advice: advice)
  }

  /// Where several recipes were tried and none had ended, the first model that one of them kept is the run's.
  private func keepBestCandidate() {
    let manager = FileManager.default
    let root = folder.path + "/candidates"
    guard !manager.fileExists(atPath: folder.modelPath) else { return }
    let names = ((try? manager.contentsOfDirectory(atPath: root)) ?? []).sorted {
      $0.compare($1, options: .numeric) == .orderedAscending
    }
    let models = names.map { "\(root)/\($0)/\(ModelPackage.fileName)" }
    guard let model = models.first(where: manager.fileExists(atPath:)) else { return }
    try? ModelPackage(path: model).write(to: folder.modelPath)
  }

  // MARK: - Steps

  private func run(checkpointInterval: Int) async throws -> Outcome {
    let clock = ContinuousClock()
    let start = clock.now
    var data = try taskData(source.read(for: nil, reporter))
    try Task.checkCancellation()
    let chosen = try recipes(for: data)
    folder.linkAsLatest()
    let (recipes, searchSections) = try await tuned(chosen, data)
    var candidates: [RunResult.Candidate] = []
    var winner: Winner?
    for (place, recipe) in recipes.enumerated() {
      let begin = clock.now
      let kind = type(of: recipe).kind
      reporter.say(recipe.summary)
      // The only recipe writes to the run's folder itself, so that what is usable lies where it is looked for.
      let path = recipes.count == 1 ? folder.path : "\(folder.path)/candidates/\(place + 1)-\(kind)"
      let context = RunContext(
        folder: path, seed: seed, resumes: resumes, reporter: reporter, registry: registry,
        checkpointInterval: checkpointInterval)
      var candidate = RunResult.Candidate(recipe: kind, summary: recipe.summary, seconds: 0)
      do {
        let fitted = try await recipe.fit(data, context)
        let found = try measured(fitted, data, recipe, context)
        candidate.loss = found.validation?.loss
        candidate.score = found.validation?.primaryScore
        if winner.map({ found.comparedLoss < $0.comparedLoss }) ?? true {
          winner = found
          // However the run is cut off, the best model so far lies where it is looked for.
          if recipes.count > 1 { try found.package().write(to: folder.modelPath) }
        }
      } catch let error as any ApusError where recipes.count > 1 {
        // One recipe that fails does not end the others.
        candidate.failure = "\(error)"
        reporter.say("\(kind) failed: \(error)")
      }
      candidate.seconds = (clock.now - begin) / .seconds(1)
      candidates.append(candidate)
    }
    guard let winner else {
      throw RunError(
        .failed, "every recipe failed: \(candidates.compactMap(\.failure).joined(separator: "; "))")
    }
    data = winner.data(data)
    let (test, skipped) = try tested(winner, data)
    try winner.package().write(to: folder.modelPath)
    let seconds = (clock.now - start) / .seconds(1)
    try folder.writeLog(winner.phases)
    let result = try result(
      winner, data, candidates, test: test.map { try $0.evaluation() }, skipped: skipped, seconds: seconds,
      example: example(winner.model, data))
    reporter.say("Writing the report")
    try RunReport(
      result: result, model: winner.model, data: data, test: test, phases: winner.phases,
      recipe: winner.recipe, recipeSections: searchSections + winner.sections, folds: winner.folds,
      options: options, reporter: reporter
    ).report().write(to: folder.reportPath)
    // The result comes last: where it is, the run is finished.
    try AtomicFile.write(try result.json().text(indented: true) + "\n", to: folder.resultPath)
    // Until then a run that is cut off goes on from its checkpoints.
    winner.context.removeCheckpoints()
    removeCandidates(of: recipes)
    return Outcome(result: result, model: winner.model)
  }

  func measured(
    _ fitted: Fitted, _ data: TaskData, _ recipe: any Recipe, _ context: RunContext
  ) throws -> Winner {
    var winner = Winner(
      model: fitted.model, phases: fitted.phases, sections: fitted.sections, folds: fitted.outOfFold?.folds,
      recipe: recipe, context: context)
    guard var predictor = fitted.model as? any Predictor, var target = predictor.problem.target else {
      return winner
    }
    let evaluator: any Evaluator
    if let outOfFold = fitted.outOfFold {
      var gathered = target.evaluator(for: data.examples)
      for (row, output) in zip(outOfFold.rows, outOfFold.outputs) {
        try gathered.add(row: row, output: output)
      }
      evaluator = gathered
    } else {
      evaluator = try predictor.evaluate(
        data.examples, rows: data.rows(.validation), what: "validation examples", reporter: reporter
      ).evaluator
    }
    try target.calibrate(evaluator)
    predictor.problem.target = target
    winner.model = predictor
    winner.validation = try evaluator.evaluation()
    return winner
  }

  /// The one look at the test set.
  private func tested(_ winner: Winner, _ data: TaskData) throws -> ((any Evaluator)?, [Skipped]) {
    guard let predictor = winner.model as? any Predictor, predictor.problem.target != nil else {
      return (nil, [])
    }
    let (evaluator, skipped) = try predictor.evaluate(
      data.examples, rows: data.rows(.test), what: "test examples", reporter: reporter)
    return (evaluator, skipped)
  }

  /// A file to try the model on: one of the test set, or, of data that are in no files, one of each class that is written.
  private func example(_ model: any Model, _ data: TaskData) throws -> String? {
    let rows = data.rows(.test)
    if case .files(let paths)? = data.examples.inputs.first?.values { return rows.first.map { paths[$0] } }
    guard let input = (model as? any Predictor)?.problem.input else { return nil }
    return try folder.writeExamples(data, rows, input)
  }

  /// Removes the folders of recipes and settings that were tried beside one another.
  private func removeCandidates(of recipes: [any Recipe]) {
    guard recipes.count > 1 || options.text("tune") != nil else { return }
    try? FileManager.default.removeItem(atPath: folder.path + "/candidates")
  }

  private func result(
    _ winner: Winner, _ data: TaskData, _ candidates: [RunResult.Candidate], test: Evaluation?,
    skipped: [Skipped], seconds: Double, example: String?
  ) throws -> RunResult {
    let examples = data.examples
    return RunResult(
      task: data.target.map { type(of: $0).kind },
      data: RunResult.DataSummary(
        title: examples.title, source: type(of: source).kind, modality: examples.modality,
        counts: Dictionary(uniqueKeysWithValues: Part.allCases.map { ($0.rawValue, data.rows($0).count) }),
        notes: examples.notes, skipped: examples.skipped + skipped),
      recipe: type(of: winner.recipe).kind, candidates: candidates, validation: winner.validation, test: test,
      phases: winner.phases.map(RunResult.PhaseSummary.init), parameters: try winner.model.parameterCount,
      sha256: try SHA256.hash(ofFile: folder.modelPath), seed: seed, seconds: seconds,
      environment: Dictionary(
        Environment.facts.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first }),
      files: [
        "model": folder.modelPath, "report": folder.reportPath, "settings": folder.settingsPath,
        "log": folder.logPath,
      ],
      example: example)
  }
}
