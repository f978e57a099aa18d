/// A reader of the small part of Python's literals that headers of `.npy` files are made of.
struct NumPyDictionary {
  enum Value: Equatable {
    case text(String)
    case truth(Bool)
    case tuple([Int])
    /// A list, as describes the fields of a record.
    case list
  }

  struct Failure: Error {
    let problem: String
  }

  private let text: [UInt8]
  private var position = 0

  init(text: [UInt8]) { self.text = text }

  mutating func parse() throws -> [String: Value] {
    var result: [String: Value] = [:]
    try expect("{")
    while !take("}") {
      let key = try string()
      try expect(":")
      guard result.updateValue(try value(), forKey: key) == nil else {
        throw Failure(problem: "the key '\(key)' comes twice in its header")
      }
      if result.values.contains(.list) {
        return ["descr": .list, "fortran_order": .truth(false), "shape": .list]
      }
      if !take(",") {
        try expect("}")
        break
      }
    }
    skipBlanks()
    guard position == text.count else { throw unexpected("the end of the header") }
    return result
  }

  private mutating func value() throws -> Value {
    skipBlanks()
    guard position < text.count else { throw unexpected("a value") }
    switch text[position] {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "("): return .tuple(try tuple())
    case UInt8(ascii: "["): return .list
    default:
      if takeWord("True") { return .truth(true) }
      if takeWord("False") { return .truth(false) }
      throw unexpected("a value")
    }
  }

  private mutating func tuple() throws -> [Int] {
    var result: [Int] = []
    try expect("(")
    while !take(")") {
      result.append(try integer())
      if !take(",") {
        try expect(")")
        break
      }
    }
    return result
  }

  private mutating func integer() throws -> Int {
    skipBlanks()
    let start = position
    while position < text.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= text[position] { position += 1 }
    guard let value = Int(String(decoding: text[start..<position], as: UTF8.self)) else {
      throw unexpected("an integer of at most 63 bits")
    }
    // Python 2 wrote long integers with an L behind.
    if position < text.count, text[position] == UInt8(ascii: "L") { position += 1 }
    return value
  }

  private mutating func string() throws -> String {
    skipBlanks()
    guard position < text.count, [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(text[position]),
      let end = text[(position + 1)...].firstIndex(of: text[position])
    else { throw unexpected("a string") }
    defer { position = end + 1 }
    return String(decoding: text[(position + 1)..<end], as: UTF8.self)
  }

  private mutating func takeWord(_ word: String) -> Bool {
    guard text[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    guard take(character) else { throw unexpected("'\(character)'") }
  }

  private mutating func skipBlanks() {
    while position < text.count, [0x20, 0x09, 0x0a, 0x0d].contains(text[position]) { position += 1 }
  }

  private func unexpected(_ expected: String) -> Failure {
    Failure(problem: "\(expected) was expected at byte \(position) of its header")
  }
}
