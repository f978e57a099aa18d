import Apus
import Foundation

/// Everything that decides how a training on photos goes; kept in the run's folder for `--resume`.
struct PhotoSettings: Codable, Equatable, Sendable {
  /// The folder, as an absolute path.
  var photos: String
  var recipe: PhotoRecipe
  var seed: UInt64
  /// The table that says what photos show; nil where their folders do.
  var table: TableSource?

  func save(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    try AtomicFile.write([UInt8](try encoder.encode(self)) + [0x0a], to: path)
  }

  /// The settings in a file; nil where those of another kind of training are.
  static func load(from path: String) throws -> PhotoSettings? {
    let reader = try FileReader(path: path)
    let bytes = try reader.bytes(at: 0, count: reader.byteCount)
    if let settings = try? JSONDecoder().decode(PhotoSettings.self, from: Data(bytes)) { return settings }
    if let text = try? JSON(parsing: bytes), text["photos"] != nil, text["recipe"] != nil {
      throw Failure(
        .data,
        "\(path) holds settings of a run on photos that this version of Apus does not understand, as those of an earlier one. "
          + "Begin a new run.")
    }
    return nil
  }

  /// Names and values for reports.
  var facts: [(name: String, value: String)] {
    let source = table.map { [("Table", $0.path), ("Columns", $0.targets.joined(separator: ", "))] } ?? []
    let summary =
      switch table?.task {
      case .labels?, .numbers?: recipe.summary(for: table?.task ?? .labels)
      case .classes?, nil: recipe.summary
      }
    return [("Photos", photos)] + source + [
      ("Network", recipe.architecture), ("Sees", "\(recipe.size) pixels"), ("Recipe", summary),
      ("Mirror images", recipe.mirrors ? "mean the same" : "do not count"),
      ("Seed", "\(seed)"),
    ]
  }

  var json: JSON {
    var members = [
      JSON.Member("photos", .string(photos)), JSON.Member("architecture", .string(recipe.architecture)),
      JSON.Member("width", .integer(recipe.size.width)), JSON.Member("height", .integer(recipe.size.height)),
      JSON.Member("start", .string(recipe.start.rawValue)), JSON.Member("mirrors", .bool(recipe.mirrors)),
      JSON.Member("balance", .string(recipe.balance.rawValue)),
      JSON.Member("seed", .string(String(seed))),
    ]
    if let table {
      members += [
        JSON.Member("table", .string(table.path)),
        JSON.Member("targets", .array(table.targets.map { .string($0) })),
      ]
    }
    let tuning = recipe.network?.tuning
    if let epochs = recipe.scratch?.epochs ?? tuning?.epochs,
      let batchSize = recipe.scratch?.batchSize ?? tuning?.batchSize
    {
      members += [
        JSON.Member("epochs", .integer(epochs)), JSON.Member("batch_size", .integer(batchSize)),
      ]
    }
    return .object(members)
  }
}
