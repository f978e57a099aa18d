/// Ends a trial whose best report so far is worse than a percentile of what complete trials reported at the same step
/// (Golovin et al., "Google Vizier", KDD 2017, there with the median).
public struct PercentilePruner: TrialPruner {
  let percentile: Double
  let startupTrials: Int
  let warmupSteps: Int

  /// Whether the trial's best report is behind the percentile.
  public func prunes(
    _ trial: TrialRecord, at step: Int, others: [TrialRecord], direction: StudyDirection
  ) -> Bool {
    let complete = others.filter { $0.state == .complete }
    guard complete.count >= startupTrials, step >= warmupSteps else { return false }
    let peers = complete.compactMap { $0.steps[step].map(direction.oriented) }.sorted()
    guard !peers.isEmpty, let best = trial.steps.values.map(direction.oriented).min() else { return false }
    let place = percentile / 100 * Double(peers.count - 1)
    let below = peers[Int(place)], above = peers[min(Int(place) + 1, peers.count - 1)]
    return best > below + (above - below) * (place - place.rounded(.down))
  }
}

extension TrialPruner where Self == PercentilePruner {
  /// Ends a trial that is worse than the median of the complete ones at the same step.
  ///
  /// - Parameters:
  ///   - startupTrials: How many trials must be complete first; 5 as in Optuna.
  ///   - warmupSteps: The first step at which a trial may end.
  /// - Returns: The pruner.
  public static func median(startupTrials: Int = 5, warmupSteps: Int = 0) -> PercentilePruner {
    percentile(50, startupTrials: startupTrials, warmupSteps: warmupSteps)
  }

  /// Ends a trial that is not among the best `percentile` per cent of the complete ones at the same step.
  ///
  /// - Parameters:
  ///   - percentile: How many of a hundred trials go on, from 0 to 100; values beyond count as those.
  ///   - startupTrials: How many trials must be complete first; 5 as in Optuna.
  ///   - warmupSteps: The first step at which a trial may end.
  /// - Returns: The pruner.
  public static func percentile(
    _ percentile: Double, startupTrials: Int = 5, warmupSteps: Int = 0
  ) -> PercentilePruner {
    PercentilePruner(
      percentile: min(max(percentile, 0), 100), startupTrials: startupTrials, warmupSteps: warmupSteps)
  }
}
