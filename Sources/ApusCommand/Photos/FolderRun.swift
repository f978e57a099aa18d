import Apus
import Foundation

/// A training on a folder of photos, whatever is learned from it.
protocol FolderRun: Sendable {
  /// Where everything is written.
  var folder: RunFolder { get }
  /// The folder of the photos.
  var photos: String { get }
  /// All folders that are read, the photos' first: whether they are there is asked before anything is said or begun.
  var folders: [String] { get }
  /// Whether nothing is said on the way.
  var isQuiet: Bool { get }
  /// Trains and writes everything.
  func result() async throws -> TrainingRun.Outcome
}

extension FolderRun {
  var folders: [String] { [photos] }

  /// Trains in a folder that is gone again where nothing was written.
  func perform() async throws -> TrainingRun.Outcome {
    for path in folders {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw Failure(.noInput, "\(path): there is no such folder. Check the path.")
      }
      guard isFolder.boolValue else {
        throw Failure(.usage, "\(path): a folder was expected, a file came.")
      }
    }
    let isNew = !FileManager.default.fileExists(atPath: folder.path)
    // Better to learn now than after the training that nothing can be written there.
    try folder.create()
    do {
      return try await result()
    } catch is CancellationError {
      throw interruption()
    } catch {
      // A folder without anything in it goes again.
      if isNew, (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?.isEmpty ?? false {
        try? FileManager.default.removeItem(atPath: folder.path)
      }
      throw error
    }
  }

  private func interruption() -> Failure {
    let resume = "Go on with: \(TrainingRun.program) fit --resume --output \(folder.path)"
    guard FileManager.default.fileExists(atPath: folder.modelPath) else {
      let isBegun = folder.isBegun
      return Failure(.interrupted, "Stopped before anything was learned. " + (isBegun ? resume : ""))
    }
    return Failure(
      .interrupted,
      "Stopped. The best model so far is in \(folder.path) and can be used; how good it is, was not measured. \(resume)"
    )
  }

  func remark(_ text: String) { if !isQuiet { Console.remark(text) } }

  /// Who is told how training comes along.
  var reporter: PhotoReporter {
    guard !isQuiet else { return .silent }
    let progress = CountProgress()
    return PhotoReporter(
      say: { Console.remark($0) }, count: { progress.report($0, $1, $2) }, epochs: .automatic)
  }

  /// Says that there are no weights where they would be a great help.
  func remarkOnWeights(_ recipe: PhotoRecipe, _ wishes: PhotoRecipe.Wishes, side: Int) {
    guard recipe.start == .random, !wishes.fromScratch, wishes.architecture == nil,
      side >= PhotoRecipe.smallSide
    else { return }
    remark(
      "note: there are no weights that a network has learned before; with them results are much better. "
        + "scripts/weights fetches some.")
  }

  /// What a person reads at the end, after the scores.
  func closing(seconds: Double, example: String?) -> [String] {
    let files = """
      Took \(Format.duration(seconds))
      Report   \(folder.reportPath)
      Model    \(folder.modelPath)
      Result   \(folder.resultPath)
      """
    return [files]
      + (example.map { ["Try it:  \(TrainingRun.program) predict --model \(folder.path) \($0)"] } ?? [])
  }

  /// Writes the numbers, which come last: where they are, the run is finished.
  func write(_ members: [JSON.Member]) throws -> JSON {
    let json = JSON.object(members + folder.provenance())
    try AtomicFile.write(json.text(indented: true) + "\n", to: folder.resultPath)
    return json
  }
}

extension PhotoResult.Phase {
  /// The stretch of training for machines.
  var json: JSON {
    .object([
      JSON.Member("name", .string(name)), JSON.Member("seconds", .number(seconds)),
      JSON.Member("learning_rate", .number(learningRate)), JSON.Member("kept", .bool(wasKept)),
      JSON.Member("history", history.json),
    ])
  }

  /// The stretch of training for reports.
  var reported: PhotoReport.Phase {
    PhotoReport.Phase(name == "classifier" ? "The classifier" : "All layers", history: history, rates: rates)
  }
}

/// A table that says what photos show, and what of it is asked for.
struct TableSource: Codable, Equatable, Sendable {
  /// The file, as an absolute path.
  var path: String
  var targets: [String]
  var files: String?
  var task: PhotoTable.Task?

  func read(photos: String) throws -> PhotoTable {
    try PhotoTable(path: path, folder: photos, targets: targets, files: files, task: task)
  }
}
