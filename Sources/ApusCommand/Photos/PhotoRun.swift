import Apus
import Foundation

/// One training on a folder of photos, from the first look to the report.
struct PhotoRun: FolderRun {
  let folder: RunFolder
  let photos: String
  /// How the photos are learned; nil where that is still to be decided by them.
  var recipe: PhotoRecipe?
  var wishes = PhotoRecipe.Wishes()
  var seed: UInt64 = 0
  var resumes = false
  var isQuiet = false
  /// The table that says what photos show; nil where their folders do.
  var table: TableSource?

  func result() async throws -> TrainingRun.Outcome {
    remark("Looking at every photo in \(photos) …")
    return try await result(of: try PhotoFolder(photos))
  }

  /// Trains on photos that were looked at.
  func result(of found: PhotoFolder) async throws -> TrainingRun.Outcome {
    try Task.checkCancellation()
    remark(Self.text(of: found))
    let recipe =
      try self.recipe
      ?? PhotoRecipe(side: found.medianShorterSide, count: found.training.count, wishes: wishes)
    if self.recipe == nil { remarkOnWeights(recipe, wishes, side: found.medianShorterSide) }
    remark("\n\(recipe.summary)\n")
    let settings = PhotoSettings(
      photos: URL(fileURLWithPath: photos).standardizedFileURL.path, recipe: recipe, seed: seed, table: table)
    try settings.save(to: folder.settingsPath)
    folder.linkAsLatest()
    let result = try await PhotoTraining(
      found, recipe: recipe, seed: seed, output: folder.path, resumes: resumes, reporter: reporter
    ).run()
    return try finished(result, settings)
  }

  /// Writes what is for reading; the numbers come last, as where they are the run is finished.
  private func finished(_ result: PhotoResult, _ settings: PhotoSettings) throws -> TrainingRun.Outcome {
    remark("Writing the report …")
    try report(result, settings).write(to: folder.reportPath)
    let json = try write(members(result, settings))
    return TrainingRun.Outcome(result: json, text: text(result))
  }

  private func report(_ result: PhotoResult, _ settings: PhotoSettings) throws -> PhotoReport {
    let classCount = result.classifier.classNames.count
    var report = try PhotoReport(result.classifier, test: result.test)
    if let name = result.folder.testName { report.testOrigin = "of the folder \(name)" }
    report.parts = [
      ("learned from", result.split.training), ("decided by", result.split.validation),
      ("tested with", result.split.test),
    ].map { PhotoReport.Part($0, counts: $1.counts(classes: classCount)) }
    report.phases = result.phases.map(\.reported)
    let progress = CountProgress()
    report.dataCurve = try result.dataCurve {
      if !isQuiet { progress.report("photos to tell whether more would help", $0, $1) }
    }
    report.bodyLearned = result.features == nil
    report.census = result.folder.census
    report.settings = settings.facts
    report.environment = Environment.facts
    report.modelPath = folder.modelPath
    report.seconds = result.seconds
    return report
  }

  // MARK: - Words

  /// What was found in the folder.
  private static func text(of found: PhotoFolder) -> String {
    let census = found.census
    let sides = census.entries.map(\.size)
    let widths = sides.map(\.width).sorted(), heights = sides.map(\.height).sorted()
    let middle = sides.count / 2
    let counts = found.training.counts(classes: found.classNames.count)
    let tests = found.test?.counts(classes: found.classNames.count)
    let rows = found.classNames.indices.prefix(20).map { label in
      [found.classNames[label], Format.grouped(counts[label])]
        + (tests.map { [Format.grouped($0[label])] } ?? [])
    }
    var lines = [
      "\(Format.grouped(found.training.count + (found.test?.count ?? 0))) photos of \(found.classNames.count) classes, "
        + "half of them at least \(widths[middle]) wide, half at least \(heights[middle]) high",
      "",
      Format.table([["class", "to learn from"] + (tests == nil ? [] : ["to test with"])] + rows),
    ]
    if found.classNames.count > 20 { lines.append("… and \(found.classNames.count - 20) classes more") }
    if found.test == nil {
      lines.append("A fifth of them, drawn by the seed, is kept to test with.")
    }
    return (lines + found.notes.map { "note: \($0)" }).joined(separator: "\n")
  }

  private func text(_ result: PhotoResult) -> String {
    let evaluation = Evaluation(result.test)
    var parts = [evaluation.headline]
    if let table = evaluation.matrixTable {
      parts.append("Confusion matrix (rows: what it is, columns: what the model says)\n\(table)")
    }
    parts += closing(seconds: result.seconds, example: result.test.files.first)
    return "\n" + parts.joined(separator: "\n\n")
  }

  // MARK: - Numbers

  private func members(_ result: PhotoResult, _ settings: PhotoSettings) throws -> [JSON.Member] {
    let evaluation = Evaluation(result.test)
    let found = result.folder
    func counts(_ part: PhotoFolder.Part) -> JSON {
      .object(
        zip(found.classNames, part.counts(classes: found.classNames.count)).map {
          JSON.Member($0, .integer($1))
        })
    }
    var members = [
      JSON.Member("task", .string("classification")), JSON.Member("metrics", evaluation.json),
      JSON.Member(
        "validation",
        .object([
          JSON.Member("samples", .integer(result.validation.count)),
          JSON.Member("accuracy", .number(result.validation.accuracy ?? .nan)),
          JSON.Member("loss", .number(result.validation.loss ?? .nan)),
        ])),
      JSON.Member("temperature", .number(result.classifier.temperature)),
      JSON.Member("seconds", .number(result.seconds)),
      JSON.Member("weights", .integer(try result.classifier.model.parameterCount())),
      JSON.Member("weights_sha256", .string(try SHA256.hash(ofFile: folder.modelPath))),
      JSON.Member("settings", settings.json),
      JSON.Member(
        "photos",
        .object([
          JSON.Member("training", counts(result.split.training)),
          JSON.Member("validation", counts(result.split.validation)),
          JSON.Member("test", counts(result.split.test)),
          JSON.Member("test_folder", found.testName.map { .string($0) } ?? .null),
          JSON.Member("notes", .array(found.notes.map { .string($0) })),
        ])),
    ]
    if let classes = evaluation.classesJSON { members.append(JSON.Member("classes", classes)) }
    if let matrix = evaluation.matrixJSON { members.append(JSON.Member("confusion_matrix", matrix)) }
    return members + [JSON.Member("phases", .array(result.phases.map(\.json)))]
  }
}
