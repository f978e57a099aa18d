import Foundation

/// Something that is legal and most likely a mistake. Warnings are collected in `Learner.warnings`, and
/// each is printed to standard error once.
public struct TrainingWarning: Sendable, Hashable, CustomStringConvertible {
  /// The family of the suspicion.
  public enum Kind: String, Sendable {
    /// The loss applies its own softmax or sigmoid to numbers that are probabilities already.
    case probabilitiesAsLogits
    /// A class that one part of the data has is missing from the other.
    case missingClass
    /// Samples come sorted by class, so that batches hold one class only.
    case sortedByClass
    /// A monitored quantity that is not among the logs.
    case unknownQuantity
    /// A part of the data that does nothing, such as weights that are all 0.
    case ineffective
  }

  /// The family of the suspicion.
  public let kind: Kind
  /// What was seen, and what to do about it.
  public let message: String

  /// A warning.
  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// The message, marked as a warning.
  public var description: String { "warning: \(message)" }

  func print() { FileHandle.standardError.write(Data((description + "\n").utf8)) }
}
