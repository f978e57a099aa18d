import ApusData
import ApusGraph
import ApusNN
import ApusTensor
import Foundation

extension Learner {
  /// Trains on some batches with a learning rate that grows by a constant factor from one to the next, and
  /// restores weights, optimizer and random streams.
  ///
  /// Stops early once the loss is four times its smallest value or not finite.
  ///
  /// - Parameters:
  ///   - dataset: The training data.
  ///   - first: The smallest rate, more than 0.
  ///   - last: The largest rate.
  ///   - steps: Number of batches, at least 3; the data is repeated if it has fewer.
  ///   - batchSize: Samples a batch: the one that training will use.
  ///   - workers: Threads that prepare batches.
  /// - Returns: The losses, with a suggested learning rate.
  /// - Throws: `TrainingError` for rates or steps that make no sense; `TrainingError`, `DataError`, `GraphError` for data
  ///   that does not fit.
  public func findLearningRate(
    _ dataset: any Dataset, from first: Double = 1e-7, to last: Double = 10, steps: Int = 100,
    batchSize: Int = 32, workers: Int = 1
  ) throws -> LearningRateCurve {
    guard first > 0, last > first, last.isFinite, steps >= 3 else {
      throw TrainingError(
        .setting,
        "rates of which the first is positive and the last larger, and 3 steps or more were expected, "
          + "\(first), \(last) and \(steps) came")
    }
    let loader = try DataLoader(dataset, batchSize: batchSize, shuffled: true, seed: seed, workers: workers)
    try claim()
    defer { release() }
    let sample = try dataset.batch(at: [0])
    try build(sample.featureTypes)
    try optimizer.prepare(model)
    let before = try RestorePoint(self)
    let checks = DataChecks(loss: loss, outputCount: outputShape?.dimensions.last, classNames: classNames)
    do {
      let curve = try sweep(loader, checks, first: first, last: last, steps: steps)
      try before.restore(self)
      return curve
    } catch {
      try before.restore(self)
      throw error
    }
  }

  private func sweep(
    _ loader: DataLoader, _ checks: DataChecks, first: Double, last: Double, steps: Int
  ) throws -> LearningRateCurve {
    var rates: [Double] = [], losses: [Double] = []
    var mean = 0.0, smallest = Double.infinity
    var batches = try loader.batches(epoch: 0)
    var epoch = 0
    while rates.count < steps {
      guard let batch = try batches.next() else {
        epoch += 1
        batches = try loader.batches(epoch: epoch)
        continue
      }
      try checks.check(batch, epoch: epoch, index: rates.count, checksFeatures: epoch == 0)
      let rate = first * pow(last / first, Double(rates.count) / Double(steps - 1))
      optimizer.learningRate = rate
      let loss = try programs.train(batch)
      guard loss.isFinite else { break }
      // A running mean without the bias of its start, as in Adam.
      mean = 0.9 * mean + 0.1 * loss
      let smoothed = mean / (1 - pow(0.9, Double(rates.count + 1)))
      rates.append(rate)
      losses.append(smoothed)
      smallest = min(smallest, smoothed)
      if smoothed > 4 * smallest, rates.count > 10 { break }
    }
    return LearningRateCurve(rates: rates, losses: losses)
  }
}

/// The state of a learner, to go back to.
private struct RestorePoint {
  private let model: [String: Literal]
  private let training: [String: Literal]
  private let schedule: Schedule?

  init(_ learner: Learner) throws {
    model = try learner.modelState()
    training = try learner.trainingTensors()
    schedule = learner.optimizer.schedule
  }

  func restore(_ learner: Learner) throws {
    try learner.restoreModelState(model)
    if let schedule { learner.optimizer.schedule = schedule }
    try learner.restoreTraining(training)
    learner.resetTraining()
  }
}
