import ApusGraph
import ApusTensor

/// The weights of the samples that share one score.
struct ScoreTie: Sendable {
  /// Of samples for which the label holds.
  var positive = 0.0
  /// Of the others.
  var negative = 0.0
}

extension Metric {
  /// A metric of the order of all scores, such as the area under a curve.
  ///
  /// Scores are kept as they are, logits or probabilities, until the epoch's end, as only all of them together have
  /// ranks: 8 bytes each.
  /// - Parameters:
  ///   - name: The name in histories.
  ///   - capacity: How many scores can be kept.
  ///   - byLabel: Whether each column of `[batch, labels]` is ranked by itself; otherwise all scores are one list.
  ///   - value: The outcome of the ties of each list, the highest score first; nil for a list with a NaN.
  /// - Returns: A metric, better when larger.
  static func ranking(
    _ name: String, capacity: Int, byLabel: Bool,
    _ value: @escaping @Sendable (_ lists: [[ScoreTie]?]) -> MetricValue
  ) -> Metric {
    Metric(name, isBetterWhenLarger: true, capacity: capacity) { input in
      switch ScoreRows.aligned(input, byLabel: byLabel, capacity: capacity, metric: name) {
      case .fits(let scores, let weights): return [scores, weights]
      case .fails(let failed): return [failed, failed]
      }
    } value: { totals in
      let columns = Int(totals[2].first ?? 1)
      return value((0..<columns).map { ScoreRows.ties(totals[0], totals[1], column: $0, of: columns) })
    }
  }
}

/// Rows of scores and of signed weights: above 0 where the label holds, below elsewhere.
private enum ScoreRows {
  static func aligned(
    _ input: MetricInput, byLabel: Bool, capacity: Int, metric: String
  ) -> TargetCheck.Outcome {
    func fail(_ kind: GraphError.Kind, _ problem: String) -> TargetCheck.Outcome {
      .fails(Tensor(.failed(GraphError(kind, metric, problem))))
    }
    guard capacity >= 1 else { return fail(.argument, "capacity \(capacity) must be at least 1") }
    guard
      case .fits(let prediction, let target) = TargetCheck.aligned(
        input.prediction, input.target, kind: .binary, loss: metric)
    else {
      return TargetCheck.aligned(input.prediction, input.target, kind: .binary, loss: metric)
    }
    let shape = prediction.shape
    guard !byLabel || shape.rank == 2 else {
      return fail(.shape, "expects predictions [batch, labels], got \(shape)")
    }
    let scores = prediction.dtype == .float64 ? prediction.value : prediction.value.cast(.float32)
    let holds = target.value.compare(.greater, target.value.splat(0.5))
    var weight = scores.filled(1)
    if let given = input.weights {
      guard shape.rank >= 1, given.shape == [shape[0]] else {
        return fail(
          .shape, "expects one weight a sample for predictions of \(shape), got \(given.shape)")
      }
      weight = given.value.cast(scores.dtype).broadcast(to: shape, axes: [0])
    }
    let rows: Shape = byLabel ? shape : [shape.elementCount, 1]
    return .fits(
      Tensor(scores.reshaped(rows)), Tensor(holds.select(weight, -weight).reshaped(rows)))
  }

  /// The ties of one column of rows, the highest score first; nil when a score is NaN.
  static func ties(_ scores: [Double], _ weights: [Double], column: Int, of columns: Int) -> [ScoreTie]? {
    let places = Array(stride(from: column, to: scores.count, by: columns))
    guard !places.contains(where: { scores[$0].isNaN }) else { return nil }
    var ties: [ScoreTie] = []
    var last = Double.nan
    for place in places.sorted(by: { scores[$0] > scores[$1] }) {
      if scores[place] != last {
        ties.append(ScoreTie())
        last = scores[place]
      }
      if weights[place] > 0 {
        ties[ties.count - 1].positive += weights[place]
      } else {
        ties[ties.count - 1].negative -= weights[place]
      }
    }
    return ties
  }
}
