import ApusGraph

/// LeCun's IDX files, in which MNIST and its relatives come: a magic number, the axis sizes, the elements,
/// all big-endian. Plain or compressed by gzip.
public enum IDXFile {
  /// Reads the array of the file at `path`. Signed bytes and 16-bit integers become `int32`.
  /// - Throws: `FileError` when it cannot be read or is no IDX file.
  public static func readLiteral(from path: String) throws -> Literal {
    try readLiteral(FileReader(path: path))
  }

  /// Reads the array of the IDX file that `source` holds.
  /// - Throws: `FileError` when it cannot be read or is no IDX file.
  public static func readLiteral(_ source: any ByteSource) throws -> Literal {
    let stream: Stream =
      try GzipReader.recognizes(source) ? .compressed(try GzipReader(source)) : .plain(source)
    let start = try stream.bytes(at: 0, count: 4)
    guard start[0] == 0, start[1] == 0, let format = formats[start[2]], (1...8).contains(start[3]) else {
      throw FileError(
        path: source.path, reason: .corrupt,
        problem: "as IDX: a magic number of two zeros, a type from 8 to 14 and 1 to 8 axes was expected, "
          + "\(start) came")
    }
    let rank = Int(start[3])
    let sizes = try stream.bytes(at: 4, count: 4 * rank)
    let dimensions = (0..<rank).map { axis in
      sizes[(4 * axis)..<(4 * axis + 4)].reduce(0) { $0 << 8 | Int($1) }
    }
    guard let shape = Shape(checked: dimensions, elementSize: format.byteSize) else {
      throw FileError(
        path: source.path, reason: .corrupt, problem: "as IDX: an array cannot have the shape \(dimensions)")
    }
    let offset = 4 + 4 * rank
    try stream.check(byteCount: shape.elementCount * format.byteSize, at: offset, shape: shape, source)
    let literal = try format.literal(shape: shape, isSwapped: true) { try stream.read(at: offset, into: $0) }
    try stream.checkEnd(source)
    return literal
  }

  private static let formats: [UInt8: StorageFormat] = [
    0x08: .direct(.uint8), 0x09: .int8, 0x0b: .int16, 0x0c: .direct(.int32), 0x0d: .direct(.float32),
    0x0e: .direct(.float64),
  ]

  /// The bytes of a file from front to back.
  private enum Stream {
    case plain(any ByteSource)
    case compressed(GzipReader)

    func bytes(at offset: Int, count: Int) throws -> [UInt8] {
      switch self {
      case .plain(let source): try source.bytes(at: offset, count: count)
      case .compressed(let reader): try reader.bytes(count: count)
      }
    }

    func read(at offset: Int, into destination: UnsafeMutableRawBufferPointer) throws {
      switch self {
      case .plain(let source): try source.read(at: offset, into: destination)
      case .compressed(let reader): try reader.fill(destination)
      }
    }

    /// Refuses sizes that the file cannot hold before anything is allocated for them.
    func check(byteCount: Int, at offset: Int, shape: Shape, _ source: any ByteSource) throws {
      switch self {
      case .plain:
        let available = source.byteCount - offset
        guard available == byteCount else {
          throw FileError(
            path: source.path, reason: available < byteCount ? .truncated : .corrupt,
            problem:
              "as IDX: an array of shape \(shape) takes \(byteCount) bytes, \(available) follow the header",
            advice: "Copy or download the file again.")
        }
      case .compressed:
        // What few bytes claim to become is counted before memory is taken for it.
        guard byteCount > 1 << 20, byteCount / 64 > source.byteCount else { return }
        let available = try GzipReader(source).countBytes() - offset
        guard available == byteCount else {
          throw FileError(
            path: source.path, reason: available < byteCount ? .truncated : .corrupt,
            problem: "as IDX: an array of shape \(shape) takes \(byteCount) bytes, \(available) come out",
            advice: "Copy or download the file again.")
        }
      }
    }

    func checkEnd(_ source: any ByteSource) throws {
      guard case .compressed(let reader) = self else { return }
      let extra = try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { try reader.read(into: $0) }
      guard extra == 0 else {
        throw FileError(
          path: source.path, reason: .corrupt, problem: "as IDX: more bytes follow the array",
          advice: "Copy or download the file again.")
      }
    }
  }
}
