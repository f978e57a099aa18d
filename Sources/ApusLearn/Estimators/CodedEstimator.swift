import ApusData
import Foundation

/// An estimator as data: its kind, and its settings as JSON.
struct CodedEstimator: Codable, Sendable, Equatable {
  let kind: String
  let content: String

  init(_ estimator: any Estimator) throws {
    kind = type(of: estimator).kind
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    content = String(decoding: try encoder.encode(estimator), as: UTF8.self)
  }

  /// The estimator.
  /// - Throws: `DataError` for a kind that is not known.
  func decoded() throws -> any Estimator {
    guard let type = Catalog.estimators.first(where: { $0.kind == kind }) else {
      throw DataError(
        .setting, "an estimator of kind \(kind) is not known here", advice: "Use a newer version of Apus.")
    }
    return try JSONDecoder().decode(type, from: Data(content.utf8))
  }
}
