import ApusData
import ApusLearn
import ApusReport
import ApusTasks
import ApusTrain
import Foundation

/// The estimators of a portfolio while they are fitted to the folds of one table.
struct PortfolioFit {
  /// What one estimator did.
  struct Entry {
    let name: String
    let summary: String
    /// The model of each fold.
    var models: [any FittedEstimator] = []
    /// The outputs for each held-out row, `[rows, outputs]`.
    var outputs: [Double] = []
    /// The loss of each held-out row: minus the log of the right class's probability, or the squared error.
    var losses: [Double] = []
    var fitSeconds = 0.0
    var predictSeconds = 0.0
    /// Why it has no models.
    var failure: String?

    /// The mean loss; infinite without models.
    var loss: Double { losses.isEmpty ? .infinity : losses.reduce(0, +) / Double(losses.count) }
    /// The standard error of the mean loss.
    var lossError: Double {
      let mean = loss, count = Double(losses.count)
      guard count > 1 else { return .nan }
      return (losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1) / count).squareRoot()
    }
  }

  let portfolio: Portfolio
  let data: TaskData
  let context: RunContext
  let target: any Target
  /// How rows become features.
  let input: TabularInput
  /// The rows that estimators are fitted to and measured on.
  private let labeled: LabeledRows
  private let folds: [Fold]
  /// The places among `labeled` that are held out by some fold, in ascending order.
  private let heldOut: [Int]
  /// The examples that are held out by some fold, in the order of their outputs.
  let rows: [Int]
  private(set) var entries: [Entry] = []
  private let start = ContinuousClock.now

  /// Reads the features of all rows and deals them to folds.
  /// - Throws: `DataError` for tables without usable columns.
  init(_ portfolio: Portfolio, _ data: TaskData, _ context: RunContext) throws {
    guard let target = data.target else { throw DataError(.setting, "a portfolio needs a target") }
    (self.portfolio, self.data, self.context, self.target) = (portfolio, data, context, target)
    let (training, validation) = (data.rows(.training), data.rows(.validation))
    let isSplit = portfolio.folds == 1
    let places = isSplit ? training + validation : (training + validation).sorted()
    input = try TabularInput(data, rows: isSplit ? training : places, form: .columns)
    let labels = try Labels(target, data.examples, rows: places)
    labeled = try LabeledRows(input.matrix(data.examples, rows: places), labels)
    if isSplit {
      folds = [
        try Fold(
          training: Array(training.indices),
          test: Array(training.count..<places.count))
      ]
    } else {
      folds = try Self.folds(portfolio.folds, labels, data.examples, places, seed: context.seed)
    }
    let held = folds.flatMap(\.test).sorted()
    heldOut = held
    rows = held.map { places[$0] }
  }

  private static func folds(
    _ count: Int, _ labels: Labels, _ examples: Examples, _ rows: [Int], seed: UInt64
  ) throws -> [Fold] {
    var strata: [Int]?
    if case .classes(let all, _) = labels { strata = all.map { Int($0) } }
    let split = try Split.folds(
      count, count: rows.count, strata: strata,
      groups: examples.groups.map { groups in rows.map { groups[$0] } }, seed: seed)
    return try split.parts.map { test in
      let members = Set(test)
      return try Fold(training: rows.indices.filter { !members.contains($0) }, test: test)
    }
  }

  /// Whether the time that a person gave is over.
  private var isOutOfTime: Bool {
    portfolio.seconds.map { (ContinuousClock.now - start) / .seconds(1) > $0 } ?? false
  }

  /// Fits an estimator to every fold, or reads what an interrupted run fitted.
  /// - Parameter member: The estimator.
  /// - Throws: `CancellationError` in a cancelled task; `FileError` where models cannot be written.
  mutating func add(_ member: PortfolioMember) async throws {
    let shape = TableShape(labeled, rows: folds[0].training.count)
    var entry = Entry(name: member.name, summary: member.summary)
    defer { entries.append(entry) }
    if let reason = member.reasonAgainst(shape) {
      entry.failure = reason
      context.reporter.say("\(member.name) is not used: \(reason)")
      return
    }
    guard !isOutOfTime || entries.allSatisfy({ $0.models.isEmpty }) else {
      entry.failure = "the time was over before it was begun"
      return
    }
    let estimator = member.estimator(shape)
    var outputs = [Double](repeating: .nan, count: labeled.count * labeled.labels.outputCount)
    do {
      for (number, fold) in folds.enumerated() {
        let test = try fold.testRows(of: labeled)
        let fitted = try await model(member.name, number, fold, estimator, test, &entry)
        let clock = ContinuousClock.now
        let found = try fitted.outputs(test.features)
        entry.predictSeconds += (ContinuousClock.now - clock) / .seconds(1)
        let width = labeled.labels.outputCount
        for (place, row) in fold.test.enumerated() {
          for output in 0..<width { outputs[row * width + output] = found[place * width + output] }
        }
        entry.models.append(fitted)
      }
    } catch let error as DataError {
      entry.models = []
      entry.failure = "\(error)"
      context.reporter.say("\(member.name) failed: \(error)")
      return
    }
    let width = labeled.labels.outputCount
    entry.outputs = heldOut.flatMap { outputs[$0 * width..<($0 + 1) * width] }
    entry.losses = labeled.labels.subset(heldOut).losses(of: entry.outputs)
    context.reporter.say(
      "\(member.name): \(lossName) \(Format.number(entry.loss)), fitted in \(Format.duration(entry.fitSeconds))"
    )
    try context.keep(
      EstimatorModel(WeightedEnsemble.mean(of: entry.models), input, target, origin: origin),
      loss: entry.loss,
      measure: lossName)
  }

  /// The model of one fold.
  private func model(
    _ name: String, _ number: Int, _ fold: Fold, _ estimator: any Estimator, _ test: LabeledRows,
    _ entry: inout Entry
  ) async throws -> any FittedEstimator {
    let path = context.scratchPath("\(name)-\(number)")
    if context.resumes, FileManager.default.fileExists(atPath: path),
      let kept = try? context.registry.open(path) as? EstimatorModel
    {
      return kept.fitted
    }
    let clock = ContinuousClock.now
    let end = portfolio.seconds.map { start + .seconds($0) }
    let fitted = try await estimator.fit(
      fold.trainingRows(of: labeled),
      FitContext(
        seed: context.seed &+ UInt64(number), validation: test,
        isOutOfTime: { end.map { ContinuousClock.now > $0 } ?? false }))
    entry.fitSeconds += (ContinuousClock.now - clock) / .seconds(1)
    try EstimatorModel(fitted, input, target, origin: origin).package().write(to: path)
    return fitted
  }

  /// Rows that stand for what is usual when predictions are explained.
  private static let backgroundCount = 64

  /// Some of the rows that were fitted to, evenly spread.
  private var background: FeatureMatrix {
    let rows = folds.count == 1 ? folds[0].training : Array(0..<labeled.count)
    let step = max(1, rows.count / Self.backgroundCount)
    return labeled.features.subset(
      stride(from: 0, to: rows.count, by: step).prefix(Self.backgroundCount).map { rows[$0] })
  }

  /// Rows on which the importance of columns is measured, at most of each fold.
  private static let importanceRows = 2000

  /// How much the ensemble relies on each column: the mean over the folds, each measured on rows that its models were not
  /// fitted to.
  /// - Parameter weights: The weight of each entry.
  /// - Throws: `CancellationError` in a cancelled task.
  /// - Returns: The columns, the most important first.
  func importance(_ weights: [Double]) throws -> [PermutationImportance.Column] {
    var sums: [String: (mean: Double, square: Double)] = [:]
    for (number, fold) in folds.enumerated() {
      let chosen = entries.indices.filter { weights[$0] > 0 }
      let ensemble = try WeightedEnsemble(
        chosen.map { entries[$0].models[number] }, weights: chosen.map { weights[$0] })
      let step = max(1, fold.test.count / Self.importanceRows)
      let rows = stride(from: 0, to: fold.test.count, by: step).map { fold.test[$0] }
      let found = try PermutationImportance(ensemble, labeled.subset(rows), repeats: 3, seed: context.seed)
      for column in found.columns {
        let known = sums[column.name] ?? (0, 0)
        sums[column.name] = (known.mean + column.mean, known.square + column.deviation * column.deviation)
      }
    }
    let count = Double(folds.count)
    return sums.map { name, sum in
      PermutationImportance.Column(
        name: name, mean: sum.mean / count, deviation: sum.square.squareRoot() / count)
    }.sorted { ($1.mean, $0.name) < ($0.mean, $1.name) }
  }

  private var origin: ModelOrigin { ModelOrigin(data, recipe: portfolio.summary) }

  /// What estimators are compared by.
  var lossName: String { target.classNames == nil ? "mean squared error" : "log loss" }

  /// What came of combining the entries.
  struct Combination {
    /// The weighted ensemble.
    let model: EstimatorModel
    /// Its outputs for each held-out row.
    let outputs: [[Float]]
    /// The weight of each entry, 1 in all.
    let weights: [Double]
    /// The loss of each held-out row.
    let losses: [Double]
  }

  /// The weighted ensemble of the best.
  /// - Throws: `DataError` where no estimator could be fitted.
  /// - Returns: The model, and what it does on the held-out rows.
  func combined() throws -> Combination {
    let usable = entries.indices.filter { !entries[$0].models.isEmpty }
    guard !usable.isEmpty else {
      throw DataError(
        .setting, "no estimator could be fitted",
        advice: entries.map { "\($0.name): \($0.failure ?? "")" }.joined(separator: "; "))
    }
    let labels = labeled.labels.subset(heldOut)
    let selection = try EnsembleSelection(
      outputs: usable.map { entries[$0].outputs }, labels: labels, seed: context.seed)
    var weights = [Double](repeating: 0, count: entries.count)
    for (place, weight) in zip(usable, selection.weights) { weights[place] = weight }
    let chosen = usable.filter { weights[$0] > 0 }
    let parts = chosen.flatMap { place in
      entries[place].models.map { (model: $0, weight: weights[place] / Double(entries[place].models.count)) }
    }
    let ensemble = try WeightedEnsemble(parts.map(\.model), weights: parts.map(\.weight))
    let width = labels.outputCount
    let outputs = stride(from: 0, to: selection.outputs.count, by: width).map { start in
      selection.outputs[start..<start + width].map { Float($0) }
    }
    let model = try EstimatorModel(ensemble, input, target, background: background, origin: origin)
    return Combination(
      model: model, outputs: outputs, weights: weights, losses: labels.losses(of: selection.outputs))
  }
}
