import ApusIO
import ApusTrain
import Foundation

/// What came of a run, the same for every kind of problem: the contents of `result.json`.
public struct RunResult: Sendable, Codable {
  /// The version of the schema.
  public var schema = 2
  /// What was predicted, such as `classification`; nil for runs without a target.
  public var task: String?
  /// The data.
  public var data: DataSummary
  /// The recipe that won.
  public var recipe: String
  /// All recipes that were tried.
  public var candidates: [Candidate]
  /// The scores on the validation set, on which the recipe was chosen.
  public var validation: Evaluation?
  /// The scores on the test set, on which nothing was chosen.
  public var test: Evaluation?
  /// The stretches of training.
  public var phases: [PhaseSummary]
  /// Numbers that were fitted.
  public var parameters: Int
  /// SHA-256 of the model's file.
  public var sha256: String
  /// What all randomness depended on.
  public var seed: UInt64
  /// Seconds from the first file to the last score.
  public var seconds: Double
  /// The machine and the software, by name.
  public var environment: [String: String]
  /// The files of the run, by what they are.
  public var files: [String: String]
  /// An example of the test set to try the model on; nil where there is no file of one.
  public var example: String?

  /// The data of a run.
  public struct DataSummary: Sendable, Codable {
    /// Where they came from.
    public var title: String
    /// The kind of source.
    public var source: String
    /// What the inputs are.
    public var modality: String
    /// Examples in each part.
    public var counts: [String: Int]
    /// What a person should know.
    public var notes: [String]
    /// What was found and could not be used.
    public var skipped: [Skipped]
  }

  /// A recipe that was tried.
  public struct Candidate: Sendable, Codable {
    /// Its kind.
    public var recipe: String
    /// What it does.
    public var summary: String
    /// Its loss on the validation set; nil where it failed.
    public var loss: Double?
    /// Its primary score on the validation set; nil where it failed.
    public var score: Double?
    /// Why it failed; nil where it did not.
    public var failure: String?
    /// Seconds that it took.
    public var seconds: Double
  }

  /// A stretch of training.
  public struct PhaseSummary: Sendable, Codable {
    /// What was trained.
    public var name: String
    /// Seconds that it took.
    public var seconds: Double
    /// The highest learning rate.
    public var learningRate: Double?
    /// What was measured in each epoch, by name.
    public var epochs: [[String: Double]]

    init(_ phase: TrainingPhase) {
      name = phase.name
      seconds = phase.seconds
      learningRate = phase.learningRate
      epochs = phase.history.epochs.map { epoch in
        epoch.values.merging(["learning_rate": epoch.learningRate, "seconds": epoch.seconds]) { $1 }
      }
    }
  }

  /// The result as JSON, with keys in snake case, sorted. Numbers that are none become null.
  public func json() throws -> JSON { try JSON(encoding: self) }
}

extension Evaluation {
  /// The scores as JSON. Numbers that are none become null.
  public func json() throws -> JSON { try JSON(encoding: self) }
}

extension JSON {
  private static let notFinite = "\u{0}not finite"

  /// A value as JSON, with keys in snake case, sorted. Numbers that are none become null.
  init(encoding value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: Self.notFinite, negativeInfinity: Self.notFinite, nan: Self.notFinite)
    self = try JSON(parsing: [UInt8](encoder.encode(value))).withoutMarkers
  }

  /// The value with null for numbers that are none.
  private var withoutMarkers: JSON {
    switch self {
    case .string(Self.notFinite): .null
    case .array(let elements): .array(elements.map(\.withoutMarkers))
    case .object(let members): .object(members.map { Member($0.key, $0.value.withoutMarkers) })
    case .null, .bool, .integer, .number, .string: self
    }
  }
}
