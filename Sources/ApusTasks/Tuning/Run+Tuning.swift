import ApusData
import ApusGraph
import ApusIO
import ApusReport
import ApusStudy
import ApusTrain
import Foundation

extension Run {
  /// How many settings are tried: `--tune 20`.
  static let tuneOption = OptionDescription(
    "tune", "trials",
    "Search for better settings of the recipe in so many trials; options that are given stay as they are.",
    values: .whole(1...100_000))

  /// Recipes with the settings that a search found best, where a person asked for one.
  ///
  /// Trials are measured on the validation set. The best is fitted once more by the run, as any recipe is, so that a run
  /// with a search ends with the same weights as one that was given the settings that it found.
  /// - Throws: `DataError` for recipes that have nothing to search; `CancellationError` in a cancelled task.
  /// - Returns: The recipes, and a section about the trials; as they came without a search.
  func tuned(_ recipes: [any Recipe], _ data: TaskData) async throws -> ([any Recipe], [Report.Section]) {
    guard let count = try options.integer("tune", in: 1...100_000) else { return (recipes, []) }
    guard let base = recipes.lazy.compactMap({ $0 as? any TunableRecipe }).first else {
      throw DataError(
        .setting,
        "--tune: the recipe \(recipes.first.map { type(of: $0).kind } ?? "") has no settings to search",
        advice: "Leave it out, or choose another recipe by --recipe.")
    }
    let kind = type(of: base).kind
    let study = try Study(
      kind, storage: .journal(folder.journalPath), sampler: .tpe(seed: seed),
      pruner: .median(), direction: .minimize)
    for note in study.notes { reporter.say("note: \(note)") }
    reporter.say("Searching for settings of \(kind) in \(count) trials")
    try await study.run(upTo: count) { trial in
      let recipe = try base.tried(by: trial, fixed: options)
      trial.note(Self.recipeNote, try Coded(recipe).text)
      let context = RunContext(
        folder: "\(folder.path)/candidates/trial-\(trial.number)", seed: seed, resumes: false,
        reporter: Reporter(warn: reporter.warn), registry: registry, observe: { try trial.report($0, at: $1) }
      )
      func removeFiles() { try? FileManager.default.removeItem(atPath: context.folder) }
      // A trial that was cut off begins anew, so that what it reports is the same as if it had not been.
      removeFiles()
      do {
        let loss = try await measured(recipe.fit(data, context), data, recipe, context).comparedLoss
        reporter.say(
          "trial \(trial.number + 1) of \(count): validation loss \(Format.number(loss)), \(trial.settings)")
        removeFiles()
        return loss
      } catch let error as Pruned {
        reporter.say("trial \(trial.number + 1) of \(count): ended early, \(trial.settings)")
        removeFiles()
        throw error
      } catch let error as any ApusError where !(error is StudyError) {
        reporter.say("trial \(trial.number + 1) of \(count) failed: \(error)")
        removeFiles()
        throw TrialFailure("\(error)")
      }
    }
    let trials = try study.trials()
    guard let best = try study.best() else {
      throw RunError(
        .failed, "every trial failed: \(trials.compactMap(\.problem).first ?? "all were ended early")")
    }
    guard let coded = best.attributes[Self.recipeNote].flatMap(Coded.init(text:)),
      let recipe = try registry.recipe(coded)
    else {
      throw FileError(
        path: folder.journalPath, reason: .corrupt,
        problem: "it does not say which settings trial \(best.number) had",
        advice: "Begin a new run in another folder.")
    }
    reporter.say("Best of \(Format.count(trials.count, "trial")): \(best.settings)")
    return ([recipe], [Self.section(trials, best: best)])
  }

  private static let recipeNote = "recipe"

  private static func section(_ trials: [TrialRecord], best: TrialRecord) -> Report.Section {
    let names = Set(trials.flatMap(\.parameters.keys)).sorted()
    let order = trials.sorted { ($0.value ?? .infinity, $0.number) < ($1.value ?? .infinity, $1.number) }
    let rows = order.map { trial -> [Report.Table.Cell] in
      [.init("\(trial.number + 1)", detail: trial.number == best.number ? "kept" : trial.state.rawValue)]
        + names.map { .init(trial.parameters[$0]?.shown ?? "") } + [.number(trial.value ?? .nan)]
    }
    return Report.Section(
      id: "trials", title: "Search for settings",
      note: "Each trial was measured on the validation set; the best was fitted once more.",
      blocks: [
        .table(Report.Table(["Trial"] + names.map { .init($0) } + ["Validation loss"], rows: rows)),
        .details(
          title: "Failed",
          items: trials.compactMap { trial in trial.problem.map { "\(trial.number + 1): \($0)" } }),
      ])
  }
}

extension TrialRecord {
  /// The parameters in one line.
  fileprivate var settings: String {
    parameters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.shown)" }.joined(separator: ", ")
  }
}

extension Trial {
  /// The parameters in one line.
  fileprivate var settings: String { record.settings }
}

extension ParameterValue {
  /// The value as people read it; the journal has all digits.
  fileprivate var shown: String {
    if case .float(let value) = self { Format.number(value, digits: 3) } else { "\(self)" }
  }
}
