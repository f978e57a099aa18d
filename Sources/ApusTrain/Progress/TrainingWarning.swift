/// Something that is legal and most likely a mistake. A learner collects its warnings in `Learner.warnings`, and
/// gives each to its reporter once.
public struct TrainingWarning: Sendable, Hashable, CustomStringConvertible {
  /// The family of the suspicion.
  public enum Kind: String, Sendable {
    /// The loss applies its own softmax or sigmoid to numbers that are probabilities already.
    case probabilitiesAsLogits
    /// A class that one part of the data has is missing from the other.
    case missingClass
    /// Samples come sorted by class, so that batches hold one class only.
    case sortedByClass
    /// Data that is left out or looks wrong.
    case data
    /// Training continues without the state that the optimizer had.
    case optimizerState
  }

  /// The family of the suspicion.
  public let kind: Kind
  /// What was seen, and what to do about it.
  public let message: String

  /// A warning.
  /// - Parameters:
  ///   - kind: The family of the suspicion.
  ///   - message: What was seen, and what to do about it.
  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// The message, marked as a warning.
  public var description: String { "warning: \(message)" }
}
