import ApusGraph

/// A value of JSON (RFC 8259), with objects in the order of the text.
///
/// Read strictly: a key that comes twice, a lone surrogate, trailing text, or nesting beyond a limit is an
/// error, because files from outside are read with it.
public indirect enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  /// A whole number that fits 64 bits.
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([Member])

  /// One key of an object and its value.
  public struct Member: Sendable, Equatable {
    /// The key.
    public let key: String
    /// The value.
    public let value: JSON

    /// A key and its value.
    public init(_ key: String, _ value: JSON) {
      self.key = key
      self.value = value
    }
  }

  /// Why a text is not JSON, and at which byte.
  public struct ParseError: ApusError, Equatable {
    /// What was expected and what came.
    public let problem: String
    /// The byte where reading stopped.
    public let offset: Int
    /// The text holds what cannot be used.
    public var category: ErrorCategory { .data }
    /// There is no single likely fix.
    public var advice: String? { nil }
    /// The byte.
    public var place: String? { "byte \(offset) of the JSON" }
    /// The problem and its place.
    public var description: String { "\(problem) at byte \(offset) of the JSON" }
  }

  /// Reads a text of UTF-8 bytes, with objects and arrays nested at most `depth` deep.
  /// - Throws: `ParseError` when the text is not JSON.
  public init(parsing bytes: [UInt8], depth: Int = 64) throws(ParseError) {
    var parser = JSONParser(bytes: bytes, maximumDepth: depth)
    self = try parser.document()
  }

  /// The value under a key of an object, or nil.
  public subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// The text of a string, or nil.
  public var stringValue: String? { if case .string(let text) = self { text } else { nil } }
  /// The whole number, or nil.
  public var integerValue: Int? { if case .integer(let value) = self { value } else { nil } }
  /// The number, or nil.
  public var doubleValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
  /// The truth value, or nil.
  public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// The elements of an array, or nil.
  public var arrayValue: [JSON]? { if case .array(let elements) = self { elements } else { nil } }
  /// The members of an object, or nil.
  public var members: [Member]? { if case .object(let members) = self { members } else { nil } }
}

extension JSON {
  /// The text of the value: without any blanks, or with one member a line. Numbers that JSON cannot hold
  /// (NaN and the infinities) become null.
  public func text(indented: Bool = false) -> String {
    var result = ""
    write(to: &result, indentation: indented ? 0 : nil)
    return result
  }

  private func write(to result: inout String, indentation: Int?) {
    switch self {
    case .null: result += "null"
    case .bool(let value): result += value ? "true" : "false"
    case .integer(let value): result += String(value)
    case .number(let value): result += value.isFinite ? Self.text(of: value) : "null"
    case .string(let text): Self.write(text, to: &result)
    case .array(let elements):
      Self.writeList("[", "]", elements, &result, indentation) { $0.write(to: &$1, indentation: $2) }
    case .object(let members):
      Self.writeList("{", "}", members, &result, indentation) { member, result, indentation in
        Self.write(member.key, to: &result)
        result += indentation == nil ? ":" : ": "
        member.value.write(to: &result, indentation: indentation)
      }
    }
  }

  /// The shortest digits that read back as the same number.
  private static func text(of value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) + ".0" : value.description
  }

  private static func writeList<Element>(
    _ opening: String, _ closing: String, _ elements: [Element], _ result: inout String, _ indentation: Int?,
    _ write: (Element, inout String, Int?) -> Void
  ) {
    result += opening
    let inner = indentation.map { $0 + 2 }
    for (index, element) in elements.enumerated() {
      if index > 0 { result += "," }
      if let inner { result += "\n" + String(repeating: " ", count: inner) }
      write(element, &result, inner)
    }
    if let indentation, !elements.isEmpty { result += "\n" + String(repeating: " ", count: indentation) }
    result += closing
  }

  private static func write(_ text: String, to result: inout String) {
    result += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case let control where control.value < 0x20:
        let digits = String(control.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    result += "\""
  }
}
