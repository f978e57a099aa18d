import ApusData
import ApusGraph
import ApusNN
import ApusTensor
import Synchronization

/// The learner's compiled functions: each is traced once for each combination of shapes and then replayed.
///
/// Inputs are the batch's features, then its targets, then its weights if it has any.
final class StepPrograms: Sendable {
  /// Σ loss and number of samples, over the epoch's batches.
  struct LossTotals: Sendable {
    let sum = Variable(0, dtype: .float64, name: "loss.sum")
    let count = Variable(0, dtype: .float64, name: "loss.count")

    func add(_ mean: Value, count: Int) {
      if mean.failure != nil { return sum.assign(Tensor(mean)) }
      sum.assign(Tensor(sum.tensor.value + mean.cast(.float64) * Double(count)))
      self.count.assign(Tensor(self.count.tensor.value + Double(count)))
    }

    func reset() {
      sum.assign(Tensor(Literal(scalar: 0, dtype: .float64)))
      count.assign(Tensor(Literal(scalar: 0, dtype: .float64)))
    }
  }

  private let model: any Module
  private let loss: Loss
  private let optimizer: Optimizer
  private let random: RandomSource
  private let forward: @Sendable ([Tensor]) -> Tensor

  let trainingTotals = LossTotals(), validationTotals = LossTotals()
  let trainingMetrics: [MetricAccumulator]
  let validationMetrics: [MetricAccumulator]

  /// What the training step consists of beside prediction, loss and update.
  private struct Setup {
    var transforms: [any StepTransform] = []
    /// Whether a loss that is not finite leaves the weights as they are, so that its cause can be searched for.
    var guardsWeights = true
    /// Number of features of the batches at hand, which tells a trace where the targets begin.
    var featureCount = 1
    var updating = CompiledFunction { _ in [] }
    var accumulating = CompiledFunction { _ in [] }
    var applying = CompiledFunction { _ in [] }
  }

  private let setup = Mutex(Setup())
  private let evaluating = Mutex(CompiledFunction { _ in [] })
  private let predicting = Mutex(CompiledFunction { _ in [] })

  init(
    model: any Module, loss: Loss, optimizer: Optimizer, metrics: [Metric], random: RandomSource,
    forward: @escaping @Sendable ([Tensor]) -> Tensor
  ) {
    self.model = model
    self.loss = loss
    self.optimizer = optimizer
    self.random = random
    self.forward = forward
    trainingMetrics = metrics.map { MetricAccumulator($0) }
    validationMetrics = metrics.map { MetricAccumulator($0) }
    // They refer to what is only now complete.
    evaluating.withLock { $0 = CompiledFunction { [unowned self] in try evaluationBody($0) } }
    predicting.withLock { $0 = CompiledFunction { [unowned self] in predictionBody($0) } }
    makeTrainingPrograms()
  }

  // MARK: - Running

  /// Says what the training step consists of beside prediction, loss and update. What was traced for another one is
  /// forgotten.
  func configure(transforms: [any StepTransform], guardsWeights: Bool) {
    let isChanged = setup.withLock { setup in
      // Transforms cannot be compared.
      guard guardsWeights != setup.guardsWeights || !transforms.isEmpty || !setup.transforms.isEmpty else {
        return false
      }
      setup.transforms = transforms
      setup.guardsWeights = guardsWeights
      return true
    }
    if isChanged { makeTrainingPrograms() }
  }

  private func makeTrainingPrograms() {
    setup.withLock { setup in
      setup.updating = CompiledFunction { [unowned self] in try trainingBody($0) }
      setup.accumulating = CompiledFunction { [unowned self] in try accumulationBody($0) }
      setup.applying = CompiledFunction { [unowned self] _ in
        try optimizer.updateWithAccumulated(model)
        return []
      }
    }
  }

  /// Traces and compiles the training step for batches of `rows` samples like those of `batch`.
  func prepareTraining(_ batch: Batch, rows: Int, accumulates: Bool) throws {
    try training(accumulates).prepare(inputs(batch).map { $0.type(rows: rows) })
  }

  /// Updates the weights for a batch, or adds its gradients to those that are accumulated.
  /// - Returns: The batch's mean loss.
  func train(_ batch: Batch, accumulates: Bool = false) throws -> Double {
    try training(accumulates)(inputs(batch)).first?.doubles.first ?? .nan
  }

  /// Updates the weights with the accumulated gradients.
  func applyAccumulated() throws { _ = try setup.withLock { $0.applying }([Literal]()) }

  /// Traces and compiles evaluation for batches of `rows` samples like those of `batch`.
  func prepareEvaluation(_ batch: Batch, rows: Int) throws {
    try evaluating.withLock { $0 }.prepare(inputs(batch).map { $0.type(rows: rows) })
  }

