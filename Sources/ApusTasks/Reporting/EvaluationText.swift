import ApusReport

// Scores for the terminal.
extension Evaluation {
  /// Beyond this many classes a confusion matrix is too wide for a terminal: the most frequent confusions are listed.
  private static let classLimit = 12
  /// How many of these confusions are listed.
  private static let listedConfusions = 5
  /// Rows of the table of classes, labels or numbers; of more the worst are shown.
  private static let rowLimit = 40
  /// Characters of a class's name above a column of the confusion matrix.
  private static let headLength = 8

  /// The primary score with its 95 % confidence interval in a sentence, such as `Accuracy 95.0 % (95 % confidence
  /// interval 92.4 – 96.7 %) on 400 test images`.
  ///
  /// - Parameter what: What one example is called, such as `test image`.
  /// - Returns: The lines.
  public func headline(of what: String = "example") -> String {
    let description = ScoreDescription(primary)
    let score = metrics[primary] ?? Score(.nan)
    let interval = score.value.isFinite ? description.text(score.interval ?? []) : ""
    return "\(description.title) \(description.text(score.value))"
      + (interval.isEmpty ? "" : " (95 % confidence interval \(interval))")
      + " on \(Format.count(samples, what))"
  }

  /// The scores as text of several lines: a headline, the other scores, those of each class, label or number, and the
  /// confusion matrix of up to 12 classes or the most frequent confusions of more.
  ///
  /// - Parameters:
  ///   - target: What was predicted, for the names.
  ///   - what: What one example is called, such as `test image`.
  /// - Returns: The lines.
  public func text(target: any Target, of what: String = "example") -> String {
    [
      ([headline(of: what), otherScores] + [frequentConfusion].compactMap { $0 }).joined(separator: "\n"),
      detailTable(target), confusionText(target),
    ].compactMap { $0 }.joined(separator: "\n\n")
  }

  private var otherScores: String {
    let others = ScoreDescription.sorted(metrics.keys.filter { $0 != primary && $0 != "loss" })
    let parts = others.map { key in
      let description = ScoreDescription(key)
      return "\(description.words) \(description.text(metrics[key]?.value ?? .nan))"
    }
    return (["Loss \(Format.number(loss))"] + parts).joined(separator: ", ")
  }

  /// Mistakes, the most frequent first.
  private var confusions: [(truth: Int, prediction: Int, count: Int)] {
    var found: [(truth: Int, prediction: Int, count: Int)] = []
    for (truth, row) in (confusion ?? []).enumerated() {
      for (prediction, count) in row.enumerated() where prediction != truth && count > 0 {
        found.append((truth, prediction, count))
      }
    }
    return found.sorted { ($1.count, $0.truth, $0.prediction) < ($0.count, $1.truth, $1.prediction) }
  }

  private func className(_ place: Int) -> String {
    details.indices.contains(place) ? details[place].name : "\(place)"
  }

  private var frequentConfusion: String? {
    // Of many classes the most frequent ones are listed below.
    guard let worst = confusions.first, let confusion, confusion.count <= Self.classLimit else { return nil }
    return "Most frequent confusion: \(Format.grouped(worst.count)) of "
      + "\(Format.grouped(confusion[worst.truth].reduce(0, +))) “\(className(worst.truth))” predicted as "
      + "“\(className(worst.prediction))”"
  }

  private func detailTable(_ target: any Target) -> String? {
    // Of a single number the scores above are these.
    guard details.count > 1 else { return nil }
    let keys = ScoreDescription.sorted(Set(details.flatMap(\.scores.keys))).filter { $0 != "correct" }
    var shown = details
    if details.count > Self.rowLimit,
      let key = ["f1", "average_precision", "iou", "r2"].first(where: keys.contains)
    {
      func value(_ place: Int) -> Double {
        details[place].scores[key].map { $0.isNaN ? .infinity : $0 } ?? .infinity
      }
      shown = details.indices.sorted { (value($0), $0) < (value($1), $1) }.prefix(Self.rowLimit).map {
        details[$0]
      }
    }
    let rows = shown.map { detail in
      [detail.name] + keys.map { ScoreDescription($0).text(detail.scores[$0] ?? .nan) }
    }
    let head = [type(of: target).outputNoun] + keys.map { ScoreDescription($0).words }
    let table = Format.table([head] + rows)
    let rest = details.count - shown.count
    return rest > 0 ? "\(table)\n… and \(Format.grouped(rest)) more with better scores" : table
  }

  private func confusionText(_ target: any Target) -> String? {
    guard let confusion else { return nil }
    guard confusion.count <= Self.classLimit else {
      let lines = confusions.prefix(Self.listedConfusions).map {
        [Format.grouped($0.count), className($0.truth), "predicted as \(className($0.prediction))"]
      }
      return lines.isEmpty ? nil : "Most frequent confusions\n" + Format.table(lines, leading: [1, 2])
    }
    let heads = confusion.indices.map { String(className($0).prefix(Self.headLength)) }
    let rows = confusion.indices.map { truth in
      [className(truth)] + confusion[truth].map { $0 == 0 ? "·" : Format.grouped($0) }
    }
    return "Confusion matrix (rows: true classes, columns: predicted classes)\n"
      + Format.table([[""] + heads] + rows)
  }
}
