/// A reader of JSON by recursive descent, which `JSON.init(parsing:)` runs.
struct JSONParser {
  let bytes: [UInt8]
  let maximumDepth: Int
  private var position = 0
  private var depth = 0

  init(bytes: [UInt8], maximumDepth: Int) {
    self.bytes = bytes
    self.maximumDepth = maximumDepth
  }

  mutating func document() throws(JSON.ParseError) -> JSON {
    let value = try value()
    skipBlanks()
    guard position == bytes.count else { throw unexpected("the end") }
    return value
  }

  private mutating func value() throws(JSON.ParseError) -> JSON {
    skipBlanks()
    guard position < bytes.count else { throw unexpected("a value") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw unexpected("a value")
    }
  }

  private mutating func object() throws(JSON.ParseError) -> JSON {
    try enter()
    var members: [JSON.Member] = []
    var keys: Set<String> = []
    skipBlanks()
    if take("}") {
      depth -= 1
      return .object([])
    }
    repeat {
      skipBlanks()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw unexpected("a key") }
      let start = position
      let key = try string()
      guard keys.insert(key).inserted else {
        throw JSON.ParseError(problem: "the key \"\(key)\" comes twice", offset: start)
      }
      skipBlanks()
      guard take(":") else { throw unexpected("\":\"") }
      members.append(JSON.Member(key, try value()))
      skipBlanks()
    } while take(",")
    guard take("}") else { throw unexpected("\",\" or \"}\"") }
    depth -= 1
    return .object(members)
  }

  private mutating func array() throws(JSON.ParseError) -> JSON {
    try enter()
    var elements: [JSON] = []
    skipBlanks()
    if take("]") {
      depth -= 1
      return .array([])
    }
    repeat {
      elements.append(try value())
      skipBlanks()
    } while take(",")
    guard take("]") else { throw unexpected("\",\" or \"]\"") }
    depth -= 1
    return .array(elements)
  }

  private mutating func enter() throws(JSON.ParseError) {
    guard depth < maximumDepth else {
      throw JSON.ParseError(problem: "nesting deeper than \(maximumDepth)", offset: position)
    }
    depth += 1
    position += 1
  }

  private mutating func word(_ text: String, _ value: JSON) throws(JSON.ParseError) -> JSON {
    guard bytes[position...].starts(with: text.utf8) else { throw unexpected("\"\(text)\"") }
    position += text.utf8.count
    return value
  }

  private mutating func number() throws(JSON.ParseError) -> JSON {
    let start = position
    var isInteger = true
    _ = take("-")
    let firstDigit = position
    skipDigits()
    guard position > firstDigit else { throw unexpected("a digit") }
    if bytes[firstDigit] == UInt8(ascii: "0") && position > firstDigit + 1 {
      throw JSON.ParseError(problem: "a number with a leading zero", offset: start)
    }
    if take(".") {
      isInteger = false
      let fraction = position
      skipDigits()
      guard position > fraction else { throw unexpected("a digit") }
    }
    if take("e") || take("E") {
      isInteger = false
      if !take("+") { _ = take("-") }
      let exponent = position
      skipDigits()
      guard position > exponent else { throw unexpected("a digit") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else {
      throw JSON.ParseError(problem: "a number beyond the range of a double", offset: start)
    }
    return .number(value)
  }

  private mutating func string() throws(JSON.ParseError) -> String {
    let start = position
    position += 1
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let result = String(validating: text, as: UTF8.self) else {
          throw JSON.ParseError(problem: "a string that is not UTF-8", offset: start)
        }
        return result
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20:
        throw JSON.ParseError(problem: "a control character in a string", offset: position - 1)
      default: text.append(byte)
      }
    }
    throw JSON.ParseError(problem: "a string without an end", offset: start)
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSON.ParseError) {
    guard position < bytes.count else { throw unexpected("an escape") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(8)
    case UInt8(ascii: "f"): text.append(12)
    case UInt8(ascii: "n"): text.append(10)
    case UInt8(ascii: "r"): text.append(13)
    case UInt8(ascii: "t"): text.append(9)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if 0xd800..<0xdc00 ~= code, take("\\"), take("u") {
        let low = try hexadecimal()
        guard 0xdc00..<0xe000 ~= low else {
          throw JSON.ParseError(problem: "half a surrogate pair", offset: position)
        }
        code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(code) else {
        throw JSON.ParseError(problem: "half a surrogate pair", offset: position)
      }
      text.append(contentsOf: String(Character(scalar)).utf8)
    default: throw JSON.ParseError(problem: "an unknown escape", offset: position - 1)
    }
  }

  private mutating func hexadecimal() throws(JSON.ParseError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
      else { throw unexpected("four hexadecimal digits") }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipDigits() {
    while position < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[position] { position += 1 }
  }

  private mutating func skipBlanks() {
    while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
  }

  private func unexpected(_ expected: String) -> JSON.ParseError {
    JSON.ParseError(problem: "\(expected) expected, \(found) came", offset: position)
  }

  /// What stands at the position, in words that any terminal can show.
  private var found: String {
    guard position < bytes.count else { return "the end" }
    // A scalar takes four bytes at most.
    let text = String(decoding: bytes[position..<min(position + 4, bytes.count)], as: UTF8.self)
    guard let scalar = text.unicodeScalars.first, scalar != "\u{FFFD}",
      scalar.properties.generalCategory != .control
    else { return "byte \(bytes[position])" }
    return "'\(scalar)'"
  }
}
