import ApusIO
import Foundation

/// The folder that one run writes to. Nothing in it that a run did not write is ever written over.
public struct RunFolder: Sendable, Equatable {
  /// The folder.
  public let path: String

  /// A folder for a run, which need not exist yet.
  public init(path: String) {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    self.path = path
  }

  /// The model.
  public var modelPath: String { path + "/" + ModelPackage.fileName }
  /// The page about the run.
  public var reportPath: String { path + "/report.html" }
  /// The scores and everything else for machines; where it is, the run came to its end.
  public var resultPath: String { path + "/result.json" }
  /// What the run was begun with.
  public var settingsPath: String { path + "/settings.json" }
  /// What was measured in each epoch, as a table.
  public var logPath: String { path + "/log.csv" }
  /// Examples of the test set to try the model on, where the data are in no files.
  public var examplesPath: String { path + "/examples" }
  /// The trials of a search for settings, where there was one.
  public var journalPath: String { path + "/trials.jsonl" }
  /// What is held by the process that writes to the folder.
  var lockPath: String { path + "/run.lock" }

  /// Names that a run writes to.
  private static let names = [
    ModelPackage.fileName, "report.html", "result.json", "settings.json", "log.csv", "examples", "checkpoint",
    "candidates", "trials.jsonl",
  ]

  /// Where runs go unless told otherwise.
  public static let root = "runs"

  /// Whether a run came to its end here.
  public var isFinished: Bool { FileManager.default.fileExists(atPath: resultPath) }
  /// Whether a run began here.
  public var isBegun: Bool { FileManager.default.fileExists(atPath: settingsPath) }

  /// A new folder named by the time, `runs/2026-11-21T12-30-05`.
  public static func new(at date: Date = Date()) -> RunFolder {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyy-MM-dd'T'HH-mm-ss"
    let name = root + "/" + formatter.string(from: date)
    // Two runs that begin in the same second get folders of their own.
    let names = [name] + (2...99).map { "\(name)-\($0)" }
    return RunFolder(path: names.first { !FileManager.default.fileExists(atPath: $0) } ?? name)
  }

  /// The newest run that began and did not end.
  public static func newestUnfinished() -> RunFolder? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return names.sorted().reversed().map { RunFolder(path: root + "/" + $0) }
      .first {
        $0.isBegun && !$0.isFinished
          && (try? FileManager.default.destinationOfSymbolicLink(atPath: $0.path)) == nil
      }
  }

  /// Refuses a folder in which a new run would write over something, before any work is done.
  /// - Throws: `RunError` that names the first file.
  public func requireFree() throws {
    if isFinished, isBegun {
      throw RunError(
        .usage, "it holds a finished run", advice: "Choose another folder by --output.", place: path)
    }
    if isBegun, (try? RunSettings(path: settingsPath)) != nil {
      throw RunError(
        .usage, "it holds a run that did not end",
        advice: "Go on with it by --resume, or choose another folder by --output.", place: path)
    }
    for name in Self.names where Self.exists(path + "/" + name) { throw Self.taken(path + "/" + name) }
    guard RunLock.isOwn(lockPath) else { throw Self.taken(lockPath) }
  }

  /// Whether something has a name, be it a link to nothing.
  private static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  private static func taken(_ path: String) -> RunError {
    RunError(
      .usage, "it is there already and was not written by a run in this folder: it would be written over",
      advice: "Choose another folder by --output, or move it away.", place: path)
  }

  /// Makes the folder.
  /// - Throws: `FileError` where it cannot be made or written to.
  public func create() throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw unwritable("the folder cannot be made")
    }
    guard access(path, W_OK) == 0 else { throw unwritable("the folder may not be written to") }
  }

  private func unwritable(_ problem: String) -> FileError {
    FileError(
      path: path, reason: .unwritable, problem: problem,
      advice: "A file may have that name, or rights may be missing: choose another folder by --output.")
  }

  /// Points `runs/latest` to this run, where it is one of those.
  public func linkAsLatest() {
    let prefix = Self.root + "/"
    guard path.hasPrefix(prefix) else { return }
    let link = prefix + "latest"
    let manager = FileManager.default
    // Only a link is replaced: a folder of that name is somebody's own.
    if (try? manager.destinationOfSymbolicLink(atPath: link)) != nil { try? manager.removeItem(atPath: link) }
    try? manager.createSymbolicLink(atPath: link, withDestinationPath: String(path.dropFirst(prefix.count)))
  }
}
