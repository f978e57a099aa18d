import ApusData
import ApusReport

extension Run {
  /// The examples with their parts and target.
  func taskData(_ examples: Examples) throws -> TaskData {
    var examples = examples
    let open = examples.parts.indices.filter { examples.parts[$0] != .test }
    guard !open.isEmpty else { throw DataError(.empty, "there are no examples outside of the test set") }
    var target: (any Target)?
    if let found = try registry.target(for: examples, rows: open, task: options.text("task")) {
      let what = "\(Format.count(examples.count, "example")) from \(shortPaths(examples.title))"
      reporter.say("\(what): \(found.target.summary), as there is \(found.reason).")
      target = found.target
    }
    if let target {
      // Examples without what is to be predicted cannot be used.
      var unlabeled: [Int] = []
      for row in 0..<examples.count where try target.encode(examples, row: row) == nil {
        unlabeled.append(row)
      }
      if !unlabeled.isEmpty {
        let names = unlabeled.map { examples.names[$0] }
        examples.notes.append(
          "\(Format.count(unlabeled.count, "example")) without a known target left out: "
            + Format.list(names, limit: 3))
        let gone = Set(unlabeled)
        examples = try examples.subset((0..<examples.count).filter { !gone.contains($0) })
      }
    }
    let share = try options.number("test-fraction", above: 0, to: 0.9) ?? Examples.testShare
    let parts = try examples.split(strata: target?.strata(examples), seed: seed, testShare: share)
    if let found = try target?.check(examples, parts: parts) { examples.notes += found }
    try target?.fit(examples, rows: parts[.training] ?? [])
    for note in examples.notes { reporter.say("note: \(note)") }
    let counts = Part.allCases.map { "\(Format.grouped(parts[$0]?.count ?? 0)) \($0.rawValue)" }
    reporter.say("Split: \(counts.joined(separator: ", "))")
    return TaskData(examples: examples, parts: parts, target: target)
  }

  /// The recipes that are tried, which are written down before anything is fitted.
  func recipes(for data: TaskData) throws -> [any Recipe] {
    let digest = try data.examples.digest()
    if let begun {
      let changed = ExampleDigest.differences(begun.digest, digest)
      guard changed.isEmpty else {
        throw RunError(
          .data, "the data have changed since the run began: \(changed.joined(separator: ", "))",
          advice: "Put the data back as they were, or begin a new run in another folder.", place: folder.path)
      }
      if !resumes { try begun.save(to: folder.settingsPath) }
      return try begun.recipes.map { coded in
        guard let recipe = try registry.recipe(coded) else {
          throw RunError(
            .data, "its recipe \(coded.kind) is not known here", advice: "Use a newer version of Apus.")
        }
        return recipe
      }
    }
    let all = try registry.recipes(for: data, from: source, options)
    let chosen = budget.chosen(all)
    try RunSettings(
      source: Coded(source), options: options, seed: seed, recipes: chosen.map { try Coded($0) },
      digest: digest
    ).save(to: folder.settingsPath)
    return chosen
  }
}
