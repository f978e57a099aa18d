import ApusData
import ApusGraph
import ApusNN
import ApusReport
import ApusTrain
import Foundation

/// One of several classes for each example.
public struct Classification: Target {
  /// The name in files.
  public static let kind = "classification"
  /// What a person names it by.
  public static let tasks = ["classification", "classes"]
  /// The classes, in the order of the outputs.
  public let names: [String]
  /// What logits are divided by before they become probabilities: above 1 for a network that is more confident than it
  /// is right (Guo et al., arXiv:1706.04599).
  public var temperature = 1.0
  private let places: [String: Int]

  private enum CodingKeys: String, CodingKey { case names, temperature }

  /// A classification into named classes.
  /// - Throws: `DataError` for fewer than two classes, or two of one name.
  public init(_ names: [String], temperature: Double = 1) throws {
    guard names.count >= 2, Set(names).count == names.count else {
      throw DataError(
        .classes, "at least 2 classes, each with a name of its own, were expected, \(names.count) came")
    }
    guard temperature > 0, temperature.isFinite else {
      throw DataError(.setting, "a temperature above 0 was expected, \(temperature) came")
    }
    self.names = names
    self.temperature = temperature
    places = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
  }

  /// Reads what was encoded.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      values.decode([String].self, forKey: .names),
      temperature: values.decode(Double.self, forKey: .temperature))
  }

  /// One column of categories is a classification.
  public static func propose(
    _ examples: Examples, rows: [Int], task: String?
  ) throws -> (target: Classification, reason: String)? {
    guard examples.targets.count == 1, case .categories(let all) = examples.targets[0].values else {
      return nil
    }
    let names = Set(rows.compactMap { all[$0] }).sorted()
    guard names.count >= 2 else {
      throw DataError(
        .classes,
        names.isEmpty
          ? "no example of the training set has a class"
          : "all examples are of one class, \"\(names[0])\": there is nothing to tell apart",
        advice: "Add examples of another class.")
    }
    return (try Classification(names), "one class for each example")
  }

  /// The classes.
  public var classNames: [String]? { names }
  /// A logit for each class.
  public var outputCount: Int { names.count }
  /// Softmax cross-entropy.
  public var loss: Loss { .crossEntropy }
  /// Accuracy.
  public var metrics: [Metric] { [.accuracy] }

  func label(_ examples: Examples, row: Int) -> Int? {
    guard let column = examples.targets.first, case .categories(let all) = column.values else { return nil }
    return all[row].flatMap { places[$0] }
  }

  /// The label as an `int32` scalar.
  public func encode(_ examples: Examples, row: Int) throws -> Literal? {
    label(examples, row: row).map { Literal([Int32($0)], shape: []) }
  }

  /// The labels.
  public func strata(_ examples: Examples) -> [Int]? {
    (0..<examples.count).map { label(examples, row: $0) ?? -1 }
  }

  /// Refuses classes without examples in the training set, and names small ones and those that other parts lack.
  public func check(_ examples: Examples, parts: [Part: [Int]]) throws -> [String] {
    func counts(_ part: Part) -> [Int] {
      (parts[part] ?? []).reduce(into: [Int](repeating: 0, count: names.count)) { counts, row in
        if let label = label(examples, row: row) { counts[label] += 1 }
      }
    }
    let (training, validation) = (counts(.training), counts(.validation))
    if let rare = names.indices.first(where: { training[$0] == 0 }) {
      throw DataError(
        .classes,
        "class \"\(names[rare])\" has no example in the training set",
        advice: "Add examples of it (some dozens make a start), or take the class away.")
    }
    var notes: [String] = []
    let few = names.indices.filter { training[$0] < 20 }
    if !few.isEmpty {
      notes.append(
        "fewer than 20 training examples: "
          + Format.list(few.map { "\(names[$0]) (\(training[$0]))" }, limit: 3)
          + "; results will depend much on chance")
    }
    for (part, counts) in [(Part.validation, validation), (.test, counts(.test))] {
      let missing = names.indices.filter { counts[$0] == 0 }
      if !missing.isEmpty {
        notes.append(
          "the \(part.rawValue) set has no examples of " + Format.list(missing.map { names[$0] }, limit: 3))
      }
    }
    return notes
  }

  /// Softmax of the logits divided by the temperature.
  public func prediction(_ output: [Float], for examples: Examples, row: Int) -> Prediction {
    .category(probabilities: softmax(output.map { Double($0) / temperature }))
  }

  /// Gathers logits.
  public func evaluator(for examples: Examples) -> any Evaluator {
    ClassificationEvaluator(target: self, examples: examples)
  }

  /// Chooses the temperature that minimizes the loss.
  public mutating func calibrate(_ evaluator: any Evaluator) throws {
    guard let evaluator = evaluator as? ClassificationEvaluator else { return }
    temperature = try TemperatureScaling.fitted(logits: evaluator.logitTable, labels: evaluator.labels)
      .temperature
  }

  /// The task in a few words.
  public var summary: String { "classification into \(Format.list(names, limit: 4))" }

  /// The classes and the temperature.
  public var facts: [Report.Fact] {
    [
      Report.Fact("Classes", names.joined(separator: ", ")),
      Report.Fact("Temperature", Format.number(temperature)),
    ]
  }
}

