import ApusData
import ApusIO
import Foundation

/// Opens files of text as UTF-8: what is compressed, in another encoding or a stream is written to a temporary file first,
/// a piece at a time, so that any record of it can be read again.
enum PlainText {
  private static let piece = 1 << 18

  /// Opens a file, or standard input.
  /// - Parameter path: The path; `-` for standard input.
  /// - Returns: The bytes in UTF-8, and what was done to them if anything was.
  /// - Throws: `FileError` for what cannot be read.
  static func open(_ path: String) throws -> (source: any ByteSource, note: String?) {
    guard path != OpenedTable.standardInput else {
      let copy = try TemporaryText(path: "standard input")
      while let data = try FileHandle.standardInput.read(upToCount: piece), !data.isEmpty {
        try copy.append(Array(data))
      }
      return try unpacked(copy.source())
    }
    return try unpacked(FileReader(path: path))
  }

  private static func unpacked(_ source: any ByteSource) throws -> (any ByteSource, String?) {
    guard try GzipReader.recognizes(source) else { return try decoded(source) }
    let copy = try TemporaryText(path: source.path)
    let reader = try GzipReader(source)
    var bytes = [UInt8](repeating: 0, count: piece)
    while true {
      let count = try bytes.withUnsafeMutableBytes { try reader.read(into: $0) }
      guard count > 0 else { break }
      try copy.append(Array(bytes[..<count]))
    }
    return try decoded(copy.source())
  }

  private static func decoded(_ source: any ByteSource) throws -> (any ByteSource, String?) {
    let mark = try source.bytes(at: 0, count: min(2, source.byteCount))
    if mark == [0xff, 0xfe] { return (try utf16(source, isLittle: true), "\(source.path) is UTF-16") }
    if mark == [0xfe, 0xff] { return (try utf16(source, isLittle: false), "\(source.path) is UTF-16") }
    guard let line = try firstLineOutsideUTF8(source) else { return (source, nil) }
    return (
      try windows1252(source),
      "\(source.path) is not UTF-8 from line \(line) on: read as Windows-1252 (Latin-1), which every text could be"
    )
  }

  private static func forEachPiece(
    _ source: any ByteSource, from start: Int, _ body: ([UInt8]) throws -> Void
  )
    throws
  {
    var offset = start
    while offset < source.byteCount {
      let count = min(piece, source.byteCount - offset)
      try body(source.bytes(at: offset, count: count))
      offset += count
    }
  }

  /// The first line with bytes that are no UTF-8; nil where all is.
  private static func firstLineOutsideUTF8(_ source: any ByteSource) throws -> Int? {
    var line = 1, expected = 0, found: Int?
    var lowest: UInt8 = 0x80, highest: UInt8 = 0xbf
    try forEachPiece(source, from: 0) { bytes in
      guard found == nil else { return }
      for byte in bytes {
        if expected > 0 {
          guard byte >= lowest, byte <= highest else {
            found = line
            return
          }
          (lowest, highest) = (0x80, 0xbf)
          expected -= 1
          continue
        }
        switch byte {
        case 0x0a: line += 1
        case 0..<0x80: break
        case 0xc2...0xdf: expected = 1
        case 0xe0...0xef:
          expected = 2
          if byte == 0xe0 { lowest = 0xa0 }
          if byte == 0xed { highest = 0x9f }
        case 0xf0...0xf4:
          expected = 3
          if byte == 0xf0 { lowest = 0x90 }
          if byte == 0xf4 { highest = 0x8f }
        default:
          found = line
          return
        }
      }
    }
    return found ?? (expected > 0 ? line : nil)
  }

  /// The letters of Windows-1252 between 0x80 and 0x9f, where Latin-1 has control characters.
  private static let windows: [Unicode.Scalar] = Array(
    "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ".unicodeScalars)

  private static func windows1252(_ source: any ByteSource) throws -> any ByteSource {
    let copy = try TemporaryText(path: source.path)
    let table: [[UInt8]] = (0..<256).map { code in
      let scalar = (0x80..<0xa0).contains(code) ? windows[code - 0x80] : Unicode.Scalar(UInt8(code))
      return Array(String(Character(scalar)).utf8)
    }
    try forEachPiece(source, from: 0) { bytes in try copy.append(bytes.flatMap { table[Int($0)] }) }
    return try copy.source()
  }

  private static func utf16(_ source: any ByteSource, isLittle: Bool) throws -> any ByteSource {
    let copy = try TemporaryText(path: source.path)
    guard source.byteCount.isMultiple(of: 2) else {
      throw FileError(
        path: source.path, reason: .truncated,
        problem: "UTF-16 has two bytes for each unit, one is left over",
        advice: "Copy or download the file again.")
    }
    var pending: [UInt16] = []
    try forEachPiece(source, from: 2) { bytes in
      var units = pending
      for place in stride(from: 0, to: bytes.count - 1, by: 2) {
        let (first, second) = (UInt16(bytes[place]), UInt16(bytes[place + 1]))
        units.append(isLittle ? second << 8 | first : first << 8 | second)
      }
      // The second half of a letter may be in the next piece.
      pending = units.last.map { (0xd800..<0xdc00).contains($0) ? [units.removeLast()] : [] } ?? []
      try copy.append(Array(String(decoding: units, as: UTF16.self).utf8))
    }
    return try copy.source()
  }
}

/// A file without a name that goes with its last reference.
private final class TemporaryText {
  private let path: String
  private let file: URL
  private let handle: FileHandle

  /// - Parameter path: What errors call the text.
  /// - Throws: `FileError` where there is no room for temporary files.
  init(path: String) throws {
    self.path = path
    file = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString).csv")
    guard FileManager.default.createFile(atPath: file.path, contents: nil),
      let handle = FileHandle(forWritingAtPath: file.path)
    else {
      throw FileError(
        path: file.path, reason: .unwritable, problem: "no temporary file can be made for \(path)",
        advice: "Set TMPDIR to a folder with room for the table.")
    }
    self.handle = handle
  }

  deinit { try? FileManager.default.removeItem(at: file) }

  func append(_ bytes: [UInt8]) throws {
    do {
      try handle.write(contentsOf: Data(bytes))
    } catch {
      throw FileError(
        path: file.path, reason: .unwritable, problem: "the text of \(path) cannot be kept: \(error)",
        advice: "Set TMPDIR to a folder with room for the table.")
    }
  }

  /// What was written, under the name of the text; the file is not found by others any more.
  func source() throws -> any ByteSource {
    try handle.close()
    defer { try? FileManager.default.removeItem(at: file) }
    return NamedSource(base: try FileReader(path: file.path), path: path)
  }
}

/// Bytes under another name.
private struct NamedSource: ByteSource {
  let base: any ByteSource
  let path: String
  var byteCount: Int { base.byteCount }
  func read(at offset: Int, into destination: UnsafeMutableRawBufferPointer) throws {
    try base.read(at: offset, into: destination)
  }
}
