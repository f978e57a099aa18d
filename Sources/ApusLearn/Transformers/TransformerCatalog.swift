import ApusData
import Foundation

/// The kinds of transformers that there are, by which files name them.
enum TransformerCatalog {
  static let transformers: [any Transformer.Type] = [
    Impute.self, Standardize.self, OneHot.self, TargetEncoder.self,
  ]
  static let fitted: [any FittedTransformer.Type] = [
    FittedImpute.self, FittedStandardize.self, FittedOneHot.self, FittedTargetEncoder.self,
  ]

  static func encoded(_ transformer: any Transformer) throws -> CodedTransformer {
    CodedTransformer(kind: type(of: transformer).kind, content: try json(transformer))
  }

  static func encoded(_ transformer: any FittedTransformer) throws -> CodedTransformer {
    CodedTransformer(kind: type(of: transformer).kind, content: try json(transformer))
  }

  static func transformer(_ coded: CodedTransformer) throws -> any Transformer {
    guard let type = transformers.first(where: { $0.kind == coded.kind }) else { throw unknown(coded.kind) }
    return try decoded(type, coded)
  }

  static func fitted(_ coded: CodedTransformer) throws -> any FittedTransformer {
    guard let type = fitted.first(where: { $0.kind == coded.kind }) else { throw unknown(coded.kind) }
    let value = try decoded(type, coded)
    if let columnwise = value as? any ColumnwiseTransformer, !columnwise.isSound {
      throw DataError(
        .sample, "a saved transformer of kind \(coded.kind) is damaged: its parts do not fit one another",
        advice: "Fit the model again.")
    }
    return value
  }

  private static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  private static func decoded<Value: Decodable>(_ type: Value.Type, _ coded: CodedTransformer) throws -> Value
  {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try decoder.decode(type, from: Data(coded.content.utf8))
  }

  private static func unknown(_ kind: String) -> DataError {
    DataError(
      .setting, "a transformer of kind \(kind) is not known here", advice: "Use a newer version of Apus.")
  }
}
