import ApusIO
import Foundation

/// A value of some type of a protocol, as its kind and its content: how sources, inputs, targets, recipes and networks
/// are kept in files. The registry knows which type a kind is.
public struct Coded: Sendable, Codable, Equatable {
  /// The name of the type.
  public let kind: String
  /// The value as JSON text with sorted keys, so that equal values give equal bytes.
  public let content: String

  /// Encodes a value.
  init(kind: String, _ value: some Encodable) throws {
    self.kind = kind
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    content = String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// Decodes the value.
  func decoded<Value: Decodable>(as type: Value.Type) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try decoder.decode(type, from: Data(content.utf8))
  }

  /// The value as one line of JSON.
  var text: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  /// Reads what `text` wrote; nil for anything else.
  init?(text: String) {
    guard let value = try? JSONDecoder().decode(Coded.self, from: Data(text.utf8)) else { return nil }
    self = value
  }
}
