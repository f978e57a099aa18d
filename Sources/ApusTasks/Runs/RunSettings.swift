import ApusIO
import Foundation

/// Everything that decides how a run goes, kept in its folder, so that going on needs nothing else.
struct RunSettings: Sendable, Codable, Equatable {
  /// The version of the file.
  var schema = RunSettings.newestSchema
  /// Where examples come from.
  var source: Coded
  /// What the person asked for.
  var options: Options
  /// What all randomness depends on.
  var seed: UInt64
  /// The recipes that are tried.
  var recipes: [Coded]
  /// Digests of the examples.
  var digest: ExampleDigest

  static let newestSchema = 2

  init(source: Coded, options: Options, seed: UInt64, recipes: [Coded], digest: ExampleDigest) {
    self.source = source
    self.options = options
    self.seed = seed
    self.recipes = recipes
    self.digest = digest
  }

  /// Reads settings.
  /// - Throws: `FileError` for files that hold none.
  init(path: String) throws {
    let file = try FileReader(path: path)
    let bytes = try file.bytes(at: 0, count: file.byteCount)
    guard let settings = try? JSONDecoder().decode(RunSettings.self, from: Data(bytes)) else {
      throw FileError(
        path: path, reason: .corrupt,
        problem: "it holds no settings of a run, or those of an earlier version of Apus",
        advice: "Begin a new run, without --resume and in another folder.")
    }
    guard settings.schema <= Self.newestSchema else {
      throw FileError(
        path: path, reason: .unsupported,
        problem: "its schema is \(settings.schema), this program reads up to \(Self.newestSchema)",
        advice: "Use a newer version of Apus.")
    }
    self = settings
  }

  func save(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    try AtomicFile.write([UInt8](try encoder.encode(self)) + [0x0a], to: path)
  }
}
