import ApusData
import ApusGraph
import ApusNN
import ApusTensor

extension Learner {
  /// Measures loss and metrics on data, without training on it.
  /// - Parameters:
  ///   - dataset: Samples with targets; all of them count, whatever the size of the last batch.
  ///   - batchSize: Samples a step; changes speed and memory alone.
  ///   - workers: Threads that prepare batches.
  /// - Returns: The loss under `loss`, and each metric under its name.
  /// - Throws: `TrainingError`, `DataError`, `GraphError` for data that does not fit the model, loss or metrics.
  public func evaluate(
    _ dataset: any Dataset, batchSize: Int = 128, workers: Int = 1
  ) throws -> [String: Double] {
    try measured(dataset, batchSize: batchSize, workers: workers) { try validationQuantities() }
  }

  /// Measures metrics on data with the tables that some have, such as a confusion matrix.
  /// - Parameters:
  ///   - dataset: Samples with targets.
  ///   - batchSize: Samples a step; changes speed and memory alone.
  ///   - workers: Threads that prepare batches.
  /// - Returns: The value of each metric by its name.
  /// - Throws: As `evaluate`.
  public func measurements(
    of dataset: any Dataset, batchSize: Int = 128, workers: Int = 1
  ) throws -> [String: MetricValue] {
    try measured(dataset, batchSize: batchSize, workers: workers) {
      Dictionary(
        try zip(metrics, programs.validationMetrics).map { ($0.name, try $1.value()) },
        uniquingKeysWith: { $1 })
    }
  }

  private func measured<Result>(
    _ dataset: any Dataset, batchSize: Int, workers: Int, _ read: () throws -> Result
  ) throws -> Result {
    let loader = try DataLoader(dataset, batchSize: batchSize, workers: workers)
    try claim()
    defer { release() }
    let first = try dataset.batch(at: [0])
    try build(first.featureTypes)
    let checks = DataChecks(
      loss: loss, outputCount: outputShape?.dimensions.last, classNames: classNames)
    try warnOfProbabilities(first)
    resetValidation()
    let batches = try loader.batches()
    var index = 0
    while let batch = try batches.next() {
      try evaluate(batch, index: index, checks: checks, checksFeatures: true)
      index += 1
    }
    return try read()
  }

  func evaluate(_ batch: Batch, index: Int, checks: DataChecks, checksFeatures: Bool) throws {
    try checks.check(batch, epoch: nil, index: index, checksFeatures: checksFeatures)
    do {
      try programs.evaluate(batch)
    } catch let error as GraphError where error.kind == .index {
      throw TrainingError(
        .data, "validation: \(error)", batch: index, samples: batch.ids,
        tensor: error.origin.layerPath.isEmpty ? nil : error.origin.layerPath)
    }
  }

  // MARK: - Totals

  func resetTraining() {
    programs.trainingTotals.reset()
    programs.trainingMetrics.forEach { $0.reset() }
  }

  func resetValidation() {
    programs.validationTotals.reset()
    programs.validationMetrics.forEach { $0.reset() }
  }

  func trainingQuantities() throws -> [String: Double] {
    try quantities(programs.trainingTotals, programs.trainingMetrics)
  }

  func validationQuantities() throws -> [String: Double] {
    try quantities(programs.validationTotals, programs.validationMetrics)
  }

  private func quantities(
    _ totals: StepPrograms.LossTotals, _ accumulators: [MetricAccumulator]
  ) throws -> [String: Double] {
    let count = try totals.count.tensor.item()
    var result = ["loss": count > 0 ? try totals.sum.tensor.item() / count : .nan]
    for accumulator in accumulators { result[accumulator.metric.name] = try accumulator.value().number }
    return result
  }

  /// Warns where the loss takes logits and the model gives probabilities. Models whose last operations do not tell are
  /// run once for it.
  func warnOfProbabilities(_ batch: Batch) throws {
    guard loss.activation != .none, let inputTypes else { return }
    // Two samples, as when the model is built: a model may pair them.
    let placeholders = inputTypes.map { Tensor(.input($0.dtype, Shape([2] + $0.shape.dimensions))) }
    let output = forward(placeholders)
    let known = loss.diagnose(output: output)
    for warning in known { warn(.probabilitiesAsLogits, warning.message) }
    guard known.isEmpty, OutputRange(of: output) == .unknown else { return }
    let rows = loss.activation == .sigmoid ? min(32, max(16, batch.count)) : batch.count
    let features = try batch.features.map { literal in try literal.repeated(rows: max(rows, 2)) }
    for warning in loss.diagnose(prediction: try programs.predict(features)[0]) {
      warn(.probabilitiesAsLogits, warning.message)
    }
  }
}

extension Literal {
  /// Rows of the value repeated until there are so many.
  fileprivate func repeated(rows: Int) throws -> Literal {
    let present = shape.dimensions.first ?? 1
    guard rows > present, present > 0 else { return self }
    let rowBytes = byteCount / present
    return try Literal(dtype: dtype, shape: Shape([rows] + shape.dimensions.dropFirst())) { destination in
      withUnsafeBytes { source in
        guard let to = destination.baseAddress, let from = source.baseAddress, rowBytes > 0 else { return }
        for row in 0..<rows {
          (to + row * rowBytes).copyMemory(from: from + row % present * rowBytes, byteCount: rowBytes)
        }
      }
    }
  }
}
