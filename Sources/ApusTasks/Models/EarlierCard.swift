import ApusData
import ApusGraph
import ApusIO
import Foundation

/// What versions before 0.2 wrote into a model's file for datasets and tables: enough to make the network again. It is read for
/// one more version.
package struct EarlierCard: Codable {
  /// What went in.
  package enum Input: Codable {
    case picture(height: Int, width: Int, channels: Int)
    case table(TableEncoder)
  }

  /// What came out.
  package enum Task: Codable {
    case classification(classNames: [String])
    case regression(target: String, mean: Double, deviation: Double)
  }

  package struct Architecture: Codable {
    package var filters: [Int]
    package var hidden: [Int]
    package var dropout: Double
  }

  package var architecture: Architecture
  package var input: Input
  package var task: Task

  /// The format of such files.
  /// - Parameter input: Makes the input; nil for cards of another one.
  /// - Returns: The format.
  package static func format(_ input: @escaping @Sendable (Input) throws -> (any InputEncoder)?)
    -> EarlierFormat
  {
    EarlierFormat(
      recognizes: { format, metadata in
        guard format == "apus.model", let card = card(metadata) else { return false }
        return (try? input(card.input)) != nil
      },
      read: { file, path, registry in
        guard let card = card(file.metadata), let encoder = try input(card.input) else {
          throw FileError(
            path: path, reason: .corrupt, problem: "what it says of its network cannot be read",
            advice: "Train the model again.")
        }
        let network = SmallNetwork(
          filters: card.architecture.filters, hidden: card.architecture.hidden,
          dropout: card.architecture.dropout)
        let manifest = try Manifest(
          kind: NetworkModel.kind, problem: Problem(input: encoder, target: card.target()), network: network,
          origin: ModelOrigin())
        return try NetworkModel(
          ModelPackage(manifest, tensors: file.literals(), path: path), registry: registry)
      })
  }

  private func target() throws -> any Target {
    switch task {
    case .classification(let names): try Classification(names)
    case .regression(let name, let mean, let deviation):
      try Regression([name], means: [mean], stds: [deviation])
    }
  }

  private static func card(_ metadata: [String: String]) -> EarlierCard? {
    guard let notes = metadata["preprocessing"], let json = try? JSON(parsing: Array(notes.utf8)),
      let text = json["apus.card"]?.stringValue
    else { return nil }
    return try? JSONDecoder().decode(EarlierCard.self, from: Data(text.utf8))
  }
}
