import ApusGraph

/// What an array's elements are.
private struct HDF5Datatype {
  let kind: Int
  let flags: Int
  let byteCount: Int

  static let integer = 0
  static let real = 1
  static let text = 3
  static let variableLength = 9

  init(_ cursor: inout HDF5Cursor) throws {
    let first = try cursor.number(1)
    kind = first & 15
    flags = try cursor.number(3)
    byteCount = try cursor.number(4)
  }

  /// How numbers of the type are read; nil for what is not a number.
  var format: StorageFormat? {
    switch (kind, byteCount, flags & 8 != 0) {
    case (Self.real, 4, _): .direct(.float32)
    case (Self.real, 8, _): .direct(.float64)
    case (Self.real, 2, _): .float16
    case (Self.integer, 1, true): .int8
    case (Self.integer, 1, false): .direct(.uint8)
    case (Self.integer, 2, true): .int16
    case (Self.integer, 2, false): .uint16
    case (Self.integer, 4, true): .direct(.int32)
    case (Self.integer, 4, false): .direct(.uint32)
    case (Self.integer, 8, true): .direct(.int64)
    case (Self.integer, 8, false): .uint64
    default: nil
    }
  }

  var isBigEndian: Bool { flags & 1 != 0 }
}

extension HDF5ObjectHeader {
  /// The sizes of an array; empty for a scalar.
  private func dimensions(_ reader: HDF5Reader, at position: Int) throws -> [Int] {
    var cursor = HDF5Cursor(reader, at: position)
    let version = try cursor.number(1)
    guard version == 1 || version == 2 else { throw reader.corrupt("a dataspace of version \(version)") }
    let rank = try cursor.number(1)
    cursor.position += version == 1 ? 6 : 2
    guard rank <= 32 else { throw reader.corrupt("an array of \(rank) axes") }
    return try (0..<rank).map { _ in try cursor.length() }
  }

  /// The value of an array of numbers; nil for one of something else.
  func literal(_ reader: HDF5Reader, name: String) throws -> Literal? {
    guard let space = first(Kind.dataspace), let type = first(Kind.datatype), let layout = first(Kind.layout)
    else {
      throw reader.corrupt("array \(name) lacks its shape, type or place")
    }
    var cursor = HDF5Cursor(reader, at: type.position)
    let datatype = try HDF5Datatype(&cursor)
    guard let format = datatype.format else { return nil }
    let sizes = try dimensions(reader, at: space.position)
    guard let shape = Shape(checked: sizes, elementSize: format.byteSize) else {
      throw reader.corrupt("array \(name) has the impossible shape \(sizes)")
    }
    if let filters = first(Kind.filters) {
      var cursor = HDF5Cursor(reader, at: filters.position + 1)
      guard try cursor.number(1) == 0 else { throw reader.unsupported("array \(name) is compressed") }
    }
    let expected = shape.elementCount * format.byteSize
    guard let (position, byteCount) = try place(reader, layout, name) else {
      guard expected == 0 else { throw reader.unsupported("array \(name) was never written") }
      return try format.literal(shape: shape) { _ in }
    }
    guard byteCount >= expected, position <= reader.source.byteCount - expected else {
      throw reader.corrupt("array \(name) of shape \(shape) takes \(expected) bytes, \(byteCount) are there")
    }
    do {
      return try format.literal(shape: shape, isSwapped: datatype.isBigEndian) {
        try reader.source.read(at: position, into: $0)
      }
    } catch let failure as StorageFormat.Failure {
      throw reader.corrupt("array \(name): \(failure.problem)")
    }
  }

  /// Where an array's bytes are; nil when it has none.
  private func place(_ reader: HDF5Reader, _ layout: Message, _ name: String) throws -> (Int, Int)? {
    var cursor = HDF5Cursor(reader, at: layout.position)
    let version = try cursor.number(1)
    guard version == 3 || version == 4 else {
      throw reader.unsupported("array \(name) has a layout of version \(version), 3 and 4 are read")
    }
    switch try cursor.number(1) {
    case 0:
      let count = try cursor.number(2)
      return (cursor.position, count)
    case 1:
      var probe = cursor
      if try probe.rawOffset() == .max >> UInt64(64 - 8 * reader.offsetSize) { return nil }
      return (try cursor.offset(), try cursor.length())
    default: throw reader.unsupported("array \(name) is stored in chunks")
    }
  }

  /// The attributes that are one text each.
  func texts(_ reader: HDF5Reader) throws -> [String: String] {
    var texts: [String: String] = [:]
    for message in messages where message.kind == Kind.attribute {
      if let (name, text) = try text(reader, message) { texts[name] = text }
    }
    return texts
  }

  private func text(_ reader: HDF5Reader, _ message: Message) throws -> (String, String)? {
    var cursor = HDF5Cursor(reader, at: message.position)
    let version = try cursor.number(1)
    guard (1...3).contains(version) else { throw reader.corrupt("an attribute of version \(version)") }
    cursor.position += 1
    let sizes = [try cursor.number(2), try cursor.number(2), try cursor.number(2)]
    if version == 3 { cursor.position += 1 }
    func padded(_ size: Int) -> Int { version == 1 ? (size + 7) / 8 * 8 : size }
    let name = Self.text(try cursor.bytes(sizes[0]))
    cursor.position += padded(sizes[0]) - sizes[0]
    var type = cursor
    cursor.position += padded(sizes[1])
    let space = cursor.position
    cursor.position += padded(sizes[2])
    let datatype = try HDF5Datatype(&type)
    guard try dimensions(reader, at: space).isEmpty else { return nil }
    switch datatype.kind {
    case HDF5Datatype.text: return (name, Self.text(try cursor.bytes(datatype.byteCount)))
    case HDF5Datatype.variableLength where datatype.flags & 15 == 1:
      let count = try cursor.number(4)
      let heap = try cursor.offset()
      return (name, try heapText(reader, heap, index: try cursor.number(4), count: count))
    default: return nil
    }
  }

  /// A text in a global heap.
  private func heapText(_ reader: HDF5Reader, _ heap: Int, index: Int, count: Int) throws -> String {
    var cursor = HDF5Cursor(reader, at: heap)
    try cursor.expect("GCOL")
    cursor.position += 4
    let end = heap + min(try cursor.length(), reader.source.byteCount - heap)
    while cursor.position + 8 + reader.lengthSize <= end {
      let found = try cursor.number(2)
      cursor.position += 6
      let size = try cursor.length()
      if found == 0 { break }
      if found == index { return Self.text(try cursor.bytes(min(size, count))) }
      guard size <= end - cursor.position else { break }
      cursor.position += (size + 7) / 8 * 8
    }
    throw reader.corrupt("a text is missing in its heap")
  }

  /// Up to the first zero.
  private static func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
