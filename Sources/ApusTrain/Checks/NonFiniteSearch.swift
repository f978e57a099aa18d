import ApusData
import ApusGraph
import ApusNN
import ApusTensor

/// Finds where a NaN or an infinity begins, by computing a batch again with every value in between kept.
///
/// The failing step has left the weights as they were before it, so the same numbers come up again: first the
/// inputs are looked at, then the weights, then every operation of the forward pass in order, then the
/// gradients.
struct NonFiniteSearch {
  private let learner: Learner
  private let checks: DataChecks

  init(_ learner: Learner, _ checks: DataChecks) {
    self.learner = learner
    self.checks = checks
  }

  /// The error that says where.
  func explain(_ batch: Batch, loss: Double, epoch: Int, index: Int) throws -> TrainingError {
    do {
      try checks.check(batch, epoch: epoch, index: index, checksFeatures: true)
      if let targets = batch.targets, !targets.isAllFinite {
        return error("the targets hold numbers that are not finite", "targets", batch, epoch, index)
      }
    } catch let error as TrainingError { return error }
    for (name, literal) in try learner.modelState().sorted(by: { $0.key < $1.key }) where !literal.isAllFinite
    {
      return error(
        "the loss is \(loss): parameter '\(name)' was not finite before the step", "parameter '\(name)'",
        batch,
        epoch, index,
        advice:
          "The step before must have had gradients that overflowed. Lower the learning rate or clip gradients."
      )
    }
    if let found = try firstOperation(batch) {
      return error(
        "the loss is \(loss): \(found) is the first that is not finite", found, batch, epoch, index)
    }
    return error(
      "the loss is \(loss)", "loss", batch, epoch, index,
      advice: "Lower the learning rate, or clip gradients with the optimizer's `clipping`.")
  }

  private func error(
    _ problem: String, _ tensor: String, _ batch: Batch, _ epoch: Int, _ index: Int,
    advice: String = "Lower the learning rate, clip gradients, or check that layer's inputs."
  ) -> TrainingError {
    TrainingError(
      .notFinite, problem, advice: advice, epoch: epoch, batch: index, samples: batch.ids, tensor: tensor)
  }

  /// The first operation of the forward pass, in order, whose result is not finite.
  private func firstOperation(_ batch: Batch) throws -> String? {
    guard let targets = batch.targets else { return nil }
    // The forward pass of training updates running statistics.
    let state = try learner.modelState()
    defer { try? learner.restoreModelState(state) }
    let loss = withPhase(.training) {
      // A source of its own: looking must not change the state that a checkpoint holds.
      RandomSource.$current.withValue(RandomSource(seed: learner.seed, stream: "search")) {
        learner.loss(
          learner.forward(batch.features.map { Tensor($0) }), Tensor(targets),
          weights: batch.weights.map { Tensor($0) })
      }
    }
    if let failure = loss.failure { throw failure }
    let vertices = Graph(inputs: [], outputs: [loss.value]).vertices.filter { !$0.isComputed }
    let values = vertices.flatMap { vertex in
      vertex.node.types.indices.map { Value(node: vertex.node, index: $0) }
    }
    let tensors = values.filter { $0.dtype.isFloating }.map { Tensor($0) }
    try evaluate(tensors)
    for tensor in tensors where !(try tensor.literal().isAllFinite) {
      let origin = tensor.value.node.origin
      let place = origin.layerPath.isEmpty ? "the result" : "the output of layer '\(origin.layerPath)'"
      return "\(place) (\(tensor.value.node.op.shortName), \(tensor.dtype)\(tensor.shape))"
    }
    return nil
  }
}

extension Op {
  /// The operation without its attributes.
  var shortName: String {
    switch self {
    case .unary(let kind): "\(kind)"
    case .binary(let kind): "\(kind)"
    default: String("\(self)".prefix { $0 != "(" })
    }
  }
}
