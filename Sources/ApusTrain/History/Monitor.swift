/// A quantity among the logs, and whether small or large values of it are better.
public struct Monitor: Sendable, Hashable {
  /// Which values are better.
  public enum Mode: String, Sendable {
    /// Small ones, as of a loss.
    case minimum
    /// Large ones, as of an accuracy.
    case maximum
    /// Told from the name: losses and errors should be small, everything that is a score large.
    case automatic
  }

  /// The quantity's name among the logs, such as `val_loss`.
  public let name: String
  /// Whether small values are better.
  public let prefersSmall: Bool

  /// A quantity to monitor.
  public init(_ name: String, mode: Mode = .automatic) {
    self.name = name
    switch mode {
    case .minimum: prefersSmall = true
    case .maximum: prefersSmall = false
    case .automatic: prefersSmall = !Self.isScore(name)
    }
  }

  private static let scores = ["accuracy", "precision", "recall", "f1", "auc", "r2", "score", "iou", "top"]

  private static func isScore(_ name: String) -> Bool {
    let lowered = name.lowercased()
    return scores.contains { lowered.contains($0) }
  }

  /// Whether a value is better than the best so far by more than `minDelta`. A NaN is never better.
  public func isBetter(_ value: Double, than best: Double?, minDelta: Double = 0) -> Bool {
    guard !value.isNaN else { return false }
    guard let best else { return true }
    return prefersSmall ? value < best - minDelta : value > best + minDelta
  }
}
