import ApusData
import ApusNN
import ApusTrain

extension NetworkModel {
  /// A learner of the network's parameters.
  ///
  /// - Parameters:
  ///   - optimizer: How gradients become updates.
  ///   - loss: What is minimized; the target's loss when nil.
  ///   - metrics: What is measured beside it; the target's metrics when nil.
  ///   - seed: What order, augmentation and dropout depend on.
  ///   - reporter: Where warnings and progress go.
  /// - Throws: `DataError` for models without a target.
  /// - Returns: The learner, whose parameters are those of the model.
  public func learner(
    optimizer: Optimizer = .adam(), loss: Loss? = nil, metrics: [Metric]? = nil, seed: UInt64,
    reporter: Reporter = .standard
  ) throws -> Learner {
    let target = try requiredTarget()
    return Learner(
      network.module, loss: loss ?? target.loss, optimizer: optimizer, metrics: metrics ?? target.metrics,
      seed: seed, reporter: reporter, forward: network.forward)
  }

  /// A part of the data as training takes it.
  public func dataset(_ data: TaskData, _ part: Part) throws -> any Dataset {
    try problem.input.dataset(data.examples, rows: data.rows(part), target: problem.target)
  }
}