  /// Adds a batch to the totals of validation.
  func evaluate(_ batch: Batch) throws { _ = try evaluating.withLock { $0 }(inputs(batch)) }

  /// The model's output for features `[batch, ...]`, followed by what the loss decodes it to where it does.
  func predict(_ features: [Literal]) throws -> [Literal] {
    try predicting.withLock { $0 }(features)
  }

  private func training(_ accumulates: Bool) -> CompiledFunction {
    setup.withLock { accumulates ? $0.accumulating : $0.updating }
  }

  private func inputs(_ batch: Batch) -> [Literal] {
    setup.withLock { $0.featureCount = batch.features.count }
    return batch.stepInputs
  }

  // MARK: - Bodies

  private struct Parts {
    let features: [Tensor]
    let target: Tensor
    let weights: Tensor?
    var count: Int { target.shape.dimensions.first ?? 1 }
  }

  private func parts(_ inputs: [Tensor]) throws -> Parts {
    let featureCount = setup.withLock { $0.featureCount }
    guard inputs.count > featureCount else {
      throw TrainingError(.data, "the samples have no targets", advice: "Training and evaluation need them.")
    }
    return Parts(
      features: Array(inputs[..<featureCount]), target: inputs[featureCount],
      weights: inputs.count > featureCount + 1 ? inputs[featureCount + 1] : nil)
  }

  /// One update: outputs the batch's mean loss.
  private func trainingBody(_ inputs: [Tensor]) throws -> [Tensor] {
    try differentiated(inputs) { gradients, _, isFinite in
      try optimizer.update(model, gradients, when: isFinite)
    }
  }

  /// Adds a micro-batch's gradients to the optimizer's sums: outputs its mean loss.
  private func accumulationBody(_ inputs: [Tensor]) throws -> [Tensor] {
    try differentiated(inputs) { gradients, count, isFinite in
      try optimizer.accumulate(
        model, isFinite.map { guarded(gradients, by: $0.value) } ?? gradients,
        weight: Tensor(Literal(scalar: Double(count), dtype: .float64)))
    }
  }

  private func differentiated(
    _ inputs: [Tensor], _ use: (_ gradients: Gradients, _ count: Int, _ isFinite: Tensor?) throws -> Void
  ) throws -> [Tensor] {
    let parts = try parts(inputs)
    let (transforms, guardsWeights) = setup.withLock { ($0.transforms, $0.guardsWeights) }
    return try RandomSource.$current.withValue(random) {
      let states = guardsWeights ? try model.parameters().map(\.parameter).filter { $0.kind == .state } : []
      let before = states.map(\.tensor)
      let (values, gradients) = try gradients(at: model) {
        let output = transforms.reduce(forward(parts.features)) { $1.afterPrediction($0) }
        let mean = loss(output, parts.target, weights: parts.weights)
        return [transforms.reduce(mean) { $1.afterLoss($0) }, output]
      }
      let value = values[0], prediction = values[1]
      let isFinite = value.value.unary(.isFinite)
      try use(gradients, parts.count, guardsWeights ? Tensor(isFinite) : nil)
      for (state, old) in zip(states, before) {
        let new = state.tensor
        guard new.failure == nil, new.value != old.value else { continue }
        state.assign(Tensor(isFinite.broadcast(to: new.shape).select(new.value, old.value)))
      }
      trainingTotals.add(value.value, count: parts.count)
      measure(trainingMetrics, prediction, parts)
      return [Tensor(value.value.cast(.float32))]
    }
  }

  private func evaluationBody(_ inputs: [Tensor]) throws -> [Tensor] {
    let parts = try parts(inputs)
    let output = forward(parts.features)
    var value = loss(output, parts.target, weights: parts.weights).value
    if value.failure == nil, let penalty = try model.regularizationLoss() { value = value + penalty.value }
    validationTotals.add(value, count: parts.count)
    measure(validationMetrics, output, parts)
    return []
  }

  private func predictionBody(_ inputs: [Tensor]) -> [Tensor] {
    let output = forward(inputs)
    return loss.activation == .none ? [output] : [output, loss.decoded(output)]
  }

  private func measure(_ metrics: [MetricAccumulator], _ prediction: Tensor, _ parts: Parts) {
    for metric in metrics {
      metric.update(prediction: prediction, target: parts.target, weights: parts.weights, loss: loss)
    }
  }

  /// Gradients that are all 0 where a truth value is false.
  private func guarded(_ gradients: Gradients, by isFinite: Value) -> Gradients {
    gradients.map { gradient in
      Tensor(isFinite.broadcast(to: gradient.shape).select(gradient.value, gradient.value.splat(0)))
    }
  }
}

extension Literal {
  /// The type of as many rows.
  fileprivate func type(rows: Int) -> TensorType {
    TensorType(dtype, Shape([rows] + shape.dimensions.dropFirst()))
  }
}
