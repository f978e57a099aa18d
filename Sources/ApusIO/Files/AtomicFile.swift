import Foundation
import Synchronization

/// A file in the making, which appears under its name complete or not at all.
///
/// Bytes go to a temporary file in the same folder; `commit` brings them to the disk, renames the file and
/// brings the folder's entry to the disk too. A process killed at any moment leaves the old file or the
/// new one, never a part.
public final class AtomicFile {
  /// The path that `commit` gives the file.
  public let path: String
  /// Number of bytes written so far.
  public private(set) var byteCount = 0
  private let target: String
  private let temporaryPath: String
  private var descriptor: Int32

  private static let serial = Atomic<Int>(0)

  /// Starts a file that will replace what is at `path`. A symbolic link there is followed, and the
  /// permissions of an existing file are kept.
  /// - Throws: `FileError` when it cannot be written.
  public init(path: String) throws {
    self.path = path
    let target = Self.resolved(path)
    self.target = target
    let slash = target.lastIndex(of: "/")
    let folder = slash.map { String(target[...$0]) } ?? ""
    let name = slash.map { String(target[target.index(after: $0)...]) } ?? target
    guard !name.isEmpty else {
      throw FileError(path: path, reason: .invalidRequest, problem: "a file name was expected, a folder came")
    }
    let number = Self.serial.add(1, ordering: .relaxed).newValue
    temporaryPath = "\(folder).\(name.prefix(100)).\(getpid()).\(number).tmp"
    descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      let code = errno
      throw FileError(
        path: path, reason: .unwritable,
        problem: "a file cannot be created in its folder: \(systemMessage(code))",
        advice: code == ENOENT ? "Create the folder first." : nil)
    }
    var status = stat()
    if stat(target, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFREG else {
        discard()
        throw FileError(
          path: path, reason: .unwritable, problem: "a folder or device is there, which no file can replace")
      }
      _ = fchmod(descriptor, status.st_mode & 0o777)
    }
  }

  deinit { discard() }

  /// Adds bytes at the end.
  /// - Throws: `FileError` when it cannot be written.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    guard descriptor >= 0 else {
      throw FileError(path: path, reason: .invalidRequest, problem: "it was already committed")
    }
    var done = 0
    while done < bytes.count {
      // Linux moves at most 2^31 - 4096 bytes a call; smaller pieces keep every system content.
      let piece = min(bytes.count - done, 1 << 30)
      let count = Foundation.write(descriptor, bytes.baseAddress.map { $0 + done }, piece)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure("writing") }
      done += count
    }
    byteCount += bytes.count
  }

  /// Adds bytes at the end.
  /// - Throws: `FileError` when it cannot be written.
  public func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try write($0) }
  }

  /// Adds the text's UTF-8 bytes at the end.
  /// - Throws: `FileError` when it cannot be written.
  public func write(_ text: String) throws { try write(Array(text.utf8)) }

  /// Makes the file appear under its name. Nothing can be written afterwards.
  /// - Throws: `FileError` when it cannot be written.
  public func commit() throws {
    guard descriptor >= 0 else {
      throw FileError(path: path, reason: .invalidRequest, problem: "it was already committed")
    }
    guard fsync(descriptor) == 0 else { throw failure("bringing it to the disk") }
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0, rename(temporaryPath, target) == 0 else {
      let error = failure("giving it its name")
      unlink(temporaryPath)
      throw error
    }
    let folder = target.lastIndex(of: "/").map { String(target[...$0]) } ?? "."
    let folderDescriptor = open(folder, O_RDONLY | O_CLOEXEC)
    if folderDescriptor >= 0 {
      // Some file systems cannot sync a folder; the rename stands all the same.
      _ = fsync(folderDescriptor)
      close(folderDescriptor)
    }
  }

  /// Writes a whole file by `body`, and removes what there is of it when `body` throws.
  /// - Throws: `FileError` when it cannot be written.
  public static func write(to path: String, _ body: (AtomicFile) throws -> Void) throws {
    let file = try AtomicFile(path: path)
    do {
      try body(file)
      try file.commit()
    } catch {
      file.discard()
      throw error
    }
  }

  /// Writes a whole file of bytes.
  /// - Throws: `FileError` when it cannot be written.
  public static func write(_ bytes: [UInt8], to path: String) throws {
    try write(to: path) { try $0.write(bytes) }
  }

  /// Writes a whole file of text in UTF-8.
  /// - Throws: `FileError` when it cannot be written.
  public static func write(_ text: String, to path: String) throws {
    try write(to: path) { try $0.write(text) }
  }

  private func discard() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
    unlink(temporaryPath)
  }

  private func failure(_ action: String) -> FileError {
    let code = errno
    return FileError(
      path: path, reason: .unwritable, problem: "\(action) failed: \(systemMessage(code))",
      advice: code == ENOSPC || code == EDQUOT ? "Free some space on the disk." : nil)
  }

  /// Where a chain of symbolic links ends; the path itself when nothing is there yet.
  private static func resolved(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
