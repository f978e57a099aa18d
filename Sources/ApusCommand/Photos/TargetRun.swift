import Apus
import Foundation

/// One training on photos that a table lists, from the first look to the report.
struct TargetRun: FolderRun {
  let folder: RunFolder
  let photos: String
  let table: TableSource
  /// How the photos are learned; nil where that is still to be decided by them.
  var recipe: PhotoRecipe?
  var wishes = PhotoRecipe.Wishes()
  var seed: UInt64 = 0
  var resumes = false
  var isQuiet = false

  func result() async throws -> TrainingRun.Outcome {
    let read = try table.read(photos: photos)
    remark("\(URL(fileURLWithPath: read.path).lastPathComponent): \(Self.text(of: read))")
    remark("Looking at every photo in \(photos) …")
    let found = try TabledPhotos(read)
    try Task.checkCancellation()
    var source = table
    (source.files, source.task) = (read.filesColumn, read.columns.task)
    guard read.columns.task != .classes else {
      return try await PhotoRun(
        folder: folder, photos: photos, recipe: recipe, wishes: wishes, seed: seed, resumes: resumes,
        isQuiet: isQuiet, table: source
      ).result(of: PhotoFolder(found))
    }
    remark(Self.text(of: found))
    let recipe =
      try self.recipe
      ?? PhotoRecipe(side: found.medianShorterSide, count: found.training.count, wishes: wishes)
    if self.recipe == nil { remarkOnWeights(recipe, wishes, side: found.medianShorterSide) }
    remark("\n\(recipe.summary(for: read.columns.task))\n")
    let settings = PhotoSettings(
      photos: URL(fileURLWithPath: photos).standardizedFileURL.path, recipe: recipe, seed: seed, table: source
    )
    try settings.save(to: folder.settingsPath)
    folder.linkAsLatest()
    let result = try await TargetTraining(
      found, recipe: recipe, seed: seed, output: folder.path, resumes: resumes, reporter: reporter
    ).run()
    return try finished(result, settings)
  }

  /// Writes what is for reading; the numbers come last, as where they are the run is finished.
  private func finished(_ result: TargetResult, _ settings: PhotoSettings) throws -> TrainingRun.Outcome {
    guard result.test.count > 0 else {
      throw Failure(.data, "None of the photos to test with can be read any more.")
    }
    remark("Writing the report …")
    var report = try TargetReport(result)
    report.settings = settings.facts
    report.environment = Environment.facts
    report.modelPath = folder.modelPath
    try report.write(to: folder.reportPath)
    let scores = TargetScores(result.test)
    let members =
      [JSON.Member("task", .string(result.test.areNumbers ? "regression" : "multi-label"))] + scores.members
      + [
        JSON.Member(
          "validation",
          .object([
            JSON.Member("samples", .integer(result.validation.count)),
            JSON.Member("score", .number(result.validation.score ?? .nan)),
            JSON.Member("loss", .number(result.validation.loss ?? .nan)),
          ])), JSON.Member("seconds", .number(result.seconds)),
        JSON.Member("weights", .integer(try result.predictor.model.parameterCount())),
        JSON.Member("weights_sha256", .string(try SHA256.hash(ofFile: folder.modelPath))),
        JSON.Member("settings", settings.json),
        JSON.Member(
          "photos",
          .object([
            JSON.Member("training", .integer(result.training.count)),
            JSON.Member("validation", .integer(result.validation.count)),
            JSON.Member("test", .integer(result.test.count)),
            JSON.Member("test_folder", result.photos.testName.map { .string($0) } ?? .null),
            JSON.Member("notes", .array(result.photos.notes.map { .string($0) })),
          ])), JSON.Member("phases", .array(result.phases.map(\.json))),
      ]
    let json = try write(members)
    let parts =
      [scores.headline, scores.table] + closing(seconds: result.seconds, example: result.test.files.first)
    return TrainingRun.Outcome(result: json, text: "\n" + parts.joined(separator: "\n\n"))
  }

  // MARK: - Words

  /// How the table was read.
  private static func text(of table: PhotoTable) -> String {
    let kind =
      switch table.columns.task {
      case .labels: "labels of which any number hold"
      case .numbers: "numbers"
      case .classes: "one class for each photo"
      }
    return
      "\(kind), as \(table.reason == "as asked" ? "you say" : table.reason). Photos are named by the column "
      + "\"\(table.filesColumn)\"."
  }

  /// What was found in the folder.
  private static func text(of found: TabledPhotos) -> String {
    let table = found.table
    let head = ["", "to learn from"] + (found.test == nil ? [] : ["to test with"])
    var rows: [[String]]
    if table.columns.task == .labels {
      let counts = found.training.counts(table.names.count), tests = found.test?.counts(table.names.count)
      rows = table.names.indices.prefix(20).map { label in
        [table.names[label], Format.grouped(counts[label])]
          + (tests.map { [Format.grouped($0[label])] } ?? [])
      }
      rows.append(
        ["photos", Format.grouped(found.training.count)]
          + (found.test.map { [Format.grouped($0.count)] } ?? []))
    } else {
      func range(_ part: TabledPhotos.Part, _ column: Int) -> String {
        let values = part.values.map { Double($0[column]) }
        return "\(Format.number(values.min() ?? .nan)) to \(Format.number(values.max() ?? .nan))"
      }
      rows = table.names.indices.prefix(20).map { column in
        [table.names[column], range(found.training, column)] + (found.test.map { [range($0, column)] } ?? [])
      }
    }
    var lines = [
      "\(Format.grouped(found.training.count + (found.test?.count ?? 0))) photos", "",
      Format.table([head] + rows),
    ]
    if table.names.count > 20 { lines.append("… and \(table.names.count - 20) more") }
    if found.test == nil { lines.append("A fifth of them, drawn by the seed, is kept to test with.") }
    return (lines + found.notes.map { "note: \($0)" }).joined(separator: "\n")
  }
}
