import ApusData
import ApusGraph
import ApusNN

/// Counts the classes of the first epoch, for what no single batch shows: classes that a part of
/// the data lacks, and samples sorted by class.
struct ClassCensus {
  private(set) var counts: [Int: Int] = [:]
  private var previous: Int?
  private var changes = 0

  /// Counts a batch whose targets are classes.
  mutating func add(_ batch: Batch) {
    guard let targets = batch.targets, targets.dtype.isInteger, targets.shape.elementCount == batch.count
    else {
      return
    }
    for number in targets.doubles {
      let label = Int(saturating: number)
      counts[label, default: 0] += 1
      if let previous, previous != label { changes += 1 }
      previous = label
    }
  }

  /// Whether each class came in one piece, which by chance hardly happens.
  var isSorted: Bool { counts.count > 1 && changes == counts.count - 1 && counts.values.contains { $0 > 3 } }

  /// Warns of what training and validation data disagree in.
  static func compare(_ training: ClassCensus, _ validation: ClassCensus, for learner: Learner) {
    guard !training.counts.isEmpty, !validation.counts.isEmpty else { return }
    func list(_ labels: Set<Int>) -> String {
      labels.sorted().prefix(5).map { label in
        let names = learner.classNames ?? []
        return names.indices.contains(label) ? "\(label) (\"\(names[label])\")" : "\(label)"
      }.joined(separator: ", ") + (labels.count > 5 ? ", …" : "")
    }
    let trained = Set(training.counts.keys), validated = Set(validation.counts.keys)
    let unseen = validated.subtracting(trained), untested = trained.subtracting(validated)
    if !unseen.isEmpty {
      learner.warn(
        .missingClass,
        "the training data has no sample of class \(list(unseen)), which the validation data has: the model cannot "
          + "learn to predict it. Split with `stratified: true`.")
    }
    if !untested.isEmpty {
      let alone =
        validated.count == 1
        ? " It holds class \(list(validated)) only: was sorted data split by its order?" : ""
      learner.warn(
        .missingClass,
        "the validation data has no sample of class \(list(untested)), so its scores say nothing about it.\(alone) "
          + "Split with `dataset.split(0.8)`, which is random and stratified.")
    }
  }
}
