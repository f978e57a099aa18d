/// The list of members at the end of a zip archive.
struct ZipDirectory {
  let source: any ByteSource
  private let maximumByteCount = 64 << 20

  init(_ source: any ByteSource) { self.source = source }

  /// The members, checked against each other and the file.
  func entries() throws -> [ZipReader.Entry] {
    let location = try locate()
    guard location.byteCount <= maximumByteCount else {
      throw FileError(
        path: source.path, reason: .tooLarge,
        problem: "its directory has \(location.byteCount) bytes, \(maximumByteCount) are read at most")
    }
    let bytes = try source.bytes(at: location.offset, count: location.byteCount)
    var entries: [ZipReader.Entry] = []
    var names: Set<String> = []
    var position = 0
    for _ in 0..<location.entryCount {
      guard position + 46 <= bytes.count, bytes.littleEndian(at: position, size: 4) == 0x0201_4b50 else {
        throw corrupt(
          "\(location.entryCount) members are announced, the directory ends after \(entries.count)")
      }
      let entry = try entry(bytes, at: &position)
      guard names.insert(entry.name).inserted else {
        throw corrupt("the name \"\(entry.name)\" comes twice")
      }
      guard entry.headerOffset <= location.offset - 30,
        entry.compressedByteCount <= location.offset - 30 - entry.headerOffset
      else { throw corrupt("member \"\(entry.name)\" lies outside the file") }
      if !entry.name.hasSuffix("/") { entries.append(entry) }
    }
    try checkOverlap(entries)
    return entries
  }

  private struct Location {
    var offset: Int
    var byteCount: Int
    var entryCount: Int
  }

  private func locate() throws -> Location {
    // The end record has 22 bytes and a comment of at most 65,535.
    let tailCount = min(source.byteCount, 22 + 65_535)
    let tail = try source.bytes(at: source.byteCount - tailCount, count: tailCount)
    let candidate = stride(from: tailCount - 22, through: 0, by: -1).first { position in
      tail.littleEndian(at: position, size: 4) == 0x0605_4b50
        && position + 22 + Int(tail.littleEndian(at: position + 20, size: 2)) == tailCount
    }
    guard let candidate else {
      throw FileError(
        path: source.path, reason: .corrupt,
        problem: "a zip archive was expected, but no directory stands at its end",
        advice: "It may be cut short: copy or download it again.")
    }
    let end = source.byteCount - tailCount + candidate
    var location = Location(
      offset: Int(tail.littleEndian(at: candidate + 16, size: 4)),
      byteCount: Int(tail.littleEndian(at: candidate + 12, size: 4)),
      entryCount: Int(tail.littleEndian(at: candidate + 10, size: 2)))
    let isSplit = tail.littleEndian(at: candidate + 4, size: 4) != 0
    var limit = end
    if location.offset == 0xffff_ffff || location.byteCount == 0xffff_ffff || location.entryCount == 0xffff {
      limit = try readZip64(end: end, into: &location)
    } else if isSplit {
      throw FileError(path: source.path, reason: .unsupported, problem: "the archive is split over volumes")
    }
    guard location.offset <= limit, location.byteCount <= limit - location.offset,
      location.entryCount <= location.byteCount / 46
    else { throw corrupt("its directory lies outside the file") }
    return location
  }

  private func readZip64(end: Int, into location: inout Location) throws -> Int {
    guard end >= 20 else { throw corrupt("its zip64 record is missing") }
    let locator = try source.bytes(at: end - 20, count: 20)
    guard locator.littleEndian(at: 0, size: 4) == 0x0706_4b50,
      let recordOffset = Int(exactly: locator.littleEndian(at: 8, size: 8)), recordOffset <= end - 20 - 56
    else { throw corrupt("its zip64 record is missing") }
    let record = try source.bytes(at: recordOffset, count: 56)
    guard record.littleEndian(at: 0, size: 4) == 0x0606_4b50,
      let entryCount = Int(exactly: record.littleEndian(at: 32, size: 8)),
      let byteCount = Int(exactly: record.littleEndian(at: 40, size: 8)),
      let offset = Int(exactly: record.littleEndian(at: 48, size: 8))
    else { throw corrupt("its zip64 record is damaged") }
    location = Location(offset: offset, byteCount: byteCount, entryCount: entryCount)
    return recordOffset
  }

