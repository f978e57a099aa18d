/// When a trial is ended early.
public protocol TrialPruner: Sendable {
  /// Whether a trial that has just reported at `step` should end.
  ///
  /// - Parameters:
  ///   - trial: The trial, its newest report included.
  ///   - step: The step of that report.
  ///   - others: The study's other trials, running ones included.
  ///   - direction: Whether less or more is better.
  /// - Returns: Whether it should end.
  func prunes(
    _ trial: TrialRecord, at step: Int, others: [TrialRecord], direction: StudyDirection
  ) -> Bool
}

/// Ends no trial.
public struct NoPruner: TrialPruner {
  /// Never.
  public func prunes(
    _ trial: TrialRecord, at step: Int, others: [TrialRecord], direction: StudyDirection
  ) -> Bool { false }
}

extension TrialPruner where Self == NoPruner {
  /// Ends no trial.
  public static var none: NoPruner { NoPruner() }
}
