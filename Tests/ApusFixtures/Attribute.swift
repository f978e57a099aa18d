/// A JSON value, with a property for each Swift type a test may want it as.
public enum Attribute: Sendable, Equatable, Decodable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([Attribute])
  case object([String: Attribute])

  /// Takes whatever JSON value comes.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([Attribute].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: Attribute].self))
    }
  }

  /// The truth value, if it is one.
  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The number, if it is one.
  public var double: Double? {
    if case .number(let value) = self { value } else { nil }
  }

  /// The number in single precision.
  public var float: Float? { double.map { Float($0) } }

  /// The number, if it is whole.
  public var integer: Int? { double.flatMap { Int(exactly: $0) } }

  /// The string, if it is one.
  public var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The elements, if it is an array.
  public var array: [Attribute]? {
    if case .array(let value) = self { value } else { nil }
  }

  /// The members, if it is an object.
  public var object: [String: Attribute]? {
    if case .object(let value) = self { value } else { nil }
  }

  /// The elements, if it is an array of whole numbers.
  public var integers: [Int]? {
    guard let array else { return nil }
    let found = array.compactMap(\.integer)
    return found.count == array.count ? found : nil
  }

  /// The rows, if it is an array of arrays of whole numbers: padding, or the ranges of a slice.
  public var integerRows: [[Int]]? {
    guard let array else { return nil }
    let found = array.compactMap(\.integers)
    return found.count == array.count ? found : nil
  }
}
