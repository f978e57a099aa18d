import ApusData
import ApusGraph
import ApusNN
import ApusReport
import ApusTrain

/// One number or several for each example.
public struct Regression: Target {
  /// The name in files.
  public static let kind = "regression"
  /// What a person names it by.
  public static let tasks = ["regression", "numbers"]
  /// What the numbers are called, in the order of the outputs.
  public let names: [String]
  /// The mean of each number in the training set; outputs are numbers minus it, divided by `stds`.
  public var means: [Double]
  /// The standard deviation of each number in the training set.
  public var stds: [Double]
  /// Digits after the point that the numbers of the training set have, at most 12; nil where that is not known.
  public private(set) var fractionDigits: [Int]?
  /// How far from a prediction the truth lies at most, for 90 % of examples like the validation examples; nil where there
  /// were fewer than nine of those.
  ///
  /// Split conformal prediction (Vovk et al., 2005; Lei et al., "Distribution-free predictive inference for regression",
  /// 2018): the 0.9 · (n + 1)-th least of the n distances, which holds for new examples whatever the model is.
  public private(set) var marginOf90: [Double]?

  /// Numbers by their names.
  /// - Throws: `DataError` for none, two of one name, or scales that are none.
  public init(_ names: [String], means: [Double]? = nil, stds: [Double]? = nil) throws {
    let means = means ?? names.map { _ in 0 }, stds = stds ?? names.map { _ in 1 }
    guard !names.isEmpty, Set(names).count == names.count, means.count == names.count,
      stds.count == names.count,
      means.allSatisfy(\.isFinite), stds.allSatisfy({ $0 > 0 && $0.isFinite })
    else {
      throw DataError(
        .setting,
        "numbers with names of their own, finite means and standard deviations above 0 were expected")
    }
    self.names = names
    self.means = means
    self.stds = stds
  }

  /// Columns of numbers are a regression.
  public static func propose(
    _ examples: Examples, rows: [Int], task: String?
  ) throws -> (target: Regression, reason: String)? {
    guard !examples.targets.isEmpty else { return nil }
    for column in examples.targets {
      guard case .numbers = column.values else { return nil }
    }
    return (try Regression(examples.targets.map(\.name)), "a number for each example")
  }

  /// Takes means and standard deviations, in double precision.
  public mutating func fit(_ examples: Examples, rows: [Int]) throws {
    for place in names.indices {
      let values = rows.compactMap { truth(examples, row: $0)?[place] }
      let count = Double(max(1, values.count))
      let mean = values.reduce(0, +) / count
      let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
      means[place] = mean
      stds[place] = square > 0 ? square.squareRoot() : 1
    }
    fractionDigits = names.indices.map { place in
      rows.reduce(0) { most, row in max(most, truth(examples, row: row).map { Self.digits($0[place]) } ?? 0) }
    }
  }

  /// Digits after the point that a number needs.
  private static func digits(_ value: Double) -> Int {
    let text = "\(value)"
    guard let point = text.firstIndex(of: "."), !text.contains("e"), !text.hasSuffix(".0") else { return 0 }
    return min(12, text.distance(from: point, to: text.endIndex) - 1)
  }

  /// A number for each name.
  public var outputCount: Int { names.count }
  /// Huber's loss of scaled numbers, which a few wrong ones do not spoil.
  public var loss: Loss { .huber }
  /// R².
  public var metrics: [Metric] { [.r2] }

  func truth(_ examples: Examples, row: Int) -> [Double]? {
    var result: [Double] = []
    for column in examples.targets {
      guard case .numbers(let all) = column.values, all[row].isFinite else { return nil }
      result.append(all[row])
    }
    return result.count == names.count ? result : nil
  }

  /// The scaled numbers, `float32[numbers]`.
  public func encode(_ examples: Examples, row: Int) throws -> Literal? {
    truth(examples, row: row).map { row in
      Literal(row.indices.map { Float((row[$0] - means[$0]) / stds[$0]) }, shape: [names.count])
    }
  }

  /// Refuses numbers that are the same for every training example.
  public func check(_ examples: Examples, parts: [Part: [Int]]) throws -> [String] {
    let rows = (parts[.training] ?? []).compactMap { truth(examples, row: $0) }
    if let place = names.indices.first(where: { place in Set(rows.map { $0[place] }).count < 2 }) {
      throw DataError(
        .classes, "“\(names[place])” is the same for every training example: nothing can be learned",
        advice: "Choose another column.")
    }
    return rows.count < 20 ? ["only \(rows.count) training examples: results will depend much on chance"] : []
  }

