import ApusIO
import Foundation

/// A file of records, one a line, that several processes read and append to.
///
/// Appending happens under the file's advisory lock. Who works on a trial holds a lock on a byte of its own, far beyond
/// the end; the kernel frees it when the process dies, however that happens, so nobody needs a clock to find the trial.
final class JournalFile {
  let path: String
  private let descriptor: Int32
  private var position: off_t = 0
  private var line = 0
  /// What was mended, for the user to know.
  private(set) var notes: [String] = []

  init(path: String) throws {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw FileError(
        path: path, reason: .unwritable, problem: "the journal cannot be opened: \(Self.trouble)")
    }
  }

  deinit { close(descriptor) }

  /// Runs `body` while no other process changes the file.
  func locked<Result>(_ body: () throws -> Result) throws -> Result {
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else {
        throw FileError(
          path: path, reason: .unwritable, problem: "the journal cannot be locked: \(Self.trouble)",
          advice: "Keep it on a file system with locks.")
      }
    }
    defer { flock(descriptor, LOCK_UN) }
    return try body()
  }

  /// The records that others and this process have appended since the last call. Only under the lock, since an
  /// unfinished last line, left by somebody who died while writing it, is cut off.
  func newRecords() throws -> [JournalRecord] {
    let end = lseek(descriptor, 0, SEEK_END)
    guard end >= position else {
      throw FileError(
        path: path, reason: .corrupt, problem: "the journal has become shorter", line: line)
    }
    var bytes = [UInt8](repeating: 0, count: Int(end - position))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        pread(descriptor, buffer.baseAddress! + filled, buffer.count - filled, position + off_t(filled))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw FileError(
          path: path, reason: .unreadable, problem: "the journal cannot be read: \(Self.trouble)")
      }
      filled += count
    }
    var records: [JournalRecord] = [], start = 0
    while let stop = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      guard let json = try? JSON(parsing: Array(bytes[start..<stop])), let record = JournalRecord(json) else {
        throw FileError(
          path: path, reason: .corrupt, problem: "a record of a study was expected",
          advice: "Only an unfinished last line can be mended; restore the file or start another study.",
          line: line + 1)
      }
      records.append(record)
      line += 1
      start = stop + 1
    }
    position += off_t(start)
    if start < bytes.count {
      guard ftruncate(descriptor, position) == 0 else { throw unwritable() }
      notes.append(
        "\(path):\(line + 1): an unfinished record of \(bytes.count - start) bytes was cut off; its writer died"
      )
    }
    return records
  }

  /// Appends a record; only under the lock, and after `newRecords`.
  func append(_ record: JournalRecord, durably: Bool) throws {
    let bytes = Array((record.json.text() + "\n").utf8)
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        write(descriptor, buffer.baseAddress! + written, buffer.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let error = unwritable()
        _ = ftruncate(descriptor, position)
        throw error
      }
      written += count
    }
    position += off_t(bytes.count)
    line += 1
    if durably, fsync(descriptor) != 0 { throw unwritable() }
  }

  /// Takes a trial for this process; false where another one works on it.
  func take(trial: Int) -> Bool { setLock(trial, Int16(F_WRLCK)) }

  /// Gives a trial back.
  func release(trial: Int) { _ = setLock(trial, Int16(F_UNLCK)) }

  private func setLock(_ trial: Int, _ type: Int16) -> Bool {
    var region = flock()
    region.l_type = type
    region.l_whence = Int16(SEEK_SET)
    region.l_start = off_t(1 << 48) + off_t(trial)
    region.l_len = 1
    #if os(Linux)
      let command: Int32 = 37  // F_OFD_SETLK: a lock of the open file, not of the process
    #else
      let command: Int32 = 90
    #endif
    return fcntl(descriptor, command, &region) == 0
  }

  private func unwritable() -> FileError {
    FileError(path: path, reason: .unwritable, problem: "the journal cannot be written: \(Self.trouble)")
  }

  private static var trouble: String { String(cString: strerror(errno)) }
}
