import CZlib

/// A gzip file (RFC 1952) read piece by piece, with its checksums verified.
///
/// Several members in a row read as one stream, as `gzip` itself does.
public final class GzipReader {
  private let source: any ByteSource
  private let inflater: Inflater
  private var input: [UInt8] = []
  private var inputPosition = 0
  private var sourcePosition = 0
  private var finished = false

  /// A reader of the gzip stream in `source`.
  /// - Throws: `FileError` when the data is corrupt, truncated or larger than allowed.
  public init(_ source: any ByteSource) throws {
    self.source = source
    inflater = try Inflater(.gzip)
  }

  /// Whether the bytes begin as every gzip file does.
  /// - Throws: `FileError` when the data is corrupt, truncated or larger than allowed.
  public static func recognizes(_ source: any ByteSource) throws -> Bool {
    guard source.byteCount >= 2 else { return false }
    return try source.bytes(at: 0, count: 2) == [0x1f, 0x8b]
  }

  /// Writes the next decompressed bytes and says how many: fewer than asked for only at the end.
  /// - Throws: `FileError` when the data is corrupt, truncated or larger than allowed.
  public func read(into output: UnsafeMutableRawBufferPointer) throws -> Int {
    var produced = 0
    while produced < output.count && !finished {
      if inputPosition == input.count { try refill() }
      let rest = UnsafeMutableRawBufferPointer(rebasing: output[produced...])
      let step = try input.withUnsafeBytes { bytes in
        do {
          return try inflater.step(UnsafeRawBufferPointer(rebasing: bytes[inputPosition...]), into: rest)
        } catch let failure as Inflater.Failure {
          throw FileError(
            path: source.path, reason: .corrupt, problem: "as gzip: \(failure.problem)",
            advice: "Copy or download the file again.")
        }
      }
      inputPosition += step.consumed
      produced += step.produced
      if case .finished = step.progress { try finishMember() }
    }
    return produced
  }

  /// The next `count` decompressed bytes; throws when there are fewer. Memory grows with what really
  /// comes out, not with `count`.
  /// - Throws: `FileError` when the data is corrupt, truncated or larger than allowed.
  public func bytes(count: Int) throws -> [UInt8] {
    var result: [UInt8] = []
    while result.count < count {
      let piece = min(count - result.count, max(1 << 16, result.count))
      let start = result.count
      result.append(contentsOf: repeatElement(0, count: piece))
      let produced = try result.withUnsafeMutableBytes { bytes in
        try read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]))
      }
      guard produced == piece else {
        throw FileError(
          path: source.path, reason: .truncated,
          problem: "\(count) decompressed bytes expected, \(start + produced) came",
          advice: "Copy or download the file again.")
      }
    }
    return result
  }

  /// Fills `output`; throws when fewer bytes are left.
  /// - Throws: `FileError` when the data is corrupt, truncated or larger than allowed.
  public func fill(_ output: UnsafeMutableRawBufferPointer) throws {
    let produced = try read(into: output)
    guard produced == output.count else {
      throw FileError(
        path: source.path, reason: .truncated,
        problem: "\(output.count) decompressed bytes expected, \(produced) came",
        advice: "Copy or download the file again.")
    }
  }

  /// Reads to the end, keeping nothing, and says how many bytes there were.
  func countBytes() throws -> Int {
    var count = 0
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let produced = try piece.withUnsafeMutableBytes { try read(into: $0) }
      guard produced > 0 else { return count }
      count += produced
    }
  }

  private func refill() throws {
    let count = min(1 << 16, source.byteCount - sourcePosition)
    guard count > 0 else {
      throw FileError(
        path: source.path, reason: .truncated,
        problem: "the gzip stream has no end within the \(source.byteCount) bytes",
        advice: "Copy or download the file again.")
    }
    input = try source.bytes(at: sourcePosition, count: count)
    sourcePosition += count
    inputPosition = 0
  }

  private func finishMember() throws {
    if inputPosition == input.count && sourcePosition == source.byteCount {
      finished = true
    } else {
      // What follows must be another member: the inflater says so if it is not.
      inflater.reset()
    }
  }
}

/// Whole gzip files in memory.
public enum Gzip {
  /// The decompressed contents, which must not be more than `limit` bytes.
  /// - Throws: `FileError` when the data is corrupt, truncated or larger than allowed.
  public static func decompress(_ source: any ByteSource, limit: Int) throws -> [UInt8] {
    let reader = try GzipReader(source)
    var result: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try piece.withUnsafeMutableBytes { try reader.read(into: $0) }
      guard count > 0 else { return result }
      guard result.count + count <= limit else {
        throw FileError(
          path: source.path, reason: .tooLarge, problem: "more than \(limit) bytes come out of it")
      }
      result.append(contentsOf: piece[..<count])
    }
  }

  /// The bytes as one gzip member, without a time or name: equal bytes give equal files.
  /// - Throws: `FileError` when zlib fails.
  public static func compress(_ bytes: [UInt8], level: Int32 = 6) throws -> [UInt8] {
    try Deflater.compress(bytes, wrapper: .gzip, level: level)
  }
}
