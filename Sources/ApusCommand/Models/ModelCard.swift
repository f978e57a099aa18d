import Apus
import Foundation

/// What the command puts into a model's file so that the model can be made again and used: it goes among the file's
/// notes on preprocessing.
struct ModelCard: Codable, Equatable, Sendable {
  /// What goes in.
  enum Input: Codable, Equatable, Sendable {
    /// Pictures of one size, with numbers from 0 to 1.
    case picture(height: Int, width: Int, channels: Int)
    /// Rows of a table.
    case table(TableEncoder)
  }

  /// What comes out.
  enum Task: Codable, Equatable, Sendable {
    /// One of the named classes.
    case classification(classNames: [String])
    /// A number: what the network puts out times `deviation`, plus `mean`. Both are of the training targets.
    case regression(target: String, mean: Double, deviation: Double)
  }

  static let key = "apus.card"

  var formatVersion = 1
  /// What it was trained on.
  var source: RunSettings.Source
  var architecture: Architecture
  var input: Input
  var task: Task

  var inputShape: Shape {
    switch input {
    case .picture(let height, let width, let channels): [height, width, channels]
    case .table(let encoder): [encoder.featureNames.count]
    }
  }

  var classNames: [String]? {
    if case .classification(let names) = task { names } else { nil }
  }

  /// The column that is predicted, for models of tables.
  var targetName: String {
    if case .table(_, let target, _, _, _) = source { target } else { "class" }
  }

  /// An untrained learner for this model.
  func learner(optimizer: Optimizer = .adam(), seed: UInt64 = 0) -> Learner {
    switch task {
    case .classification(let names):
      let learner = Learner(
        architecture.model(), loss: .crossEntropy, optimizer: optimizer, metrics: [.accuracy], seed: seed)
      learner.classNames = names
      return learner
    case .regression:
      return Learner(
        architecture.model(), loss: .meanSquaredError, optimizer: optimizer, metrics: [.meanAbsoluteError],
        seed: seed)
    }
  }

  /// The text for a model's file; equal cards give equal texts.
  func text() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// Refuses cards that no sound file holds, before anything is allocated for them.
  func check(weightCount: Int) throws {
    try architecture.check()
    let outputs = classNames?.count ?? 1
    guard architecture.outputs == outputs, inputShape.dimensions.allSatisfy({ (1...65_536).contains($0) })
    else {
      throw Failure(
        .data,
        "The model's card makes no sense: \(architecture.outputs) outputs for \(outputs) answers, from inputs of "
          + "shape \(inputShape).")
    }
    let expected = architecture.weightCount(inputShape: inputShape)
    guard expected == weightCount else {
      throw Failure(
        .data,
        "The model's card describes a network of \(Format.grouped(expected)) weights, the file holds "
          + "\(Format.grouped(weightCount)).")
    }
  }
}

/// A trained model from a file that the command wrote.
struct SavedModel {
  let path: String
  let card: ModelCard
  let learner: Learner

  /// Reads a model's file, or the one in a run's folder.
  init(path given: String) throws {
    path = Self.resolve(given)
    let file = try Safetensors(path: path)
    let description = try ModelDescription(path: path)
    guard let text = description.preprocessing[ModelCard.key] else {
      throw Failure(
        .data,
        "\(path) was not written by `apus fit`: it says what its weights are, but not how to make the network. Load "
          + "it in Swift, with `Learner.load(from:)`.")
    }
    do {
      card = try JSONDecoder().decode(ModelCard.self, from: Data(text.utf8))
    } catch {
      throw Failure(
        .data,
        "\(path): the model's card cannot be read. It may be of another version of apus: train it again.")
    }
    try card.check(weightCount: file.entries.reduce(0) { $0 + $1.shape.elementCount })
    learner = card.learner()
    try learner.load(from: path)
    try learner.build(inputShape: card.inputShape)
  }

  /// The file that a path means.
  static func resolve(_ path: String) -> String {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    return exists && isFolder.boolValue ? RunFolder(path: path).modelPath : path
  }
}
