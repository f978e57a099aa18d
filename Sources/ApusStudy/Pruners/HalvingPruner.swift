/// Asynchronous successive halving: at rungs of the steps, each `reduction` times as far as the one before, only the best
/// of every `reduction` trials go on (Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020).
public struct HalvingPruner: TrialPruner {
  let firstRung: Int
  let reduction: Int

  /// Whether the trial has come to a rung at which others were better.
  public func prunes(
    _ trial: TrialRecord, at step: Int, others: [TrialRecord], direction: StudyDirection
  ) -> Bool {
    var rung = firstRung
    while rung <= step {
      // Only the first report at or beyond a rung decides there.
      if Self.firstStep(of: trial, from: rung) == step {
        let own = trial.steps[step].map(direction.oriented) ?? .infinity
        let peers = others.compactMap { other in
          Self.firstStep(of: other, from: rung).flatMap { other.steps[$0] }.map(direction.oriented)
        }
        let better = peers.count { $0 < own }
        if better >= max(1, (peers.count + 1) / reduction) { return true }
      }
      let (next, overflow) = rung.multipliedReportingOverflow(by: reduction)
      guard !overflow else { break }
      rung = next
    }
    return false
  }

  private static func firstStep(of trial: TrialRecord, from rung: Int) -> Int? {
    trial.steps.keys.filter { $0 >= rung }.min()
  }
}

extension TrialPruner where Self == HalvingPruner {
  /// Asynchronous successive halving.
  ///
  /// - Parameters:
  ///   - firstRung: The first step at which a trial may end, 1 or above.
  ///   - reduction: One of how many trials goes on at a rung, 2 or above; 4 as in the paper.
  /// - Returns: The pruner.
  public static func asha(firstRung: Int = 1, reduction: Int = 4) -> HalvingPruner {
    HalvingPruner(firstRung: max(1, firstRung), reduction: max(2, reduction))
  }
}
