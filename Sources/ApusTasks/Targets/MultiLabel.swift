import ApusData
import ApusGraph
import ApusNN
import ApusReport
import ApusTrain
import Foundation

/// Labels of which any number hold for an example.
public struct MultiLabel: Target {
  /// The name in files.
  public static let kind = "multi-label"
  /// What a person names it by.
  public static let tasks = ["multi-label", "labels"]
  /// The labels, in the order of the outputs.
  public let names: [String]
  /// The probability above which each label is predicted.
  public var thresholds: [Double]

  /// Labels by their names.
  /// - Throws: `DataError` for none, or two of one name.
  public init(_ names: [String], thresholds: [Double]? = nil) throws {
    guard !names.isEmpty, Set(names).count == names.count, thresholds.map({ $0.count == names.count }) ?? true
    else {
      throw DataError(
        .classes, "labels, each with a name of its own and a threshold, were expected, \(names.count) came")
    }
    self.names = names
    self.thresholds = thresholds ?? names.map { _ in 0.5 }
  }

  /// One column of tags is a multi-label classification.
  public static func propose(
    _ examples: Examples, rows: [Int], task: String?
  ) throws -> (target: MultiLabel, reason: String)? {
    guard examples.targets.count == 1, case .tags(let all) = examples.targets[0].values else { return nil }
    let names = Set(rows.flatMap { all[$0] ?? [] }).sorted()
    guard !names.isEmpty else {
      throw DataError(
        .classes, "no example of the training set has a label in \"\(examples.targets[0].name)\"")
    }
    return (try MultiLabel(names), "any number of labels for each example")
  }

  /// A logit for each label.
  public var outputCount: Int { names.count }
  /// Binary cross-entropy, the mean over labels.
  public var loss: Loss { .binaryCrossEntropy }
  /// Mean average precision and F1.
  public var metrics: [Metric] { [.meanAveragePrecision(), .labelF1()] }

  func truth(_ examples: Examples, row: Int) -> [Bool]? {
    guard let column = examples.targets.first, case .tags(let all) = column.values, let tags = all[row] else {
      return nil
    }
    let held = Set(tags)
    return names.map { held.contains($0) }
  }

  /// 0 or 1 for each label, `float32[labels]`.
  public func encode(_ examples: Examples, row: Int) throws -> Literal? {
    truth(examples, row: row).map { row in Literal(row.map { $0 ? Float(1) : 0 }, shape: [names.count]) }
  }

  /// Refuses labels that are all the same for every example, and names those that are rare.
  public func check(_ examples: Examples, parts: [Part: [Int]]) throws -> [String] {
    let rows = (parts[.training] ?? []).compactMap { truth(examples, row: $0) }
    let counts = names.indices.map { label in rows.count { $0[label] } }
    let constant = names.indices.filter { counts[$0] == 0 || counts[$0] == rows.count }
    guard constant.count < names.count else {
      throw DataError(
        .classes,
        "\(Format.list(names, limit: 3)): every training example has the same labels, nothing can be learned",
        advice: "There have to be examples with and without each label.")
    }
    var notes = constant.map { label in
      "“\(names[label])” holds for \(counts[label] == 0 ? "no" : "every") training example: nothing can be learned about it"
    }
    let few = names.indices.filter { (1..<20).contains(counts[$0]) }
    if !few.isEmpty {
      notes.append(
        "fewer than 20 training examples: "
          + Format.list(few.map { "\(names[$0]) (\(counts[$0]))" }, limit: 3)
          + "; results will depend much on chance")
    }
    return notes
  }

  /// Sigmoid of the logits, compared with the thresholds.
  public func prediction(_ output: [Float], for examples: Examples, row: Int) -> Prediction {
    let probabilities = output.map { 1 / (1 + exp(-Double($0))) }
    return .labels(probabilities: probabilities, holds: zip(probabilities, thresholds).map { $0 > $1 })
  }

  /// Gathers probabilities.
  public func evaluator(for examples: Examples) -> any Evaluator {
    MultiLabelEvaluator(target: self, examples: examples)
  }

  /// Chooses the thresholds with the best F1; ½ for labels that hold for none of the examples.
  public mutating func calibrate(_ evaluator: any Evaluator) throws {
    guard let evaluator = evaluator as? MultiLabelEvaluator else { return }
    thresholds = try evaluator.report().bestThresholds.map { $0 > 0 ? $0 : 0.5 }
  }

  /// The task in a few words.
  public var summary: String { "multi-label classification: \(Format.list(names, limit: 4))" }

  /// The labels and their thresholds.
  public var facts: [Report.Fact] {
    [
      Report.Fact(
        "Labels",
        zip(names, thresholds).map { "\($0) above \(Format.percent($1, digits: 1))" }.joined(separator: ", "))
    ]
  }
}

/// Probabilities of labels of examples whose labels are known.
struct MultiLabelEvaluator: Evaluator {
  let target: MultiLabel
  let examples: Examples
  private(set) var rows: [Int] = []
  private(set) var truths: [[Bool]] = []
  private(set) var probabilities: [[Double]] = []

  init(target: MultiLabel, examples: Examples) {
    self.target = target
    self.examples = examples
  }

  mutating func add(row: Int, output: [Float]) throws {
    guard let truth = target.truth(examples, row: row) else {
      throw DataError(.classes, "its labels are not known", samples: [row])
    }
    rows.append(row)
    truths.append(truth)
    probabilities.append(output.map { 1 / (1 + exp(-Double($0))) })
  }

  var count: Int { rows.count }

  /// Minus the logarithm of the probability of what is true of each example, the mean over labels.
  var losses: [Double] {
    zip(probabilities, truths).map { row, truth in
      zip(row, truth).reduce(0) { $0 - log(max($1.1 ? $1.0 : 1 - $1.0, 1e-12)) } / Double(row.count)
    }
  }

  var loss: Double { count == 0 ? .nan : losses.reduce(0, +) / Double(count) }

  func report() throws -> MultiLabelReport {
    guard
      let report = MultiLabelReport(
        labelNames: target.names, truths: truths, probabilities: probabilities, thresholds: target.thresholds)
    else { throw DataError(.empty, "there are no examples to measure the model on") }
    return report
  }

  func evaluation() throws -> Evaluation {
    let report = try report()
    return Evaluation(
      samples: count, loss: loss, primary: "mean_average_precision",
      metrics: [
        "mean_average_precision": .init(
          report.meanAveragePrecision, interval: meanAveragePrecisionInterval().ends),
        "macro_f1": .init(report.macroF1),
        "micro_f1": .init(report.microF1), "hamming_loss": .init(report.hammingLoss),
        "subset_accuracy": .init(report.subsetAccuracy),
      ],
      details: target.names.indices.map { label in
        .init(
          target.names[label],
          [
            "average_precision": report.averagePrecision(label), "precision": report.precision(label),
            "recall": report.recall(label), "f1": report.f1(label), "threshold": report.thresholds[label],
            "samples": Double(report.support(label)),
          ])
      })
  }
}