  private func entry(_ bytes: [UInt8], at position: inout Int) throws -> ZipReader.Entry {
    let start = position
    let flags = bytes.littleEndian(at: start + 8, size: 2)
    let method = bytes.littleEndian(at: start + 10, size: 2)
    let nameCount = Int(bytes.littleEndian(at: start + 28, size: 2))
    let extraCount = Int(bytes.littleEndian(at: start + 30, size: 2))
    let commentCount = Int(bytes.littleEndian(at: start + 32, size: 2))
    position = start + 46 + nameCount + extraCount + commentCount
    guard position <= bytes.count else { throw corrupt("its directory is cut short") }
    let name = String(decoding: bytes[(start + 46)..<(start + 46 + nameCount)], as: UTF8.self)
    guard flags & 1 == 0 else {
      throw FileError(
        path: source.path, reason: .unsupported, problem: "member \"\(name)\" is encrypted")
    }
    guard method == 0 || method == 8 else {
      throw FileError(
        path: source.path, reason: .unsupported,
        problem: "member \"\(name)\" is compressed by method \(method); stored (0) and deflated (8) are read")
    }
    var fields = [
      bytes.littleEndian(at: start + 24, size: 4), bytes.littleEndian(at: start + 20, size: 4),
      bytes.littleEndian(at: start + 42, size: 4),
    ]
    let extraStart = start + 46 + nameCount
    try widen(&fields, bytes, extra: extraStart..<(extraStart + extraCount), name: name)
    guard let byteCount = Int(exactly: fields[0]), let compressedByteCount = Int(exactly: fields[1]),
      let headerOffset = Int(exactly: fields[2]), method == 8 || byteCount == compressedByteCount
    else { throw corrupt("the sizes of member \"\(name)\" contradict each other") }
    return ZipReader.Entry(
      name: name, byteCount: byteCount, compressedByteCount: compressedByteCount,
      checksum: UInt32(bytes.littleEndian(at: start + 16, size: 4)), isDeflated: method == 8,
      headerOffset: headerOffset)
  }

  /// Takes those of size, compressed size and offset that do not fit 32 bits from the zip64 extra field.
  private func widen(_ fields: inout [UInt64], _ bytes: [UInt8], extra: Range<Int>, name: String) throws {
    guard fields.contains(0xffff_ffff) else { return }
    var position = extra.lowerBound
    while position + 4 <= extra.upperBound {
      let tag = bytes.littleEndian(at: position, size: 2)
      let fieldEnd = position + 4 + Int(bytes.littleEndian(at: position + 2, size: 2))
      guard fieldEnd <= extra.upperBound else { break }
      if tag == 1 {
        var value = position + 4
        for index in fields.indices where fields[index] == 0xffff_ffff {
          guard value + 8 <= fieldEnd else { throw corrupt("the zip64 field of \"\(name)\" is cut short") }
          fields[index] = bytes.littleEndian(at: value, size: 8)
          value += 8
        }
        return
      }
      position = fieldEnd
    }
  }

  /// Members that share bytes are how a small archive claims to hold petabytes.
  private func checkOverlap(_ entries: [ZipReader.Entry]) throws {
    let sorted = entries.sorted { $0.headerOffset < $1.headerOffset }
    for (earlier, later) in zip(sorted, sorted.dropFirst())
    where earlier.headerOffset + 30 + earlier.compressedByteCount > later.headerOffset {
      throw corrupt("members \"\(earlier.name)\" and \"\(later.name)\" overlap")
    }
  }

  private func corrupt(_ problem: String) -> FileError {
    FileError(
      path: source.path, reason: .corrupt, problem: "as a zip archive: \(problem)",
      advice: "Copy or download the file again.")
  }
}
