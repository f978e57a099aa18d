import Apus
import Foundation

/// Everything that decides how a training goes; kept in the run's folder, so that `--resume` needs nothing else.
struct RunSettings: Codable, Equatable, Sendable {
  /// Where samples come from.
  enum Source: Codable, Equatable, Sendable {
    /// A data set by name.
    case dataset(String)
    /// A column of a CSV file, predicted from the others.
    case table(path: String, target: String, task: String?, ignored: [String], testFraction: Double)
  }

  var source: Source
  var architecture: Architecture.Kind
  var hidden: [Int]?
  var epochs: Int
  var batchSize: Int
  /// The highest of one cycle.
  var learningRate: Double
  /// The share of the learning rate by which each step shrinks the weights (AdamW).
  var weightDecay: Double
  var seed: UInt64
  /// Training stops at so many samples; test data too.
  var sampleLimit: Int?
  var checkpointInterval: Int

  func save(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    try AtomicFile.write([UInt8](try encoder.encode(self)) + [0x0a], to: path)
  }

  static func load(from path: String) throws -> RunSettings {
    let bytes = try FileReader(path: path)
    let data = Data(try bytes.bytes(at: 0, count: bytes.byteCount))
    do {
      return try JSONDecoder().decode(RunSettings.self, from: data)
    } catch {
      throw Failure(.data, "\(path) holds no settings of a run. Begin a new one without --resume.")
    }
  }

  /// Names and values for reports.
  var facts: [(name: String, value: String)] {
    var facts: [(name: String, value: String)] = []
    switch source {
    case .dataset(let name): facts.append(("Data set", name))
    case .table(let path, let target, _, let ignored, let fraction):
      facts += [("Table", path), ("Target", target), ("Test share", Format.percent(fraction, digits: 0))]
      if !ignored.isEmpty { facts.append(("Left out", ignored.joined(separator: ", "))) }
    }
    facts += [
      ("Epochs", "\(epochs)"), ("Batch size", "\(batchSize)"),
      ("Optimizer", weightDecay > 0 ? "AdamW, weight decay \(Format.number(weightDecay))" : "Adam"),
      ("Learning rate", "one cycle, at most \(Format.number(learningRate))"),
      ("Seed", "\(seed)"),
    ]
    if let sampleLimit { facts.append(("Samples", "only the first \(Format.grouped(sampleLimit))")) }
    return facts
  }

  var json: JSON {
    var members: [JSON.Member] = []
    switch source {
    case .dataset(let name): members.append(JSON.Member("dataset", .string(name)))
    case .table(let path, let target, let task, let ignored, let fraction):
      members += [
        JSON.Member("data", .string(path)), JSON.Member("target", .string(target)),
        JSON.Member("task", task.map { .string($0) } ?? .null),
        JSON.Member("ignored", .array(ignored.map { .string($0) })),
        JSON.Member("test_fraction", .number(fraction)),
      ]
    }
    return .object(
      members + [
        JSON.Member("architecture", .string(architecture.rawValue)),
        JSON.Member("hidden", hidden.map { .array($0.map { .integer($0) }) } ?? .null),
        JSON.Member("epochs", .integer(epochs)), JSON.Member("batch_size", .integer(batchSize)),
        JSON.Member("learning_rate", .number(learningRate)),
        JSON.Member("weight_decay", .number(weightDecay)), JSON.Member("seed", .string(String(seed))),
        JSON.Member("sample_limit", sampleLimit.map { .integer($0) } ?? .null),
      ])
  }
}
