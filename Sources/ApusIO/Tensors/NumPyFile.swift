import ApusGraph

/// NumPy's files: `.npy` with one array, `.npz` with several by name.
///
/// Read: versions 1 to 3, both memory orders, both byte orders. `float16` is widened to `float32`, the
/// integers of 8 and 16 bits (but `uint8`) to `int32`, `uint64` to `int64`. Nothing is ever unpickled.
public enum NumPyFile {
  /// Reads the array of an `.npy` file.
  /// - Throws: `FileError` when it cannot be read or is no array of numbers.
  public static func readLiteral(from path: String) throws -> Literal {
    try readLiteral(FileReader(path: path))
  }

  /// Reads the array of the `.npy` file that `source` holds.
  /// - Throws: `FileError` when it cannot be read or is no array of numbers.
  public static func readLiteral(_ source: any ByteSource) throws -> Literal {
    let (header, dataOffset) = try NumPyHeader.read(source)
    let expected = header.shape.elementCount * header.format.byteSize
    let available = source.byteCount - dataOffset
    guard available == expected else {
      throw FileError(
        path: source.path, reason: available < expected ? .truncated : .corrupt,
        problem: "an array of shape \(header.shape) takes \(expected) bytes, \(available) follow the header",
        advice: "Save, copy or download the file again.")
    }
    // A file in column order holds the transposed array in row order.
    let shape = header.isFortranOrder ? Shape(header.shape.dimensions.reversed()) : header.shape
    do {
      let literal = try header.format.literal(shape: shape, isSwapped: header.isBigEndian) {
        try source.read(at: dataOffset, into: $0)
      }
      return header.isFortranOrder && shape.rank > 1 ? try literal.axesReversed() : literal
    } catch let failure as StorageFormat.Failure {
      throw FileError(path: source.path, reason: .corrupt, problem: "as .npy: \(failure.problem)")
    }
  }

  /// Writes an array as an `.npy` file. NumPy has no `bfloat16`: that is written as `float32`, without loss.
  /// - Throws: `FileError` when it cannot be written.
  public static func write(_ literal: Literal, to path: String) throws {
    let value = literal.dtype == .bfloat16 ? try literal.bfloat16Widened() : literal
    try AtomicFile.write(to: path) { file in
      try file.write(NumPyHeader(dtype: value.dtype, shape: value.shape).encoded())
      try value.withUnsafeBytes { try file.write($0) }
    }
  }

  /// Reads the arrays of an `.npz` file by name.
  /// - Throws: `FileError` when it cannot be read or is no array of numbers.
  public static func readLiterals(from path: String) throws -> [String: Literal] {
    try readLiterals(FileReader(path: path))
  }

  /// Reads the arrays of the `.npz` file that `source` holds.
  /// - Throws: `FileError` when it cannot be read or is no array of numbers.
  public static func readLiterals(_ source: any ByteSource) throws -> [String: Literal] {
    let archive = try ZipReader(source)
    var result: [String: Literal] = [:]
    for entry in archive.entries {
      guard entry.name.hasSuffix(".npy") else {
        throw FileError(
          path: source.path, reason: .unsupported,
          problem: "arrays called NAME.npy were expected in it, \"\(entry.name)\" came")
      }
      let contents = MemorySource(
        try archive.contents(of: entry), path: "\(source.path)[\(entry.name.dropLast(4))]")
      result[String(entry.name.dropLast(4))] = try readLiteral(contents)
    }
    return result
  }

  /// Writes arrays by name as an `.npz` file, sorted by name.
  ///
  /// - Parameters:
  ///   - literals: Arrays by name.
  ///   - compressed: Whether to deflate them. Weights hardly shrink, so the default is not to.
  ///   - path: The file, which is replaced if it exists.
  /// - Throws: `FileError` when it cannot be written.
  public static func writeArchive(
    _ literals: [String: Literal], compressed: Bool = false, to path: String
  ) throws {
    try AtomicFile.write(to: path) { file in
      let archive = ZipWriter(file)
      for (name, literal) in literals.sorted(by: { $0.key < $1.key }) {
        let value = literal.dtype == .bfloat16 ? try literal.bfloat16Widened() : literal
        let header = NumPyHeader(dtype: value.dtype, shape: value.shape).encoded()
        try header.withUnsafeBytes { header in
          try value.withUnsafeBytes { try archive.add("\(name).npy", [header, $0], compressed: compressed) }
        }
      }
      try archive.finish()
    }
  }
}

extension Literal {
  /// The same elements with the axes in reverse order.
  func axesReversed() throws -> Literal {
    let target = Shape(shape.dimensions.reversed())
    // Walking the result in row order steps through this value by its strides, reversed.
    let steps = Array(shape.strides.reversed())
    let size = dtype.byteSize
    return try withUnsafeBytes { source in
      try Literal(dtype: dtype, shape: target) { bytes in
        guard let from = source.baseAddress, let to = bytes.baseAddress else { return }
        var position = [Int](repeating: 0, count: target.rank)
        var offset = 0
        for index in 0..<target.elementCount {
          (to + index * size).copyMemory(from: from + offset * size, byteCount: size)
          for axis in stride(from: target.rank - 1, through: 0, by: -1) {
            position[axis] += 1
            offset += steps[axis]
            if position[axis] < target[axis] { break }
            offset -= steps[axis] * target[axis]
            position[axis] = 0
          }
        }
      }
    }
  }

  /// The elements of a `bfloat16` value as `float32`.
  func bfloat16Widened() throws -> Literal {
    try withUnsafeBytes { source in
      try Literal(dtype: .float32, shape: shape) { bytes in
        let values = source.bindMemory(to: UInt16.self)
        let results = bytes.bindMemory(to: UInt32.self)
        for index in values.indices { results[index] = UInt32(values[index]) << 16 }
      }
    }
  }
}
