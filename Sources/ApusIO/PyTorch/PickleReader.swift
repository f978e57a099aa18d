/// Reads Python's pickles (protocols 2 to 5, as PyTorch writes them) without running anything that is in them.
///
/// A pickle is a program for a stack machine that may name any function of the machine it is loaded on and call
/// it. Here names stay names and calls stay descriptions, so that a file from a stranger can do no harm.
struct PickleReader {
  private let source: any ByteSource
  /// Where the next byte is.
  private(set) var position: Int
  private var window: [UInt8] = []
  private var windowStart = 0

  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]

  init(_ source: any ByteSource, at position: Int = 0) {
    self.source = source
    self.position = position
  }

  /// The next pickle; the position is behind it afterwards.
  mutating func next() throws -> PickleValue {
    stack = []
    marks = []
    memo = [:]
    while true {
      let start = position
      let code = try byte()
      if code == UInt8(ascii: ".") { return try pop() }
      guard try stepOverLiteral(code) || stepOverContainer(code) || stepOverObject(code) else {
        throw corrupt("the instruction \(code) at byte \(start) is none of a pickle's")
      }
    }
  }

  // MARK: - Instructions

  private mutating func stepOverLiteral(_ code: UInt8) throws -> Bool {
    switch code {
    case 0x80: _ = try byte()
    case 0x95: _ = try unsigned(8)
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.truth(true))
    case 0x89: stack.append(.truth(false))
    case UInt8(ascii: "K"): stack.append(.integer(try unsigned(1)))
    case UInt8(ascii: "M"): stack.append(.integer(try unsigned(2)))
    case UInt8(ascii: "J"): stack.append(.integer(Int(Int32(truncatingIfNeeded: try unsigned(4)))))
    case 0x8a: stack.append(integer(try bytes(try unsigned(1))))
    case 0x8b: stack.append(integer(try bytes(try unsigned(4))))
    case UInt8(ascii: "G"):
      let bits = try bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      stack.append(.real(Double(bitPattern: bits)))
    case 0x8c: stack.append(.text(try text(try unsigned(1))))
    case UInt8(ascii: "X"): stack.append(.text(try text(try unsigned(4))))
    case 0x8d: stack.append(.text(try text(try unsigned(8))))
    case UInt8(ascii: "U"): stack.append(.text(try text(try unsigned(1))))
    case UInt8(ascii: "T"): stack.append(.text(try text(try unsigned(4))))
    case UInt8(ascii: "C"): stack.append(.bytes(try bytes(try unsigned(1))))
    case UInt8(ascii: "B"): stack.append(.bytes(try bytes(try unsigned(4))))
    case 0x8e, 0x96: stack.append(.bytes(try bytes(try unsigned(8))))
    default: return false
    }
    return true
  }

  private mutating func stepOverContainer(_ code: UInt8) throws -> Bool {
    switch code {
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "}"): stack.append(.dictionary(PickleDictionary()))
    case UInt8(ascii: "]"), 0x8f: stack.append(.list(PickleList()))
    case UInt8(ascii: ")"): stack.append(.tuple([]))
    case UInt8(ascii: "t"): stack.append(.tuple(try popToMark()))
    case 0x85, 0x86, 0x87: stack.append(.tuple(try pop(Int(code) - 0x84)))
    case UInt8(ascii: "l"), 0x91:
      let list = PickleList()
      list.elements = try popToMark()
      stack.append(.list(list))
    case UInt8(ascii: "d"):
      let dictionary = PickleDictionary()
      try add(try popToMark(), to: dictionary)
      stack.append(.dictionary(dictionary))
    case UInt8(ascii: "a"): try append([try pop()])
    case UInt8(ascii: "e"), 0x90: try append(try popToMark())
    case UInt8(ascii: "s"): try setItems(try pop(2))
    case UInt8(ascii: "u"): try setItems(try popToMark())
    default: return false
    }
    return true
  }

  private mutating func stepOverObject(_ code: UInt8) throws -> Bool {
    switch code {
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"): stack.append(try top())
    case UInt8(ascii: "q"): memo[try unsigned(1)] = try top()
    case UInt8(ascii: "r"): memo[try unsigned(4)] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "h"): stack.append(try remembered(try unsigned(1)))
    case UInt8(ascii: "j"): stack.append(try remembered(try unsigned(4)))
    case UInt8(ascii: "c"): stack.append(.global(try line() + "." + line()))
    case 0x93:
      let names = try pop(2).map { $0.textValue ?? "?" }
      stack.append(.global(names.joined(separator: ".")))
    case UInt8(ascii: "R"), 0x81:
      let parts = try pop(2)
      stack.append(made(parts[0], parts[1].elements ?? []))
    case 0x92:
      let parts = try pop(3)
      stack.append(made(parts[0], parts[1].elements ?? []))
    case UInt8(ascii: "b"): _ = try pop()
    case UInt8(ascii: "Q"): stack.append(.persistent(try pop().elements ?? []))
    default: return false
    }
    return true
  }

  /// An ordered dictionary is a dictionary; every other call is remembered, not made.
  private func made(_ function: PickleValue, _ arguments: [PickleValue]) -> PickleValue {
    guard case .global(let name) = function else { return .call(name: "?", arguments: arguments) }
    if name == "collections.OrderedDict" || name == "builtins.dict" || name == "collections.defaultdict" {
      let dictionary = PickleDictionary()
      for pair in arguments.first?.elements ?? [] {
        if let pair = pair.elements, pair.count == 2 { dictionary.members.append((pair[0], pair[1])) }
      }
      return .dictionary(dictionary)
    }
    return .call(name: name, arguments: arguments)
  }

  private mutating func append(_ elements: [PickleValue]) throws {
    // What a call stands for may be any container; what goes into it is lost with it.
    if case .list(let list) = try top() { list.elements += elements }
  }

  private mutating func setItems(_ items: [PickleValue]) throws {
    if case .dictionary(let dictionary) = try top() { try add(items, to: dictionary) }
  }

  private func add(_ items: [PickleValue], to dictionary: PickleDictionary) throws {
    guard items.count % 2 == 0 else { throw corrupt("a key of a dictionary has no value") }
    for index in stride(from: 0, to: items.count, by: 2) {
      dictionary.members.append((items[index], items[index + 1]))
    }
  }

  // MARK: - The stack

  private func top() throws -> PickleValue {
    guard let last = stack.last, stack.count > marks.last ?? 0 else { throw corrupt("its stack runs empty") }
    return last
  }

  private mutating func pop() throws -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(_ count: Int) throws -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else { throw corrupt("its stack runs empty") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws -> [PickleValue] {
    guard let mark = marks.popLast() else { throw corrupt("a mark is missing on its stack") }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])
  }

  private func remembered(_ key: Int) throws -> PickleValue {
    guard let value = memo[key] else { throw corrupt("it recalls object \(key), which it has not made") }
    return value
  }

  // MARK: - Bytes

  private mutating func byte() throws -> UInt8 {
    if position < windowStart || position >= windowStart + window.count {
      window = try source.bytes(at: position, count: max(1, min(1 << 16, source.byteCount - position)))
      windowStart = position
    }
    position += 1
    return window[position - 1 - windowStart]
  }

  private mutating func bytes(_ count: Int) throws -> [UInt8] {
    guard count <= source.byteCount - position else {
      throw corrupt("\(count) bytes are announced at byte \(position), the file ends before")
    }
    if count <= 16 { return try (0..<count).map { _ in try byte() } }
    defer { position += count }
    return try source.bytes(at: position, count: count)
  }

  private mutating func unsigned(_ size: Int) throws -> Int {
    let value = try bytes(size).littleEndian(at: 0, size: size)
    guard let number = Int(exactly: value) else { throw corrupt("a length of \(value) is announced") }
    return number
  }

  private mutating func text(_ count: Int) throws -> String {
    String(decoding: try bytes(count), as: UTF8.self)
  }

  private mutating func line() throws -> String {
    var bytes: [UInt8] = []
    while true {
      let next = try byte()
      if next == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(next)
      guard bytes.count <= 4096 else { throw corrupt("a name of more than 4,096 letters") }
    }
  }

  private func integer(_ bytes: [UInt8]) -> PickleValue {
    guard bytes.count <= 8 else { return .wideInteger(bytes) }
    var value: UInt64 = bytes.last.map { $0 & 0x80 != 0 ? .max : 0 } ?? 0
    for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
    return .integer(Int(Int64(bitPattern: value)))
  }

  private func corrupt(_ problem: String) -> FileError {
    FileError(
      path: source.path, reason: .corrupt, problem: "as a pickle: \(problem)",
      advice: "Copy or download the file again.")
  }
}
