import ApusIO
import Foundation

/// Checks before the first step that files can be written after it.
enum OutputFiles {
  /// Creates the folder if there is none, and checks that files can be created in it.
  /// - Throws: `FileError` for a folder that cannot be created or written.
  static func prepare(folder: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw FileError(
        path: folder, reason: .unwritable,
        problem: "the folder cannot be created: \(error.localizedDescription)",
        advice: "Choose another folder, or correct its permissions.")
    }
    try check(folder + "/training.safetensors")
  }

  /// Checks that a file at `path` could be created or replaced, and leaves it as it is.
  /// - Throws: `FileError` for one that could not.
  static func check(_ path: String) throws {
    // What is not committed is removed again.
    _ = try AtomicFile(path: path)
  }
}
