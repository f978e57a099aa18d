import Foundation

/// Bytes that can be read at any position: a file, or memory that stands for one.
public protocol ByteSource: Sendable {
  /// What errors call it: a path, or an archive's path with the member's name.
  var path: String { get }
  /// Number of bytes.
  var byteCount: Int { get }
  /// Fills `destination` with the bytes from `offset` on; throws where they do not exist.
  func read(at offset: Int, into destination: UnsafeMutableRawBufferPointer) throws
}

extension ByteSource {
  /// The `count` bytes from `offset` on, which must lie inside the source: nothing is allocated before
  /// that is known.
  /// - Throws: `FileError` when the bytes do not exist or cannot be read.
  public func bytes(at offset: Int, count: Int) throws -> [UInt8] {
    try checkRange(offset: offset, count: count)
    var result = [UInt8](repeating: 0, count: count)
    try result.withUnsafeMutableBytes { try read(at: offset, into: $0) }
    return result
  }

  func checkRange(offset: Int, count: Int) throws {
    guard offset >= 0, count >= 0, offset <= byteCount, count <= byteCount - offset else {
      throw FileError(
        path: path, reason: .truncated,
        problem: "\(count) bytes expected at byte \(offset), but there are only \(byteCount) in all",
        advice: "Copy or download the file again.")
    }
  }
}

/// A file opened for reading at any position, closed with its last reference.
///
/// It is read with `pread`, not mapped: a file that is cut short while it is being read gives an error,
/// where a mapping would end the process.
public final class FileReader: ByteSource {
  /// The path as the caller gave it.
  public let path: String
  /// The size when the file was opened.
  public let byteCount: Int
  private let descriptor: Int32

  /// Opens a regular file.
  /// - Throws: `FileError` when there is none, it cannot be opened, or it is only a pointer of Git LFS.
  public init(path: String) throws {
    self.path = path
    // A pipe that nobody writes to would be waited for.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let code = errno
      throw FileError(
        path: path, reason: code == ENOENT ? .missing : .unreadable,
        problem: code == ENOENT ? "there is no such file" : "it cannot be opened: \(systemMessage(code))",
        advice: code == ENOENT ? "Check the path." : nil)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FileError(
        path: path, reason: .unreadable, problem: "a regular file was expected, a folder or device came")
    }
    self.descriptor = descriptor
    byteCount = Int(status.st_size)
    if byteCount <= ForeignFile.pointerLimit,
      let error = ForeignFile.pointerError(path: path, bytes: try bytes(at: 0, count: byteCount))
    {
      throw error
    }
  }

  deinit { close(descriptor) }

  /// Fills `destination` from `offset` on.
  /// - Throws: `FileError` when the bytes do not exist or cannot be read.
  public func read(at offset: Int, into destination: UnsafeMutableRawBufferPointer) throws {
    try checkRange(offset: offset, count: destination.count)
    var done = 0
    while done < destination.count {
      let count = pread(
        descriptor, destination.baseAddress.map { $0 + done }, destination.count - done, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else {
        throw FileError(
          path: path, reason: .unreadable,
          problem: "reading at byte \(offset + done) failed: \(systemMessage(errno))")
      }
      guard count > 0 else {
        throw FileError(
          path: path, reason: .truncated,
          problem: "the file became shorter than \(byteCount) bytes while it was read",
          advice: "Wait until whoever writes it is done.")
      }
      done += count
    }
  }
}

/// Bytes in memory that are read as if they were a file.
public struct MemorySource: ByteSource {
  /// What errors call it.
  public let path: String
  /// The bytes.
  public let bytes: [UInt8]

  /// A source over `bytes`, called `path` in errors.
  public init(_ bytes: [UInt8], path: String) {
    self.bytes = bytes
    self.path = path
  }

  /// Number of bytes.
  public var byteCount: Int { bytes.count }

  /// Fills `destination` from `offset` on.
  /// - Throws: `FileError` when the bytes do not exist or cannot be read.
  public func read(at offset: Int, into destination: UnsafeMutableRawBufferPointer) throws {
    try checkRange(offset: offset, count: destination.count)
    guard destination.count > 0 else { return }
    bytes.withUnsafeBytes {
      destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + destination.count]))
    }
  }
}

func systemMessage(_ code: Int32) -> String { String(cString: strerror(code)) }
