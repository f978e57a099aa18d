/// The confusion matrix of a classifier, and what follows from it: accuracy, precision, recall and F1.
public struct ClassificationReport: Sendable, Equatable {
  /// The classes in the order of their labels.
  public let classNames: [String]
  /// `counts[truth][prediction]`: how many samples of a class were taken for each.
  public let counts: [[Int]]

  /// A report on labels and predictions; nil if the two differ in number or a label is none of the classes.
  ///
  /// - Parameters:
  ///   - truths: The right labels, each from 0 to the number of classes.
  ///   - predictions: The predicted labels, one for each truth.
  ///   - classNames: The classes in the order of their labels.
  public init?(truths: [Int], predictions: [Int], classNames: [String]) {
    let labels = classNames.indices
    guard truths.count == predictions.count, truths.allSatisfy(labels.contains),
      predictions.allSatisfy(labels.contains)
    else { return nil }
    var counts = labels.map { _ in [Int](repeating: 0, count: classNames.count) }
    for (truth, prediction) in zip(truths, predictions) { counts[truth][prediction] += 1 }
    self.classNames = classNames
    self.counts = counts
  }

  /// Number of samples.
  public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

  /// The share of samples whose class was found, 0...1; NaN without samples.
  public var accuracy: Double { ratio(counts.indices.reduce(0) { $0 + counts[$1][$1] }, total) }

  /// Number of samples that are of a class.
  public func support(_ label: Int) -> Int { counts[label].reduce(0, +) }

  /// How many of the samples taken for a class are of it, 0...1; NaN if none was taken for it.
  public func precision(_ label: Int) -> Double {
    ratio(counts[label][label], counts.reduce(0) { $0 + $1[label] })
  }

  /// How many of the samples of a class were taken for it, 0...1; NaN if it has no samples.
  public func recall(_ label: Int) -> Double { ratio(counts[label][label], support(label)) }

  /// The harmonic mean of precision and recall, 2·hits / (2·hits + misses + false alarms).
  public func f1(_ label: Int) -> Double {
    ratio(2 * counts[label][label], support(label) + counts.reduce(0) { $0 + $1[label] })
  }

  /// The mean of the classes' F1, each class counting the same.
  public var macroF1: Double {
    let values = counts.indices.map(f1).filter(\.isFinite)
    return values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
  }

  /// A kind of mistake.
  public struct Confusion: Sendable, Equatable {
    /// The right label.
    public let truth: Int
    /// What it was taken for.
    public let prediction: Int
    /// How often.
    public let count: Int
  }

  /// The kinds of mistakes that were made, the most frequent first.
  public var confusions: [Confusion] {
    var found: [Confusion] = []
    for (truth, row) in counts.enumerated() {
      for (prediction, count) in row.enumerated() where prediction != truth && count > 0 {
        found.append(Confusion(truth: truth, prediction: prediction, count: count))
      }
    }
    return found.sorted { ($1.count, $0.truth, $0.prediction) < ($0.count, $1.truth, $1.prediction) }
  }

  private func ratio(_ part: Int, _ whole: Int) -> Double {
    whole > 0 ? Double(part) / Double(whole) : .nan
  }
}
