import ApusData
import ApusGraph
import ApusTrain

/// What a model predicts for examples, in their order.
public struct PredictedExamples: Sendable {
  /// The place of each example among those that were given.
  public let rows: [Int]
  /// What is predicted for each.
  public let predictions: [Prediction]
  /// Examples that cannot be read, and why.
  public let skipped: [Skipped]

  /// Number of predictions.
  public var count: Int { rows.count }
}

extension Predictor {
  /// What the model predicts.
  /// - Throws: `DataError` for models without a target.
  func requiredTarget() throws -> any Target {
    guard let target = problem.target else {
      throw DataError(.setting, "a model of kind \(Self.kind) without a target predicts nothing")
    }
    return target
  }

  /// Predicts for examples, one after the other; the way for any number of them.
  ///
  /// - Parameters:
  ///   - examples: The examples.
  ///   - progress: Called now and then with the number of examples done.
  ///   - body: Called with the place of each example that can be read, and what is predicted for it.
  /// - Returns: The examples that cannot be read, and why.
  /// - Throws: whatever `body` throws; `DataError` for models without a target; `CancellationError` in a cancelled task.
  @discardableResult
  public func predict(
    _ examples: Examples, progress: (Int) -> Void = { _ in }, each body: (Int, Prediction) throws -> Void
  ) throws -> [Skipped] {
    let target = try requiredTarget()
    return try outputs(examples, rows: nil, progress: progress) { row, output in
      try body(row, try target.prediction(output, for: examples, row: row))
    }
  }

  /// Predicts for examples.
  public func predict(_ examples: Examples) throws -> PredictedExamples {
    var rows: [Int] = [], predictions: [Prediction] = []
    let skipped = try predict(examples) { row, prediction in
      rows.append(row)
      predictions.append(prediction)
    }
    return PredictedExamples(rows: rows, predictions: predictions, skipped: skipped)
  }

  /// Predicts for files.
  /// - Throws: `FileError` for the first that cannot be read.
  public func predict(files: [String]) throws -> [Prediction] {
    let result = try predict(problem.input.examples(at: files))
    if let first = result.skipped.first {
      throw DataError(.sample, "\(first.name) cannot be read: \(first.problem)")
    }
    return result.predictions
  }

  /// Measures the model on examples whose right outputs are known. Those without are left out and named.
  ///
  /// - Parameters:
  ///   - examples: The examples.
  ///   - rows: Which of them; all when nil.
  ///   - what: What they are called in progress, such as `test set`.
  ///   - reporter: Who is told how it goes.
  /// - Throws: `DataError` where none can be used.
  /// - Returns: What was gathered, and the examples that could not be used.
  public func evaluate(
    _ examples: Examples, rows: [Int]? = nil, what: String = "examples", reporter: Reporter = .silent
  ) throws -> (evaluator: any Evaluator, skipped: [Skipped]) {
    var evaluator = try requiredTarget().evaluator(for: examples)
    var unusable: [Skipped] = []
    let total = rows?.count ?? examples.count
    let skipped = try outputs(examples, rows: rows, progress: { reporter.count(what, $0, total) }) {
      row, output in
      do {
        try evaluator.add(row: row, output: output)
      } catch let error as any ApusError {
        unusable.append(Skipped(examples.names[row], error.problem))
      }
    }
    guard evaluator.count > 0 else {
      let first = (skipped + unusable).first
      throw DataError(
        .empty,
        "none of \(total) examples can be used" + (first.map { ", \($0.name) first: \($0.problem)" } ?? ""))
    }
    return (evaluator, skipped + unusable)
  }
}
