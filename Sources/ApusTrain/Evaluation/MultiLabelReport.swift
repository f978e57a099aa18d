/// How good probabilities of labels are of which any number hold: exactly, on the host.
public struct MultiLabelReport: Sendable {
  /// The names of the labels.
  public let labelNames: [String]
  /// Which labels hold, a row for each sample.
  public let truths: [[Bool]]
  /// How probable each is held, a row for each sample.
  public let probabilities: [[Double]]
  /// Above which probability each label is said.
  public let thresholds: [Double]

  /// A report on labels and predictions; nil if rows or their lengths differ, or there are none.
  ///
  /// - Parameters:
  ///   - labelNames: The names of the labels.
  ///   - truths: Which labels hold, a row for each sample.
  ///   - probabilities: The predicted probability of each label, a row for each sample.
  ///   - thresholds: The probability above which each label is predicted; ½ when nil. `bestThresholds` of the validation
  ///     set are a good choice.
  public init?(
    labelNames: [String], truths: [[Bool]], probabilities: [[Double]], thresholds: [Double]? = nil
  ) {
    let count = labelNames.count
    let thresholds = thresholds ?? Array(repeating: 0.5, count: count)
    guard count > 0, !truths.isEmpty, truths.count == probabilities.count, thresholds.count == count,
      truths.allSatisfy({ $0.count == count }), probabilities.allSatisfy({ $0.count == count })
    else { return nil }
    self.labelNames = labelNames
    self.truths = truths
    self.probabilities = probabilities
    self.thresholds = thresholds
  }

  /// A report on a learner's predictions for a dataset whose targets are 0 and 1 for each label.
  public init?(
    _ predictions: Predictions, targets: [[Double]], labelNames: [String], thresholds: [Double]? = nil
  ) {
    self.init(
      labelNames: labelNames, truths: targets.map { $0.map { $0 > 0.5 } },
      probabilities: (0..<predictions.count).map { predictions[$0] }, thresholds: thresholds)
  }

  /// Whether a label is said of a sample.
  public func isSaid(_ label: Int, of sample: Int) -> Bool {
    probabilities[sample][label] > thresholds[label]
  }

  /// How many of the samples of which a label is said it holds for; NaN for one that is never said.
  public func precision(_ label: Int) -> Double {
    let (hits, said, _) = counts(label)
    return said == 0 ? .nan : hits / said
  }

  /// Of how many of the samples that a label holds for it is said; NaN for one that never holds.
  public func recall(_ label: Int) -> Double {
    let (hits, _, real) = counts(label)
    return real == 0 ? .nan : hits / real
  }

  /// Samples of which a label is said and holds, is said, and holds.
  package func counts(_ label: Int) -> (hits: Double, said: Double, real: Double) {
    var counts = (hits: 0.0, said: 0.0, real: 0.0)
    for sample in truths.indices {
      let (said, real) = (isSaid(label, of: sample), truths[sample][label])
      if said && real { counts.hits += 1 }
      if said { counts.said += 1 }
      if real { counts.real += 1 }
    }
    return counts
  }

  /// How many samples a label holds for.
  public func support(_ label: Int) -> Int { truths.count { $0[label] } }

  /// The harmonic mean of a label's precision and recall; 0 for one that is never said and never holds.
  public func f1(_ label: Int) -> Double {
    let (hits, said, real) = counts(label)
    return said + real == 0 ? 0 : 2 * hits / (said + real)
  }

  /// The mean of all labels' F1.
  public var macroF1: Double {
    labelNames.indices.reduce(0) { $0 + f1($1) } / Double(labelNames.count)
  }

  /// F1 of all decisions taken together.
  public var microF1: Double {
    let all = labelNames.indices.map(counts)
    let (hits, whole) = (all.reduce(0) { $0 + $1.hits }, all.reduce(0) { $0 + $1.said + $1.real })
    return whole == 0 ? 0 : 2 * hits / whole
  }

  /// The part of wrong decisions among all.
  public var hammingLoss: Double {
    let wrong = truths.indices.reduce(0) { sum, sample in
      sum + labelNames.indices.count { isSaid($0, of: sample) != truths[sample][$0] }
    }
    return Double(wrong) / Double(truths.count * labelNames.count)
  }

  /// The part of samples all of whose labels are right.
  public var subsetAccuracy: Double {
    let right = truths.indices.count { sample in
      labelNames.indices.allSatisfy { isSaid($0, of: sample) == truths[sample][$0] }
    }
    return Double(right) / Double(truths.count)
  }

  /// The area under a label's precision over its recall; NaN for one that never holds. Equal probabilities count
  /// together.
  public func averagePrecision(_ label: Int) -> Double {
    var area = 0.0
    forEachCut(label) { hits, said, real, newHits, _ in area += newHits / real * hits / said }
    return support(label) == 0 ? .nan : area
  }

  /// The mean of the average precision of the labels that hold somewhere.
  public var meanAveragePrecision: Double {
    let known = labelNames.indices.map(averagePrecision).filter { !$0.isNaN }
    return known.isEmpty ? .nan : known.reduce(0, +) / Double(known.count)
  }

  /// For each label the threshold with the greatest F1 on these samples, halfway to the next lower probability; ½ for
  /// labels that never hold. They lie above 0, so that a label is never said of a sample with the probability 0.
  /// Choose them on validation data and judge them on test data.
  public var bestThresholds: [Double] {
    labelNames.indices.map { label in
      var best = (f1: 0.0, threshold: 0.5)
      forEachCut(label) { hits, said, real, _, threshold in
        let f1 = 2 * hits / (said + real)
        // No threshold has what is held impossible said.
        if f1 > best.f1, threshold > 0 { best = (f1, threshold) }
      }
      return best.threshold
    }
  }

  /// Visits every way to cut the samples in two by a label's probability, from the most probable on.
  private func forEachCut(
    _ label: Int,
    _ body: (_ hits: Double, _ said: Double, _ real: Double, _ newHits: Double, _ threshold: Double) -> Void
  ) {
    let order = truths.indices.sorted { probabilities[$0][label] > probabilities[$1][label] }
    let real = Double(support(label))
    guard real > 0 else { return }
    var (hits, said, newHits) = (0.0, 0.0, 0.0)
    for (place, sample) in order.enumerated() {
      said += 1
      if truths[sample][label] {
        hits += 1
        newHits += 1
      }
      let next = place + 1 < order.count ? probabilities[order[place + 1]][label] : 0
      let present = probabilities[sample][label]
      guard next < present || place + 1 == order.count else { continue }
      body(hits, said, real, newHits, (present + next) / 2)
      newHits = 0
    }
  }
}
