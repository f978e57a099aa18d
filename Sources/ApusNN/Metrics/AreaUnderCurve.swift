extension Metric {
  /// The area under the receiver operating characteristic (ROC AUC): the probability that a sample for which the target
  /// is 1 scores above one for which it is 0, with ties counting half. ½ is chance, NaN means that one of the two is
  /// missing or a score is NaN.
  ///
  /// It goes by the ranks of the scores, so logits, probabilities and any other numbers will do: predictions of shape
  /// `[batch]`, or `[batch, outputs]`, whose outputs are ranked together.
  /// - Parameter capacity: How many scores can be kept until the end of an epoch, 8 bytes each; an error says so
  ///   when more come.
  /// - Returns: A metric in 0…1.
  public static func areaUnderCurve(capacity: Int = 1 << 20) -> Metric {
    ranking("areaUnderCurve", capacity: capacity, byLabel: false) { lists in
      guard let ties = lists.first ?? nil else { return MetricValue(.nan) }
      let positives = ties.reduce(0) { $0 + $1.positive }
      let negatives = ties.reduce(0) { $0 + $1.negative }
      guard positives > 0, negatives > 0 else { return MetricValue(.nan) }
      var below = 0.0, area = 0.0
      for tie in ties.reversed() {
        area += tie.positive * (below + tie.negative / 2)
        below += tie.negative
      }
      return MetricValue(area / (positives * negatives))
    }
  }
}
