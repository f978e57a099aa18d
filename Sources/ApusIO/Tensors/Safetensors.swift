import ApusGraph

/// A safetensors file opened for reading, one tensor at a time.
///
/// The format is Hugging Face's: eight bytes of header length, a header of JSON, then the tensors' bytes
/// without gaps. Opening reads and checks the header alone; a tensor's bytes are read when it is asked for.
public struct Safetensors: Sendable {
  /// What the header says of one tensor.
  public struct Entry: Sendable, Equatable {
    /// The tensor's name.
    public let name: String
    /// The element type as the file calls it, such as `F32`.
    public let storedType: String
    /// The axis sizes.
    public let shape: Shape
    /// Where its bytes are, counted from the end of the header.
    public let byteRange: Range<Int>
  }

  /// The free text that the writer added.
  public let metadata: [String: String]
  /// The tensors in the order of their bytes.
  public let entries: [Entry]
  private let source: any ByteSource
  private let dataOffset: Int
  private let indices: [String: Int]

  /// Opens the file at `path`.
  /// - Throws: `FileError` when it cannot be read, is no safetensors file, or has no such tensor.
  public init(path: String) throws { try self.init(FileReader(path: path)) }

  /// Opens the file that `source` holds.
  /// - Throws: `FileError` when it cannot be read, is no safetensors file, or has no such tensor.
  public init(_ source: any ByteSource) throws {
    let header = try SafetensorsHeader(source)
    self.source = source
    metadata = header.metadata
    entries = header.entries
    dataOffset = header.dataOffset
    indices = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
  }

  /// The names of the tensors, sorted.
  public var names: [String] { entries.map(\.name).sorted() }

  /// What the header says of a tensor, or nil.
  public func entry(named name: String) -> Entry? { indices[name].map { entries[$0] } }

  /// Reads one tensor's value. Half precision is read as `float32`, small integers as `int32`; other types
  /// without a `DType` are errors.
  /// - Throws: `FileError` when it cannot be read, is no safetensors file, or has no such tensor.
  public func literal(named name: String) throws -> Literal {
    guard let entry = entry(named: name) else {
      let listed = names.prefix(5).map { "\"\($0)\"" }.joined(separator: ", ")
      throw FileError(
        path: source.path, reason: .invalidRequest,
        problem: "there is no tensor \"\(name)\" among the \(entries.count) of the file",
        advice: entries.isEmpty ? nil : "The first names are \(listed).")
    }
    guard let format = SafetensorsHeader.formats[entry.storedType] else {
      throw FileError(
        path: source.path, reason: .unsupported,
        problem: "tensor \"\(name)\" has elements of type \(entry.storedType), which is not read",
        advice: "Convert it to one of \(SafetensorsHeader.formats.keys.sorted().joined(separator: ", ")).")
    }
    do {
      return try format.literal(shape: entry.shape) {
        try source.read(at: dataOffset + entry.byteRange.lowerBound, into: $0)
      }
    } catch let failure as StorageFormat.Failure {
      throw FileError(
        path: source.path, reason: .corrupt, problem: "tensor \"\(name)\": \(failure.problem)")
    }
  }

  /// Reads every tensor's value.
  /// - Throws: `FileError` when it cannot be read, is no safetensors file, or has no such tensor.
  public func literals() throws -> [String: Literal] {
    try Dictionary(uniqueKeysWithValues: entries.map { ($0.name, try literal(named: $0.name)) })
  }

  /// Reads every tensor's value from the file at `path`.
  /// - Throws: `FileError` when it cannot be read, is no safetensors file, or has no such tensor.
  public static func readLiterals(from path: String) throws -> [String: Literal] {
    try Safetensors(path: path).literals()
  }
}

extension Safetensors {
  /// Writes tensors by name, with free text beside them. The file appears complete or not at all.
  ///
  /// Bytes are laid out as by the reference implementation: by type, the widest first, then by name, so
  /// that every tensor is aligned to its element. Equal contents give equal files.
  /// - Throws: `FileError` when it cannot be written.
  public static func write(
    _ literals: [String: Literal], metadata: [String: String] = [:], to path: String
  ) throws {
    guard literals["__metadata__"] == nil else {
      throw FileError(
        path: path, reason: .invalidRequest,
        problem: "a tensor is called \"__metadata__\", the name that the format keeps for itself",
        advice: "Rename it.")
    }
    let sorted = literals.sorted { (rank($0.value.dtype), $0.key) < (rank($1.value.dtype), $1.key) }
    try AtomicFile.write(to: path) { file in
      try file.write(header(sorted, metadata: metadata))
      for (_, literal) in sorted { try literal.withUnsafeBytes { try file.write($0) } }
    }
  }

  private static func header(
    _ sorted: [(key: String, value: Literal)], metadata: [String: String]
  ) -> [UInt8] {
    var members: [JSON.Member] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) }
      members.append(JSON.Member("__metadata__", .object(texts)))
    }
    var offset = 0
    for (name, literal) in sorted {
      let end = offset + literal.byteCount
      members.append(
        JSON.Member(
          name,
          [
            "dtype": .string(storedType(literal.dtype)),
            "shape": .array(literal.shape.dimensions.map { .integer($0) }),
            "data_offsets": [.integer(offset), .integer(end)],
          ]))
      offset = end
    }
    var text = Array(JSON.object(members).text().utf8)
    // Blanks at the end of the header put the first tensor at a multiple of eight.
    text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    var bytes: [UInt8] = []
    bytes.append(littleEndian: text.count, size: 8)
    return bytes + text
  }

  private static func storedType(_ dtype: DType) -> String {
    switch dtype {
    case .float32: "F32"
    case .float64: "F64"
    case .int32: "I32"
    case .int64: "I64"
    case .uint8: "U8"
    case .bool: "BOOL"
    case .bfloat16: "BF16"
    case .uint32: "U32"
    }
  }

  /// The reference implementation's order of types in a file.
  private static func rank(_ dtype: DType) -> Int {
    switch dtype {
    case .int64: 0
    case .float64: 1
    case .float32: 2
    case .uint32: 3
    case .int32: 4
    case .bfloat16: 5
    case .uint8: 6
    case .bool: 7
    }
  }
}
