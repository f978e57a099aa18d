/// What is said of a group or an array: messages, each of a kind.
struct HDF5ObjectHeader {
  /// A message: its kind, where its bytes are, and how many there are.
  struct Message {
    let kind: Int
    let position: Int
    let byteCount: Int
  }

  /// A name in a group and the header it leads to.
  struct Link {
    let name: String
    let address: Int
  }

  private(set) var messages: [Message] = []

  /// Kinds of messages, as the specification numbers them.
  enum Kind {
    static let dataspace = 1
    static let linkInfo = 2
    static let datatype = 3
    static let link = 6
    static let layout = 8
    static let filters = 11
    static let attribute = 12
    static let continuation = 16
    static let symbolTable = 17
  }

  init(_ reader: HDF5Reader, at position: Int) throws {
    var cursor = HDF5Cursor(reader, at: position)
    if try cursor.bytes(4) == Array("OHDR".utf8) {
      try readSecondVersion(reader, cursor)
    } else {
      try readFirstVersion(reader, HDF5Cursor(reader, at: position))
    }
  }

  var isDataset: Bool { messages.contains { $0.kind == Kind.layout } }

  func first(_ kind: Int) -> Message? { messages.first { $0.kind == kind } }

  private mutating func readFirstVersion(_ reader: HDF5Reader, _ start: HDF5Cursor) throws {
    var cursor = start
    guard try cursor.number(1) == 1 else {
      throw reader.corrupt("no header begins at byte \(start.position)")
    }
    cursor.position += 1
    let count = try cursor.number(2)
    cursor.position += 4
    let byteCount = try cursor.number(4)
    cursor.position += 4
    var blocks = [(cursor.position, byteCount)]
    var seen = Set<Int>()
    while let (position, byteCount) = blocks.popLast() {
      guard seen.insert(position).inserted else { throw reader.corrupt("a header continues in itself") }
      cursor.position = position
      while cursor.position + 8 <= position + byteCount, messages.count < count {
        let kind = try cursor.number(2)
        let size = try cursor.number(2)
        cursor.position += 4
        let message = Message(kind: kind, position: cursor.position, byteCount: size)
        guard message.position + size <= position + byteCount else {
          throw reader.corrupt("a message reaches beyond its header")
        }
        cursor.position += size
        messages.append(message)
        if kind == Kind.continuation { blocks.append(try continuation(reader, message)) }
      }
    }
  }

  private mutating func readSecondVersion(_ reader: HDF5Reader, _ start: HDF5Cursor) throws {
    var cursor = start
    guard try cursor.number(1) == 2 else { throw reader.corrupt("a header of an unknown version") }
    let flags = try cursor.number(1)
    if flags & 0x20 != 0 { cursor.position += 16 }
    if flags & 0x10 != 0 { cursor.position += 4 }
    let byteCount = try cursor.number(1 << (flags & 3))
    var blocks = [(cursor.position, byteCount)]
    var seen = Set<Int>()
    let prefix = flags & 4 != 0 ? 6 : 4
    while let (position, byteCount) = blocks.popLast() {
      guard seen.insert(position).inserted else { throw reader.corrupt("a header continues in itself") }
      cursor.position = position
      while cursor.position + prefix <= position + byteCount {
        let kind = try cursor.number(1)
        let size = try cursor.number(2)
        cursor.position += prefix - 3
        let message = Message(kind: kind, position: cursor.position, byteCount: size)
        guard message.position + size <= position + byteCount, messages.count < 100_000 else {
          throw reader.corrupt("a message reaches beyond its header")
        }
        cursor.position += size
        messages.append(message)
        if kind == Kind.continuation {
          var (position, byteCount) = try continuation(reader, message)
          var block = HDF5Cursor(reader, at: position)
          try block.expect("OCHK")
          // A signature in front, a checksum behind.
          (position, byteCount) = (position + 4, byteCount - 8)
          blocks.append((position, byteCount))
        }
      }
    }
  }

