import ApusData
import ApusGraph
import ApusNN
import ApusTensor

extension Learner {
  /// The model's predictions for all samples, in the order of the dataset.
  /// - Parameters:
  ///   - dataset: The samples; targets are ignored.
  ///   - batchSize: Samples a step; changes speed and memory alone.
  ///   - workers: Threads that prepare batches.
  /// - Returns: Outputs `[samples, ...]` and what the loss decodes them to.
  /// - Throws: `TrainingError`, `DataError`, `GraphError` for samples that do not fit the model or cannot be read.
  public func predict(_ dataset: any Dataset, batchSize: Int = 128, workers: Int = 1) throws -> Predictions {
    let loader = try DataLoader(dataset, batchSize: batchSize, workers: workers)
    try claim()
    defer { release() }
    try build(try dataset.batch(at: [0]).featureTypes)
    var ids: [Int] = []
    var outputs: [Literal] = [], decoded: [Literal] = []
    let batches = try loader.batches()
    while let batch = try batches.next() {
      let results = try programs.predict(batch.features)
      guard let output = results.first, let last = results.last else { continue }
      outputs.append(output)
      if results.count > 1 { decoded.append(last) }
      ids += batch.ids
    }
    let all = try joined(outputs)
    return Predictions(
      ids: ids, outputs: all, decoded: decoded.isEmpty ? all : try joined(decoded),
      classNames: classNames)
  }

  /// The model's prediction for inputs `[batch, ...]`.
  /// - Parameter features: The inputs, each `[batch, ...]`.
  /// - Returns: Probabilities `[batch, ...]` where the loss takes logits, else the model's output.
  /// - Throws: `TrainingError`, `GraphError` for inputs that do not fit the model.
  public func predict(_ features: Tensor...) throws -> Tensor {
    try claim()
    defer { release() }
    let literals = try features.map { try $0.literal() }
    try build(literals.map { TensorType($0.dtype, Shape(Array($0.shape.dimensions.dropFirst()))) })
    let results = try programs.predict(literals)
    guard let result = results.last else { throw TrainingError(.setting, "the model gave no output") }
    return Tensor(result)
  }
}

/// The outputs of batches, one after the other.
private func joined(_ outputs: [Literal]) throws -> Literal {
  if let all = try Literal(joiningRows: outputs) { return all }
  guard let first = outputs.first else { throw TrainingError(.data, "there are no samples") }
  let other = outputs.first { $0.dtype != first.dtype || $0.shape != first.shape } ?? first
  throw TrainingError(
    .data,
    "the model gave \(first.dtype)\(first.shape) for one batch and \(other.dtype)\(other.shape) for another",
    advice: "Its output must have the batch as its first axis.")
}