/// Logits of examples whose classes are known.
struct ClassificationEvaluator: Evaluator {
  let target: Classification
  let examples: Examples
  /// The place of each example.
  private(set) var rows: [Int] = []
  /// The class of each.
  private(set) var labels: [Int] = []
  /// The logits of each.
  private(set) var logits: [[Double]] = []

  init(target: Classification, examples: Examples) {
    self.target = target
    self.examples = examples
  }

  mutating func add(row: Int, output: [Float]) throws {
    guard let label = target.label(examples, row: row) else {
      throw DataError(.classes, "its class is none of the model's", samples: [row])
    }
    rows.append(row)
    labels.append(label)
    logits.append(output.map(Double.init))
  }

  var count: Int { rows.count }

  /// The logits, `[examples, classes]`.
  var logitTable: Literal {
    Literal(logits.joined().map { Float($0) }, shape: [count, target.names.count])
  }

  /// The probabilities of the classes of each example, at a temperature.
  func probabilities(temperature: Double) -> [[Double]] {
    logits.map { row in softmax(row.map { $0 / temperature }) }
  }

  /// The likeliest class of each example; of equals the first.
  var predictions: [Int] {
    logits.map { row in row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 } }
  }

  /// Minus the logarithm of the probability of the right class of each example.
  var losses: [Double] {
    zip(logits, labels).map { row, label in
      let scaled = row.map { $0 / target.temperature }
      let largest = scaled.max() ?? 0
      return log(scaled.reduce(0) { $0 + exp($1 - largest) }) + largest - scaled[label]
    }
  }

  var loss: Double { count == 0 ? .nan : losses.reduce(0, +) / Double(count) }

  /// How each class went.
  func report() throws -> ClassificationReport {
    guard
      let report = ClassificationReport(truths: labels, predictions: predictions, classNames: target.names),
      count > 0
    else { throw DataError(.empty, "there are no examples to measure the model on") }
    return report
  }

  func evaluation() throws -> Evaluation {
    let report = try report()
    let interval = report.accuracyInterval()
    let calibration = try CalibrationReport(
      probabilities: Literal(
        probabilities(temperature: target.temperature).joined().map { Float($0) },
        shape: [count, target.names.count]), labels: labels)
    let present = report.classNames.indices.filter { report.support($0) > 0 }
    var metrics: [String: Evaluation.Score] = [
      "accuracy": .init(report.accuracy, interval: (interval.lower, interval.upper)),
      // What the most frequent class gives for nothing: an accuracy no higher than this says little.
      "largest_class": .init(Double(present.map { report.support($0) }.max() ?? 0) / Double(count)),
      "balanced_accuracy": .init(present.reduce(0) { $0 + report.recall($1) } / Double(present.count)),
      "macro_f1": .init(report.macroF1), "calibration_error": .init(calibration.expectedError),
    ]
    if target.names.count == 2,
      let area = RankingArea(scores: logits.map { $0[1] - $0[0] }, isPositive: labels.map { $0 == 1 })
    {
      metrics["area_under_curve"] = .init(area.value, interval: area.interval)
    }
    return Evaluation(
      samples: count, loss: loss, primary: "accuracy", metrics: metrics,
      details: report.classNames.indices.map { label in
        .init(
          report.classNames[label],
          [
            "precision": report.precision(label), "recall": report.recall(label), "f1": report.f1(label),
            "samples": Double(report.support(label)), "correct": Double(report.counts[label][label]),
          ])
      }, confusion: report.counts)
  }
}

/// Probabilities of logits.
func softmax(_ logits: [Double]) -> [Double] {
  let largest = logits.max() ?? 0
  let powers = logits.map { exp($0 - largest) }
  let sum = powers.reduce(0, +)
  return powers.map { $0 / sum }
}