  private func continuation(_ reader: HDF5Reader, _ message: Message) throws -> (Int, Int) {
    var cursor = HDF5Cursor(reader, at: message.position)
    return (try cursor.offset(), try cursor.length())
  }

  // MARK: - Groups

  /// The names in a group.
  func links(_ reader: HDF5Reader) throws -> [Link] {
    if let table = first(Kind.symbolTable) {
      var cursor = HDF5Cursor(reader, at: table.position)
      let tree = try cursor.offset()
      let heap = try cursor.offset()
      return try HDF5SymbolTable(reader, heap: heap).links(tree: tree)
    }
    if let info = first(Kind.linkInfo) {
      var cursor = HDF5Cursor(reader, at: info.position)
      cursor.position += 1
      cursor.position += try cursor.number(1) & 1 != 0 ? 8 : 0
      guard try cursor.rawOffset() == .max >> UInt64(64 - 8 * reader.offsetSize) else {
        throw reader.unsupported("a group has its links in a fractal heap")
      }
    }
    return try messages.filter { $0.kind == Kind.link }.compactMap { try link(reader, $0) }
  }

  /// A hard link; others lead elsewhere and are passed over.
  private func link(_ reader: HDF5Reader, _ message: Message) throws -> Link? {
    var cursor = HDF5Cursor(reader, at: message.position)
    guard try cursor.number(1) == 1 else { throw reader.corrupt("a link of an unknown version") }
    let flags = try cursor.number(1)
    let kind = flags & 8 != 0 ? try cursor.number(1) : 0
    if flags & 4 != 0 { cursor.position += 8 }
    if flags & 16 != 0 { cursor.position += 1 }
    let name = String(decoding: try cursor.bytes(try cursor.number(1 << (flags & 3))), as: UTF8.self)
    return kind == 0 ? Link(name: name, address: try cursor.offset()) : nil
  }
}

/// The links of a group as files for HDF5 1.6 and later have them: names in a heap, entries in a tree.
struct HDF5SymbolTable {
  private let reader: HDF5Reader
  private let names: [UInt8]

  init(_ reader: HDF5Reader, heap: Int) throws {
    self.reader = reader
    var cursor = HDF5Cursor(reader, at: heap)
    try cursor.expect("HEAP")
    cursor.position += 4
    let count = try cursor.length()
    _ = try cursor.length()
    let data = try cursor.offset()
    names = try reader.source.bytes(at: data, count: count)
  }

  func links(tree: Int) throws -> [HDF5ObjectHeader.Link] {
    var links: [HDF5ObjectHeader.Link] = []
    var seen = Set<Int>()
    try visit(tree, &seen, &links)
    return links
  }

  private func visit(_ node: Int, _ seen: inout Set<Int>, _ links: inout [HDF5ObjectHeader.Link]) throws {
    guard seen.insert(node).inserted, seen.count < 1_000_000 else {
      throw reader.corrupt("a group's tree has no end")
    }
    var cursor = HDF5Cursor(reader, at: node)
    let signature = try cursor.bytes(4)
    if signature == Array("SNOD".utf8) {
      cursor.position += 2
      for _ in 0..<(try cursor.number(2)) {
        let name = try name(at: try cursor.length())
        let header = try cursor.offset()
        let cacheKind = try cursor.number(4)
        cursor.position += 20
        // Symbolic links have no header.
        if cacheKind != 2 { links.append(HDF5ObjectHeader.Link(name: name, address: header)) }
      }
      return
    }
    guard signature == Array("TREE".utf8), try cursor.number(1) == 0, seen.count < 1_000_000 else {
      throw reader.corrupt("a group's tree was expected at byte \(node)")
    }
    cursor.position += 1
    let count = try cursor.number(2)
    cursor.position += 2 * reader.offsetSize
    for _ in 0..<count {
      _ = try cursor.length()
      try visit(try cursor.offset(), &seen, &links)
    }
  }

  private func name(at start: Int) throws -> String {
    guard start < names.count, let end = names[start...].firstIndex(of: 0) else {
      throw reader.corrupt("a name lies outside its heap")
    }
    return String(decoding: names[start..<end], as: UTF8.self)
  }
}
