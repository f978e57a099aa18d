import ApusData
import ApusGraph
import ApusIO
import Foundation

/// A fitted model as data: its kind, settings as JSON, arrays, and the models that it is made of.
public struct EstimatorArchive: Sendable {
  /// The kind of model.
  public let kind: String
  /// Its columns and settings, as JSON with sorted keys: equal models give equal bytes.
  public let settings: String
  /// Its arrays by name.
  public let tensors: [String: Literal]
  /// The models that it is made of, by name.
  public let parts: [String: EstimatorArchive]

  /// A model from its parts, as they were read.
  package init(kind: String, settings: String, tensors: [String: Literal], parts: [String: EstimatorArchive])
  {
    (self.kind, self.settings, self.tensors, self.parts) = (kind, settings, tensors, parts)
  }

  /// A model as data.
  ///
  /// - Parameters:
  ///   - kind: The kind of model.
  ///   - settings: What is few: columns, settings.
  ///   - tensors: What is much.
  ///   - parts: The models that it is made of.
  /// - Throws: `EncodingError` for settings that JSON cannot hold.
  public init(
    _ kind: String, settings: some Encodable, tensors: [String: Literal] = [:],
    parts: [String: EstimatorArchive] = [:]
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    self.init(
      kind: kind, settings: String(decoding: try encoder.encode(settings), as: UTF8.self), tensors: tensors,
      parts: parts)
  }

  /// The settings.
  /// - Throws: `DataError` where they are of another kind.
  public func settings<Settings: Decodable>(as type: Settings.Type) throws -> Settings {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let value = try? decoder.decode(type, from: Data(settings.utf8)) else {
      throw corrupt("its settings cannot be read")
    }
    return value
  }

  /// The numbers of an array.
  /// - Throws: `DataError` where there is no such array of that type, or it has another length.
  public func array<Scalar: TensorScalar>(_ name: String, as type: Scalar.Type, count: Int? = nil) throws
    -> [Scalar]
  {
    guard let literal = tensors[name], literal.dtype == Scalar.dtype else {
      throw corrupt("it has no array \"\(name)\" of \(Scalar.dtype)")
    }
    let values = literal.withUnsafeBytes { Array($0.bindMemory(to: Scalar.self)) }
    guard values.count == count ?? values.count else {
      throw corrupt("its array \"\(name)\" has \(values.count) values, \(count ?? 0) were expected")
    }
    return values
  }

  /// One of the models that it is made of.
  /// - Throws: `DataError` where there is none of that name.
  public func part(_ name: String) throws -> EstimatorArchive {
    guard let part = parts[name] else { throw corrupt("it has no part \"\(name)\"") }
    return part
  }

  /// An error about an archive that contradicts itself.
  public func corrupt(_ problem: String) -> DataError {
    DataError(
      .sample, "a saved model of kind \(kind) is damaged: \(problem)", advice: "Fit the model again.")
  }
}
