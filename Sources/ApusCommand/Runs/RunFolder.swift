import Apus
import Foundation

/// The folder that one training writes to.
struct RunFolder: Sendable {
  let path: String

  var modelPath: String { path + "/model.safetensors" }
  var reportPath: String { path + "/report.html" }
  var resultPath: String { path + "/result.json" }
  var settingsPath: String { path + "/settings.json" }
  var logPath: String { path + "/log.csv" }
  var checkpointPath: String { path + "/checkpoint" }
  var examplesPath: String { path + "/examples" }

  /// Where runs go unless told otherwise.
  static let root = "runs"

  /// Whether training came to its end here.
  var isFinished: Bool { FileManager.default.fileExists(atPath: resultPath) }

  /// Whether training began here.
  var isBegun: Bool { FileManager.default.fileExists(atPath: settingsPath) }

  /// A new folder named by the time, `runs/2026-11-21T12-30-05`.
  static func new(at date: Date = Date()) throws -> RunFolder {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyy-MM-dd'T'HH-mm-ss"
    let name = root + "/" + formatter.string(from: date)
    // Two runs that begin in the same second get folders of their own.
    let names = [name] + (2...99).map { "\(name)-\($0)" }
    let free = names.first { !FileManager.default.fileExists(atPath: $0) } ?? name
    return RunFolder(path: free)
  }

  /// The newest run that began and did not end.
  static func newestUnfinished() -> RunFolder? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return names.sorted().reversed().map { RunFolder(path: root + "/" + $0) }
      .first {
        $0.isBegun && !$0.isFinished
          && (try? FileManager.default.destinationOfSymbolicLink(atPath: $0.path)) == nil
      }
  }

  /// Makes the folder.
  func create() throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw Failure(
        .cannotCreate,
        "The folder \(path) cannot be made: a file has that name, or the place may not be written to. Choose another "
          + "by --output.")
    }
  }

  /// Points `runs/latest` to this run, where it is one of those.
  func linkAsLatest() {
    let prefix = Self.root + "/"
    guard path.hasPrefix(prefix) else { return }
    let link = prefix + "latest"
    let manager = FileManager.default
    // Only a link is replaced: a folder of that name is somebody's own.
    if (try? manager.destinationOfSymbolicLink(atPath: link)) != nil { try? manager.removeItem(atPath: link) }
    try? manager.createSymbolicLink(atPath: link, withDestinationPath: String(path.dropFirst(prefix.count)))
  }

  /// Whether a folder for checkpoints is there already, and so may be somebody's own.
  var hasCheckpoints: Bool { FileManager.default.fileExists(atPath: checkpointPath) }

  /// Removes what only an unfinished run needs.
  /// - Parameter andFolder: Whether its folder goes as well, if nothing else lies in it: where the run made it.
  func removeCheckpoint(andFolder: Bool) {
    try? FileManager.default.removeItem(atPath: Checkpointing(directory: checkpointPath).path)
    if andFolder { rmdir(checkpointPath) }
  }
}
