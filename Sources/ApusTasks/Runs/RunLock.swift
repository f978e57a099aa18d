import ApusIO
import Foundation

/// The right to write to a run's folder, held by one process at a time and given back when the process ends in any way.
final class RunLock: Sendable {
  private let descriptor: Int32
  private let path: String

  /// Takes the right.
  /// - Throws: `RunError` that says which process has it.
  init(_ folder: RunFolder) throws {
    path = folder.lockPath
    while true {
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
      guard descriptor >= 0 else {
        throw FileError(path: path, reason: .unwritable, problem: "the run's lock cannot be made")
      }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        close(descriptor)
        throw Self.held(folder)
      }
      // The holder before may have removed the file between opening and locking it.
      var mine = stat(), there = stat()
      guard fstat(descriptor, &mine) == 0, stat(path, &there) == 0, mine.st_ino == there.st_ino else {
        close(descriptor)
        continue
      }
      let text = Array("\(Self.mark)\(getpid()), since \(Date().formatted(.iso8601))\n".utf8)
      ftruncate(descriptor, 0)
      _ = text.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      self.descriptor = descriptor
      return
    }
  }

  /// How a lock begins.
  private static let mark = "process "

  /// Whether a file is a lock, or not there.
  static func isOwn(_ path: String) -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0 else { return true }
    guard status.st_mode & S_IFMT == S_IFREG, let text = try? String(contentsOfFile: path, encoding: .utf8)
    else { return false }
    return text.isEmpty || text.hasPrefix(mark)
  }

  /// Refuses a folder that another process writes to.
  /// - Throws: `RunError` that says which.
  static func requireUnheld(_ folder: RunFolder) throws {
    let descriptor = open(folder.lockPath, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else { throw held(folder) }
  }

  private static func held(_ folder: RunFolder) -> RunError {
    let holder = (try? String(contentsOfFile: folder.lockPath, encoding: .utf8))?
      .trimmingCharacters(in: .whitespacesAndNewlines)
    return RunError(
      .usage, "another run writes to this folder now" + (holder.map { $0.isEmpty ? "" : ": \($0)" } ?? ""),
      advice: "Wait for it, or choose another folder by --output.", place: folder.path)
  }

  /// Gives the right back.
  func release() {
    unlink(path)
    close(descriptor)
  }
}
