import ApusData
import ApusTrain
import Foundation

/// What a network says of photos: how probable each label is, or numbers, beside what is true where that is known.
public struct TargetAnswers: Sendable {
  /// The photos' files, without those that could not be read.
  public let files: [String]
  /// For each photo the probability of each label, 0...1, or the numbers in their own units.
  public let values: [[Double]]
  /// What is true: 0 or 1 for each label, or the numbers; nil where it is not known.
  public let truths: [[Double]]?
  /// The names of the labels or numbers.
  public let names: [String]
  /// The probability above which each label is said; empty for numbers.
  public var thresholds: [Double]
  /// How numbers were scaled for training; nil for labels.
  public let scaling: TargetScaling?
  /// Files that could not be read, and why.
  public let skipped: [(path: String, problem: String)]

  /// Number of photos.
  public var count: Int { files.count }

  /// Whether the answers are numbers.
  public var areNumbers: Bool { scaling != nil }

  /// The labels that are said of a photo, the most probable first, or all numbers.
  public func said(_ photo: Int) -> [(name: String, value: Double)] {
    let all = names.indices.map { (name: names[$0], value: values[photo][$0]) }
    guard !areNumbers else { return all }
    return names.indices.filter { values[photo][$0] > thresholds[$0] }.map { all[$0] }
      .sorted { $0.value > $1.value }
  }

  /// How the labels went; nil for numbers and where the truth is not known.
  public var labelReport: MultiLabelReport? {
    guard let truths, !areNumbers else { return nil }
    return MultiLabelReport(
      labelNames: names, truths: truths.map { $0.map { $0 > 0.5 } }, probabilities: values,
      thresholds: thresholds)
  }

  /// How each number went; nil for labels and where the truth is not known.
  public var numberReports: [RegressionReport]? {
    guard let truths, let scaling, count > 0 else { return nil }
    return names.indices.compactMap { place in
      RegressionReport(
        targetName: names[place], truths: truths.map { $0[place] }, predictions: values.map { $0[place] },
        baseline: scaling.statistics.means[place])
    }
  }

  /// How far the answers for each photo are from the truth: minus the logarithm of the probability of what is true, mean
  /// over labels; of numbers the mean of Huber's loss of scaled differences. Nil where the truth is not known.
  public var losses: [Double]? {
    truths.map { truths in
      zip(values, truths).map { row, truth in
        let parts = row.indices.map { place -> Double in
          guard let scaling else {
            return -log(max(truth[place] > 0.5 ? row[place] : 1 - row[place], 1e-12))
          }
          let distance = abs(row[place] - truth[place]) / scaling.statistics.stds[place]
          return distance < 1 ? distance * distance / 2 : distance - 0.5
        }
        return parts.reduce(0, +) / Double(max(1, parts.count))
      }
    }
  }

  /// The mean of `losses`; nil where the truth is not known or there are no photos.
  public var loss: Double? {
    guard let losses, !losses.isEmpty else { return nil }
    return losses.reduce(0, +) / Double(losses.count)
  }

  /// One number for all: the mean average precision of labels, or the mean R² of numbers; 1 is best. Nil where the truth
  /// is not known.
  public var score: Double? {
    if let labelReport { return labelReport.meanAveragePrecision }
    guard let reports = numberReports, !reports.isEmpty else { return nil }
    return reports.reduce(0) { $0 + $1.rSquared } / Double(reports.count)
  }
}
