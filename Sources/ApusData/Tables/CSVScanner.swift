import ApusIO

/// Reads records of RFC 4180 from a place in a file on, a chunk at a time.
struct CSVScanner {
  private let source: any ByteSource
  private let separator: UInt8
  private let trimsBlanks: Bool
  private let maximumFieldByteCount: Int
  private let chunkByteCount: Int
  private var chunk: [UInt8] = []
  private var chunkOffset: Int
  private var position = 0
  private var line: Int
  private var lineOffset: Int
  private var field: [UInt8] = []

  private static let quote = UInt8(ascii: "\"")
  private static let lineFeed: UInt8 = 0x0a
  private static let carriageReturn: UInt8 = 0x0d

  /// - Parameters:
  ///   - source: The bytes of the file.
  ///   - format: Separator, header and missing values.
  ///   - offset: A byte at which a record begins.
  ///   - line: The line of that byte.
  ///   - chunkByteCount: How much is read at a time.
  /// - Throws: `DataError` for a separator that is none.
  init(
    _ source: any ByteSource, format: CSVFormat, offset: Int = 0, line: Int = 1, chunkByteCount: Int = 1 << 16
  ) throws {
    self.source = source
    separator = try format.separatorByte()
    trimsBlanks = format.trimsBlanks
    maximumFieldByteCount = format.maximumFieldByteCount
    self.chunkByteCount = max(64, chunkByteCount)
    chunkOffset = offset
    self.line = line
    lineOffset = offset
    if offset == 0 { try skipMark() }
  }

  /// The next record that is not a blank line, or nil at the end.
  mutating func record() throws -> CSVRecord? {
    while let byte = try peek() {
      if byte == Self.lineFeed || byte == Self.carriageReturn {
        try takeLineEnd()
        continue
      }
      let start = (line, chunkOffset + position)
      var fields: [String] = []
      var isAtEnd = false
      while !isAtEnd {
        fields.append(try takeField())
        isAtEnd = try !takeSeparator()
      }
      return CSVRecord(fields: fields, line: start.0, offset: start.1)
    }
    return nil
  }

  private mutating func takeField() throws -> String {
    field.removeAll(keepingCapacity: true)
    let (fieldLine, fieldColumn) = (line, column)
    if trimsBlanks { try skipBlanks() }
    if try peek() == Self.quote {
      try takeQuoted(line: fieldLine, column: fieldColumn)
    } else {
      while let byte = try peek(), byte != separator, byte != Self.lineFeed, byte != Self.carriageReturn {
        try append(byte, line: fieldLine, column: fieldColumn)
        position += 1
      }
      while trimsBlanks, let last = field.last, isBlank(last) { field.removeLast() }
    }
    guard let text = String(validating: field, as: UTF8.self) else {
      throw failure(
        .unsupported, "text in UTF-8 was expected", line: fieldLine, column: fieldColumn,
        advice: "Convert the file, with `iconv -f latin1 -t utf8` for example.")
    }
    return text
  }

  private mutating func takeQuoted(line fieldLine: Int, column fieldColumn: Int) throws {
    position += 1
    while true {
      guard let byte = try peek() else {
        throw failure(
          .truncated, "the quote that opens here is never closed", line: fieldLine, column: fieldColumn)
      }
      position += 1
      if byte == Self.quote {
        guard try peek() == Self.quote else { break }
        position += 1
      } else if byte == Self.lineFeed {
        line += 1
        lineOffset = chunkOffset + position
      }
      try append(byte, line: fieldLine, column: fieldColumn)
    }
    if trimsBlanks { try skipBlanks() }
    if let byte = try peek(), byte != separator, byte != Self.lineFeed, byte != Self.carriageReturn {
      throw failure(
        .corrupt, "a separator or the line's end was expected behind the closing quote", line: line,
        column: column, advice: "A quote inside a quoted field is written twice.")
    }
  }

  private mutating func append(_ byte: UInt8, line: Int, column: Int) throws {
    guard byte != 0 else {
      throw failure(.corrupt, "text was expected, a byte of zero came", line: line, column: column)
    }
    guard field.count < maximumFieldByteCount else {
      throw failure(
        .tooLarge, "the field that begins here has more than \(maximumFieldByteCount) bytes", line: line,
        column: column, advice: "Perhaps a quote is missing; otherwise raise `maximumFieldByteCount`.")
    }
    field.append(byte)
  }

  /// Steps over a separator, or over the record's end.
  private mutating func takeSeparator() throws -> Bool {
    guard let byte = try peek() else { return false }
    if byte == separator {
      position += 1
      return true
    }
    try takeLineEnd()
    return false
  }

  /// Steps over a line feed, a carriage return, or both.
  private mutating func takeLineEnd() throws {
    let isReturn = try peek() == Self.carriageReturn
    position += 1
    if isReturn, try peek() == Self.lineFeed { position += 1 }
    line += 1
    lineOffset = chunkOffset + position
  }

  private mutating func skipBlanks() throws {
    while let byte = try peek(), isBlank(byte) { position += 1 }
  }

  private func isBlank(_ byte: UInt8) -> Bool { (byte == 0x20 || byte == 0x09) && byte != separator }

  private var column: Int { chunkOffset + position - lineOffset + 1 }

  private mutating func peek() throws -> UInt8? {
    if position < chunk.count { return chunk[position] }
    chunkOffset += chunk.count
    position = 0
    let count = min(chunkByteCount, source.byteCount - chunkOffset)
    chunk = count > 0 ? try source.bytes(at: chunkOffset, count: count) : []
    return chunk.first
  }

  /// Steps over the mark of UTF-8 that some programs put in front, and refuses what is not text.
  private mutating func skipMark() throws {
    let start = try source.bytes(at: 0, count: min(3, source.byteCount))
    if start == [0xef, 0xbb, 0xbf] {
      chunkOffset = 3
      lineOffset = 3
    } else if start.starts(with: [0xff, 0xfe]) || start.starts(with: [0xfe, 0xff]) {
      throw failure(
        .unsupported, "text in UTF-8 was expected, it begins as UTF-16 does", line: 1, column: 1,
        advice: "Convert it with `iconv -f utf16 -t utf8`.")
    } else if start.starts(with: [0x1f, 0x8b]) {
      throw failure(
        .unsupported, "text was expected, it is compressed by gzip", line: 1, column: 1,
        advice: "Run `gunzip` on it first.")
    } else if start.starts(with: [0x50, 0x4b, 0x03]) {
      throw failure(
        .unsupported, "text was expected, it is an archive, as spreadsheets are", line: 1, column: 1,
        advice: "Save the sheet as CSV.")
    }
  }

  private func failure(
    _ reason: FileError.Reason, _ problem: String, line: Int, column: Int, advice: String? = nil
  ) -> FileError {
    FileError(
      path: source.path, reason: reason, problem: problem, advice: advice, line: line, column: column)
  }
}
