import ApusGraph

/// The groups, attributes and arrays of an HDF5 file (format specification 3.0), as far as Keras uses them.
///
/// Read are superblocks 0 to 3, groups with symbol tables or compact links, texts as attributes, and arrays of
/// numbers that are stored in one piece. Made for files from strangers: every address and length is checked before
/// it is used, and links never lead out of the file.
struct HDF5File {
  /// An array in a group.
  struct Dataset {
    /// The names that lead to it.
    let path: [String]
    let header: HDF5ObjectHeader
  }

  let reader: HDF5Reader
  /// Every array, in the order of the groups' names.
  private(set) var datasets: [Dataset] = []
  /// Texts among the attributes of groups, by the group's path joined by `/` and the attribute's name.
  private(set) var texts: [String: [String: String]] = [:]

  /// The bytes with which such a file begins.
  static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

  init(_ source: any ByteSource) throws {
    var reader = try HDF5Reader(source)
    let root = try reader.root()
    self.reader = reader
    var ancestors = Set<Int>()
    try visit(root, path: [], &ancestors)
  }

  private mutating func visit(_ address: Int, path: [String], _ ancestors: inout Set<Int>) throws {
    guard path.count < 64, datasets.count < 1_000_000, ancestors.insert(address).inserted else {
      throw reader.corrupt("its groups lie inside each other without end")
    }
    defer { ancestors.remove(address) }
    let header = try HDF5ObjectHeader(reader, at: address)
    if header.isDataset {
      datasets.append(Dataset(path: path, header: header))
      return
    }
    texts[path.joined(separator: "/")] = try header.texts(reader)
    for link in try header.links(reader).sorted(by: { $0.name < $1.name }) {
      try visit(link.address, path: path + [link.name], &ancestors)
    }
  }

  /// The value of an array; real numbers as `float32` unless they have 64 bits, whole ones as `int32` or `int64`.
  /// Nil for an array of something else.
  func literal(of dataset: Dataset) throws -> Literal? {
    try dataset.header.literal(reader, name: dataset.path.joined(separator: "/"))
  }
}

/// Reads the numbers of an HDF5 file, whose addresses and lengths have sizes of the file's own.
struct HDF5Reader {
  let source: any ByteSource
  private(set) var offsetSize = 8
  private(set) var lengthSize = 8
  private var base = 0
  private let superblockVersion: Int

  init(_ source: any ByteSource) throws {
    self.source = source
    guard source.byteCount >= 48, try source.bytes(at: 0, count: 8) == HDF5File.signature else {
      throw FileError(
        path: source.path, reason: .corrupt,
        problem: "an HDF5 file was expected, but it does not begin as one")
    }
    superblockVersion = Int(try source.bytes(at: 8, count: 1)[0])
    guard superblockVersion <= 3 else {
      throw FileError(
        path: source.path, reason: .unsupported,
        problem: "its superblock has version \(superblockVersion), 0 to 3 are read")
    }
    let sizes = try source.bytes(at: superblockVersion < 2 ? 13 : 9, count: 2).map(Int.init)
    guard sizes.allSatisfy({ [2, 4, 8].contains($0) }) else {
      throw corrupt("its addresses have \(sizes[0]) bytes and its lengths \(sizes[1])")
    }
    (offsetSize, lengthSize) = (sizes[0], sizes[1])
  }

  /// Where the root group's header is.
  mutating func root() throws -> Int {
    var cursor = HDF5Cursor(self, at: superblockVersion == 0 ? 24 : superblockVersion == 1 ? 28 : 12)
    base = try cursor.offset()
    // Free space or extension, end of file, and in old files the driver.
    _ = try cursor.rawOffset()
    let end = try cursor.offset()
    guard end <= source.byteCount else {
      throw FileError(
        path: source.path, reason: .truncated,
        problem: "\(end) bytes are announced, the file has \(source.byteCount)",
        advice: "Copy or download it again.")
    }
    if superblockVersion < 2 {
      _ = try cursor.rawOffset()
      _ = try cursor.rawOffset()
    }
    return try cursor.offset()
  }

  /// The position in the file that an address means.
  func position(_ address: UInt64) throws -> Int {
    guard let address = Int(exactly: address), address <= source.byteCount - base else {
      throw corrupt("an address of \(address) lies outside the file")
    }
    return base + address
  }

  func corrupt(_ problem: String) -> FileError {
    FileError(
      path: source.path, reason: .corrupt, problem: "as an HDF5 file: \(problem)",
      advice: "Copy or download the file again.")
  }

  func unsupported(_ problem: String) -> FileError {
    FileError(
      path: source.path, reason: .unsupported, problem: problem,
      advice:
        "Files that Keras saves are read; rewrite others with h5py's defaults, without chunks or compression."
    )
  }
}

/// A place in a file, which moves as things are read.
struct HDF5Cursor {
  let reader: HDF5Reader
  var position: Int

  init(_ reader: HDF5Reader, at position: Int) {
    self.reader = reader
    self.position = position
  }

  mutating func bytes(_ count: Int) throws -> [UInt8] {
    defer { position += count }
    return try reader.source.bytes(at: position, count: count)
  }

  mutating func number(_ size: Int) throws -> Int {
    let value = try bytes(size).littleEndian(at: 0, size: size)
    guard let number = Int(exactly: value) else { throw reader.corrupt("a size of \(value)") }
    return number
  }

  mutating func length() throws -> Int { try number(reader.lengthSize) }

  mutating func rawOffset() throws -> UInt64 {
    try bytes(reader.offsetSize).littleEndian(at: 0, size: reader.offsetSize)
  }

  /// The position that an address leads to.
  mutating func offset() throws -> Int { try reader.position(try rawOffset()) }

  mutating func expect(_ letters: String) throws {
    guard try bytes(letters.utf8.count) == Array(letters.utf8) else {
      throw reader.corrupt("\(letters) was expected at byte \(position - letters.utf8.count)")
    }
  }
}