  /// Takes the margins of 90 % intervals.
  public mutating func calibrate(_ evaluator: any Evaluator) throws {
    guard let evaluator = evaluator as? RegressionEvaluator else { return }
    let rank = Int((0.9 * Double(evaluator.count + 1)).rounded(.up))
    guard rank <= evaluator.count else { return marginOf90 = nil }
    marginOf90 = names.indices.map { place in
      zip(evaluator.predictions, evaluator.truths).map { abs($0[place] - $1[place]) }.sorted()[rank - 1]
    }
  }

  /// The 90 % interval of a number; nil where none is known.
  func interval(_ value: Double, _ place: Int) -> (lower: Double, upper: Double)? {
    marginOf90.map { (value - $0[place], value + $0[place]) }
  }

  /// The numbers in their own units.
  func restored(_ output: [Float]) -> [Double] {
    output.indices.map { Double(output[$0]) * stds[$0] + means[$0] }
  }

  /// The numbers in their own units.
  public func prediction(_ output: [Float], for examples: Examples, row: Int) -> Prediction {
    .numbers(restored(output))
  }

  /// Gathers numbers.
  public func evaluator(for examples: Examples) -> any Evaluator {
    RegressionEvaluator(target: self, examples: examples)
  }

  /// The task in a few words.
  public var summary: String { "regression of \(Format.list(names, limit: 4))" }

  /// The numbers.
  public var facts: [Report.Fact] { [Report.Fact("Predicts", names.joined(separator: ", "))] }
}

/// Predicted numbers of examples whose right ones are known.
struct RegressionEvaluator: Evaluator {
  let target: Regression
  let examples: Examples
  private(set) var rows: [Int] = []
  private(set) var truths: [[Double]] = []
  private(set) var predictions: [[Double]] = []

  init(target: Regression, examples: Examples) {
    self.target = target
    self.examples = examples
  }

  mutating func add(row: Int, output: [Float]) throws {
    guard let truth = target.truth(examples, row: row) else {
      throw DataError(.sample, "the number to predict is missing", samples: [row])
    }
    rows.append(row)
    truths.append(truth)
    predictions.append(target.restored(output))
  }

  var count: Int { rows.count }

  /// Huber's loss of the scaled difference of each example, the mean over numbers.
  var losses: [Double] {
    zip(predictions, truths).map { row, truth in
      row.indices.reduce(0) { sum, place in
        let distance = abs(row[place] - truth[place]) / target.stds[place]
        return sum + (distance < 1 ? distance * distance / 2 : distance - 0.5)
      } / Double(row.count)
    }
  }

  var loss: Double { count == 0 ? .nan : losses.reduce(0, +) / Double(count) }

  /// How each number went.
  func reports() throws -> [RegressionReport] {
    try target.names.indices.map { place in
      guard
        let report = RegressionReport(
          targetName: target.names[place], truths: truths.map { $0[place] },
          predictions: predictions.map { $0[place] }, baseline: target.means[place])
      else { throw DataError(.empty, "there are no examples to measure the model on") }
      return report
    }
  }

  func evaluation() throws -> Evaluation {
    let reports = try reports()
    let count = Double(reports.count)
    func mean(_ value: (RegressionReport) -> Double) -> Double {
      reports.reduce(0) { $0 + value($1) } / count
    }
    let intervals = intervals(reports)
    var metrics: [String: Evaluation.Score] = ["r2": .init(mean(\.rSquared), interval: intervals[0].ends)]
    // Errors of several numbers have several units.
    if let only = reports.first, reports.count == 1 {
      metrics["mean_absolute_error"] = .init(only.meanAbsoluteError, interval: intervals[1].ends)
      metrics["root_mean_squared_error"] = .init(only.rootMeanSquaredError, interval: intervals[2].ends)
      metrics["baseline_mean_absolute_error"] = .init(only.baselineMeanAbsoluteError)
    }
    if let margins = target.marginOf90 {
      let inside = zip(predictions, truths).reduce(0) { sum, row in
        sum + row.0.indices.count { abs(row.0[$0] - row.1[$0]) <= margins[$0] }
      }
      metrics["interval_coverage"] = .init(Double(inside) / (count * Double(self.count)))
    }
    return Evaluation(
      samples: self.count, loss: loss, primary: "r2", metrics: metrics,
      details: reports.map { report in
        .init(
          report.targetName,
          [
            "mean_absolute_error": report.meanAbsoluteError,
            "root_mean_squared_error": report.rootMeanSquaredError, "r2": report.rSquared,
            "baseline_mean_absolute_error": report.baselineMeanAbsoluteError,
          ])
      })
  }
}
