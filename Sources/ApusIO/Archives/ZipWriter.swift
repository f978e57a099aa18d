/// A zip archive in the making. Equal members give equal archives: no times are kept.
public final class ZipWriter {
  private struct Entry {
    var name: [UInt8]
    var checksum: UInt32
    var byteCount: Int
    var compressedByteCount: Int
    var isDeflated: Bool
    var offset: Int
  }

  private let file: AtomicFile
  private var entries: [Entry] = []

  /// An archive written to `file`, which must be empty so far.
  public init(_ file: AtomicFile) { self.file = file }

  /// Adds a member.
  /// - Throws: `FileError` when it cannot be written.
  public func add(_ name: String, _ pieces: [UnsafeRawBufferPointer], compressed: Bool) throws {
    let nameBytes = Array(name.utf8)
    guard nameBytes.count <= 0xffff, !nameBytes.isEmpty else {
      throw FileError(
        path: file.path, reason: .invalidRequest,
        problem: "a member's name of 1 to 65,535 bytes was expected, \(nameBytes.count) came")
    }
    guard !entries.contains(where: { $0.name == nameBytes }) else {
      throw FileError(
        path: file.path, reason: .invalidRequest, problem: "two members are called \"\(name)\"")
    }
    var entry = Entry(
      name: nameBytes, checksum: pieces.reduce(0) { crc32($1, after: $0) },
      byteCount: pieces.reduce(0) { $0 + $1.count }, compressedByteCount: 0, isDeflated: compressed,
      offset: file.byteCount)
    if compressed {
      let deflated = try Deflater.compress(pieces.flatMap { Array($0) }, wrapper: .none, level: 6)
      entry.compressedByteCount = deflated.count
      try file.write(header(entry))
      try file.write(deflated)
    } else {
      entry.compressedByteCount = entry.byteCount
      try file.write(header(entry))
      for piece in pieces { try file.write(piece) }
    }
    entries.append(entry)
  }

  /// Adds a member of bytes.
  /// - Throws: `FileError` when it cannot be written.
  public func add(_ name: String, _ bytes: [UInt8], compressed: Bool = false) throws {
    try bytes.withUnsafeBytes { try add(name, [$0], compressed: compressed) }
  }

  /// Writes the directory, after which the archive is complete. The file is still to be committed.
  /// - Throws: `FileError` when it cannot be written.
  public func finish() throws {
    let start = file.byteCount
    for entry in entries { try file.write(directoryRecord(entry)) }
    let byteCount = file.byteCount - start
    let needs64 = start >= 0xffff_ffff || byteCount >= 0xffff_ffff || entries.count >= 0xffff
    if needs64 {
      let recordOffset = file.byteCount
      var record: [UInt8] = []
      record.append(littleEndian: 0x0606_4b50, size: 4)
      record.append(littleEndian: 44, size: 8)
      record.append(littleEndian: 45, size: 2)
      record.append(littleEndian: 45, size: 2)
      record.append(littleEndian: 0, size: 8)
      record.append(littleEndian: entries.count, size: 8)
      record.append(littleEndian: entries.count, size: 8)
      record.append(littleEndian: byteCount, size: 8)
      record.append(littleEndian: start, size: 8)
      record.append(littleEndian: 0x0706_4b50, size: 4)
      record.append(littleEndian: 0, size: 4)
      record.append(littleEndian: recordOffset, size: 8)
      record.append(littleEndian: 1, size: 4)
      try file.write(record)
    }
    var end: [UInt8] = []
    end.append(littleEndian: 0x0605_4b50, size: 4)
    end.append(littleEndian: 0, size: 4)
    for _ in 0..<2 { end.append(littleEndian: min(entries.count, 0xffff), size: 2) }
    end.append(littleEndian: min(byteCount, 0xffff_ffff), size: 4)
    end.append(littleEndian: min(start, 0xffff_ffff), size: 4)
    end.append(littleEndian: 0, size: 2)
    try file.write(end)
  }

  /// Version, flags (names in UTF-8), method, the first day of zip's calendar, checksum and sizes: what
  /// both records share.
  private func commonFields(_ entry: Entry, saturated: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: saturated ? 45 : 20, size: 2)
    bytes.append(littleEndian: 0x0800, size: 2)
    bytes.append(littleEndian: entry.isDeflated ? 8 : 0, size: 2)
    bytes.append(littleEndian: 0, size: 2)
    bytes.append(littleEndian: 0x0021, size: 2)
    bytes.append(littleEndian: Int(entry.checksum), size: 4)
    bytes.append(littleEndian: saturated ? 0xffff_ffff : entry.compressedByteCount, size: 4)
    bytes.append(littleEndian: saturated ? 0xffff_ffff : entry.byteCount, size: 4)
    bytes.append(littleEndian: entry.name.count, size: 2)
    return bytes
  }

  private func isLarge(_ entry: Entry) -> Bool {
    entry.byteCount >= 0xffff_ffff || entry.compressedByteCount >= 0xffff_ffff || entry.offset >= 0xffff_ffff
  }

  private func header(_ entry: Entry) -> [UInt8] {
    let large = isLarge(entry)
    var bytes: [UInt8] = []
    bytes.append(littleEndian: 0x0403_4b50, size: 4)
    bytes += commonFields(entry, saturated: large)
    bytes.append(littleEndian: large ? 20 : 0, size: 2)
    bytes += entry.name
    if large {
      bytes.append(littleEndian: 1, size: 2)
      bytes.append(littleEndian: 16, size: 2)
      bytes.append(littleEndian: entry.byteCount, size: 8)
      bytes.append(littleEndian: entry.compressedByteCount, size: 8)
    }
    return bytes
  }

  private func directoryRecord(_ entry: Entry) -> [UInt8] {
    let large = isLarge(entry)
    var bytes: [UInt8] = []
    bytes.append(littleEndian: 0x0201_4b50, size: 4)
    bytes.append(littleEndian: 45, size: 2)
    bytes += commonFields(entry, saturated: large)
    bytes.append(littleEndian: large ? 28 : 0, size: 2)
    bytes.append(littleEndian: 0, size: 2 + 2 + 2 + 4)
    bytes.append(littleEndian: large ? 0xffff_ffff : entry.offset, size: 4)
    bytes += entry.name
    if large {
      bytes.append(littleEndian: 1, size: 2)
      bytes.append(littleEndian: 24, size: 2)
      for value in [entry.byteCount, entry.compressedByteCount, entry.offset] {
        bytes.append(littleEndian: value, size: 8)
      }
    }
    return bytes
  }
}
