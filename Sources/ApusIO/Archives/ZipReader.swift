import Foundation

/// A zip archive (PKWARE APPNOTE 6.3, with zip64) opened for reading: stored and deflated members.
///
/// Made for archives from strangers: every size and offset is checked against the file before it is used,
/// members must not overlap, checksums are verified, and memory grows with what decompression really gives.
public struct ZipReader: Sendable {
  /// One member of an archive.
  public struct Entry: Sendable, Equatable {
    /// The name, with `/` between folders.
    public let name: String
    /// Bytes once decompressed, as the archive claims.
    public let byteCount: Int
    let compressedByteCount: Int
    let checksum: UInt32
    let isDeflated: Bool
    let headerOffset: Int
  }

  /// The members in the order of the archive's directory, folders left out.
  public let entries: [Entry]
  let source: any ByteSource

  /// Deflate's best is a match of 258 bytes in two bits: more than this is a lie.
  private static let maximumRatio = 1032

  /// Reads the directory of the archive in `source`.
  /// - Throws: `FileError` when the archive is damaged or claims what cannot be.
  public init(_ source: any ByteSource) throws {
    self.source = source
    entries = try ZipDirectory(source).entries()
  }

  /// The member of that name, or nil.
  public func entry(named name: String) -> Entry? { entries.first { $0.name == name } }

  /// The contents of a member, decompressed and verified.
  /// - Throws: `FileError` when the archive is damaged or claims what cannot be.
  public func contents(of entry: Entry) throws -> [UInt8] {
    let start = try dataOffset(of: entry)
    let contents =
      entry.isDeflated
      ? try inflated(entry, at: start) : try source.bytes(at: start, count: entry.byteCount)
    let checksum = contents.withUnsafeBytes { crc32($0) }
    guard checksum == entry.checksum else {
      throw failure(
        entry, .corrupt,
        "its checksum is \(String(checksum, radix: 16)), the archive says "
          + String(entry.checksum, radix: 16))
    }
    return contents
  }

  private func dataOffset(of entry: Entry) throws -> Int {
    let header = try source.bytes(at: entry.headerOffset, count: 30)
    guard header.littleEndian(at: 0, size: 4) == 0x0403_4b50 else {
      throw failure(entry, .corrupt, "no member begins at byte \(entry.headerOffset)")
    }
    let nameCount = Int(header.littleEndian(at: 26, size: 2))
    let extraCount = Int(header.littleEndian(at: 28, size: 2))
    let start = entry.headerOffset + 30 + nameCount + extraCount
    guard start <= source.byteCount - entry.compressedByteCount else {
      throw failure(entry, .truncated, "\(entry.compressedByteCount) bytes expected at byte \(start)")
    }
    return start
  }

  private func inflated(_ entry: Entry, at start: Int) throws -> [UInt8] {
    let (limit, overflow) = entry.compressedByteCount.multipliedReportingOverflow(by: Self.maximumRatio)
    guard overflow || entry.byteCount <= limit else {
      throw failure(
        entry, .corrupt,
        "\(entry.byteCount) bytes are claimed of \(entry.compressedByteCount) compressed ones")
    }
    let inflater = try Inflater(.none)
    var result: [UInt8] = []
    result.reserveCapacity(min(entry.byteCount, 1 << 16))
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    var position = 0
    while position < entry.compressedByteCount {
      let input = try source.bytes(
        at: start + position, count: min(1 << 16, entry.compressedByteCount - position))
      var used = 0
      var produced = 0
      repeat {
        let step = try input.withUnsafeBytes { bytes in
          try piece.withUnsafeMutableBytes { output in
            do {
              return try inflater.step(UnsafeRawBufferPointer(rebasing: bytes[used...]), into: output)
            } catch let problem as Inflater.Failure {
              throw failure(entry, .corrupt, problem.problem)
            }
          }
        }
        used += step.consumed
        produced = step.produced
        guard result.count + produced <= entry.byteCount else {
          throw failure(entry, .corrupt, "more than the \(entry.byteCount) bytes that it claims come out")
        }
        result.append(contentsOf: piece[..<produced])
        if case .finished = step.progress {
          guard position + used == entry.compressedByteCount, result.count == entry.byteCount else {
            throw failure(
              entry, .corrupt, "\(entry.byteCount) bytes expected, \(result.count) came out")
          }
          return result
        }
      } while used < input.count || produced == piece.count
      position += input.count
    }
    throw failure(entry, .truncated, "its compressed bytes have no end")
  }

  private func failure(_ entry: Entry, _ reason: FileError.Reason, _ problem: String) -> FileError {
    FileError(
      path: source.path, reason: reason, problem: "member \"\(entry.name)\": \(problem)",
      advice: "Copy or download the file again.")
  }
}
