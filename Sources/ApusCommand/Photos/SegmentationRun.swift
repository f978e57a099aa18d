import Apus
import Foundation

/// Everything that decides how a training on masks goes; kept in the run's folder for `--resume`.
struct SegmentationSettings: Codable, Equatable, Sendable {
  /// The folder of the photos, as an absolute path.
  var photos: String
  /// The folder of the masks, as an absolute path.
  var masks: String
  var classNames: [String]?
  var segmentation: SegmentationRecipe
  var seed: UInt64

  /// The settings in a file; nil where those of another kind of training are.
  static func load(from path: String) throws -> SegmentationSettings? {
    let bytes = try FileReader(path: path)
    return try? JSONDecoder().decode(
      SegmentationSettings.self, from: Data(try bytes.bytes(at: 0, count: bytes.byteCount)))
  }

  func save(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    try AtomicFile.write([UInt8](try encoder.encode(self)) + [0x0a], to: path)
  }

  /// Names and values for reports.
  var facts: [(name: String, value: String)] {
    [
      ("Photos", photos), ("Masks", masks), ("Recipe", segmentation.summary),
      ("Mirror images", segmentation.mirrors ? "mean the same" : "do not count"), ("Seed", "\(seed)"),
    ]
  }

  var json: JSON {
    .object([
      JSON.Member("photos", .string(photos)), JSON.Member("masks", .string(masks)),
      JSON.Member("architecture", .string(segmentation.architecture)),
      JSON.Member("width", .integer(segmentation.size.width)),
      JSON.Member("height", .integer(segmentation.size.height)),
      JSON.Member("start", .string(segmentation.start.rawValue)),
      JSON.Member("epochs", .integer(segmentation.epochs)),
      JSON.Member("batch_size", .integer(segmentation.batchSize)), JSON.Member("seed", .string(String(seed))),
    ])
  }
}

/// One training on photos with masks, from the first look to the report.
struct SegmentationRun: FolderRun {
  let folder: RunFolder
  let photos: String
  let masks: String
  var classNames: [String]?
  /// How they are learned; nil where that is still to be decided by them.
  var recipe: SegmentationRecipe?
  var wishes = PhotoRecipe.Wishes()
  var seed: UInt64 = 0
  var resumes = false
  var isQuiet = false

  var folders: [String] { [photos, masks] }

  func result() async throws -> TrainingRun.Outcome {
    remark("Looking at every photo in \(photos) and every mask in \(masks) …")
    let found = try MaskedPhotos(folder: photos, masks: masks, names: classNames)
    try Task.checkCancellation()
    let tested = found.test.map { ", \(Format.grouped($0.count)) to test with" } ?? ""
    remark(
      "\(Format.grouped(found.training.count)) photos with masks to learn from\(tested). In the masks, \(found.reason): "
        + found.classes.names.prefix(12).joined(separator: ", ")
        + (found.classes.names.count > 12 ? ", …" : "") + ".")
    if found.test == nil { remark("A fifth of them, drawn by the seed, is kept to test with.") }
    for note in found.notes { remark("note: \(note)") }
    let recipe =
      try self.recipe
      ?? SegmentationRecipe(side: found.medianShorterSide, count: found.training.count, wishes: wishes)
    remark("\n\(recipe.summary)\n")
    let settings = SegmentationSettings(
      photos: URL(fileURLWithPath: photos).standardizedFileURL.path,
      masks: URL(fileURLWithPath: masks).standardizedFileURL.path, classNames: classNames,
      segmentation: recipe,
      seed: seed)
    try settings.save(to: folder.settingsPath)
    folder.linkAsLatest()
    let result = try await SegmentationTraining(
      found, recipe: recipe, seed: seed, output: folder.path, resumes: resumes, reporter: reporter
    ).run()
    return try finished(result, settings)
  }

  /// Writes what is for reading; the numbers come last, as where they are the run is finished.
  private func finished(
    _ result: SegmentationResult, _ settings: SegmentationSettings
  ) throws -> TrainingRun.Outcome {
    remark("Writing the report …")
    var report = SegmentationReport(result)
    report.settings = settings.facts
    report.environment = Environment.facts
    report.modelPath = folder.modelPath
    try report.write(to: folder.reportPath)
    let evaluation = SegmentationEvaluation(scores: result.test)
    let json = try write(
      [JSON.Member("task", .string("segmentation"))] + evaluation.members + [
        JSON.Member("seconds", .number(result.seconds)),
        JSON.Member("weights", .integer(try result.segmenter.model.parameterCount())),
        JSON.Member("weights_sha256", .string(try SHA256.hash(ofFile: folder.modelPath))),
        JSON.Member("settings", settings.json),
        JSON.Member(
          "photos",
          .object([
            JSON.Member("training", .integer(result.training.count)),
            JSON.Member("validation", .integer(result.validationCount)),
            JSON.Member("test", .integer(result.test.files.count)),
            JSON.Member("notes", .array(result.photos.notes.map { .string($0) })),
          ])), JSON.Member("phases", .array([result.phase.json])),
      ])
    let parts = [evaluation.text] + closing(seconds: result.seconds, example: result.test.files.first)
    return TrainingRun.Outcome(result: json, text: "\n" + parts.joined(separator: "\n\n"))
  }
}
