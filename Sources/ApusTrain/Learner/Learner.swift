import ApusData
import ApusGraph
import ApusNN
import ApusTensor
import Synchronization

/// A model with everything needed to train it: loss, optimizer, metrics, and the state of all of them.
///
/// ```swift
/// let learner = Learner(model, loss: .crossEntropy, optimizer: .adam(), metrics: [.accuracy])
/// try await learner.fit(train, validation: test, epochs: 3)
/// try learner.save(to: "fashion.safetensors")
/// ```
///
/// A learner does one thing at a time: a second `fit` while one runs throws `TrainingError`. The same seed,
/// data and settings give the same weights, bit for bit, whatever the number of loader threads.
public final class Learner: @unchecked Sendable {
  /// What is trained.
  public let model: any Module
  /// What training makes small.
  public let loss: Loss
  /// What is measured beside it.
  public let metrics: [Metric]
  /// How gradients become updates.
  public let optimizer: Optimizer
  /// What first weights, dropout, order and augmentation depend on.
  public let seed: UInt64

  /// The names of the classes in the order of their labels; taken from the training data by `fit`.
  public var classNames: [String]?
  /// What was done to raw inputs before the model saw them, by name, as free text. Saved with the model, so
  /// that whoever serves it does the same.
  public var preprocessing: [String: String] = [:]
  /// The types of one sample's inputs, without the batch axis; nil until the model was built.
  public internal(set) var inputTypes: [TensorType]?
  /// The type of one sample's output, without the batch axis; nil until the model was built.
  public internal(set) var outputShape: Shape?
  /// What the last fit measured.
  public internal(set) var history = History()
  /// Everything suspicious that was noticed so far. Each was printed once.
  public internal(set) var warnings: [TrainingWarning] = []
  /// Updates of the weights since the learner was made.
  public internal(set) var stepCount = 0
  /// Epochs begun since the learner was made; the order of the data differs in each.
  public internal(set) var epochCount = 0

  let forward: ([Tensor]) -> Tensor
  let random: RandomSource
  let programs: StepPrograms
  private let isBusy = Mutex(false)

  /// A learner of a model with one input.
  /// - Parameters:
  ///   - model: What is trained.
  ///   - loss: What training makes small.
  ///   - optimizer: How gradients become updates.
  ///   - metrics: What is measured beside the loss.
  ///   - seed: What first weights, dropout, order and augmentation depend on.
  public convenience init(
    _ model: some Layer, loss: Loss, optimizer: Optimizer = .adam(), metrics: [Metric] = [], seed: UInt64 = 0
  ) {
    self.init(model, loss: loss, optimizer: optimizer, metrics: metrics, seed: seed) { inputs in
      guard inputs.count == 1 else {
        return Tensor(
          .failed(
            GraphError(
              .argument, "model", "takes one input, the data set's samples have \(inputs.count) features",
              advice: "give the learner a forward closure that says what to do with each feature")))
      }
      return model(inputs[0])
    }
  }

  /// A learner of a module of any number of inputs.
  /// - Parameters:
  ///   - model: What is trained; must hold every parameter that `forward` uses.
  ///   - loss: What training makes small.
  ///   - optimizer: How gradients become updates.
  ///   - metrics: What is measured beside the loss.
  ///   - seed: What first weights, dropout, order and augmentation depend on.
  ///   - forward: The prediction from the samples' features, each `[batch, ...]`.
  public init(
    _ model: any Module, loss: Loss, optimizer: Optimizer = .adam(), metrics: [Metric] = [], seed: UInt64 = 0,
    forward: @escaping ([Tensor]) -> Tensor
  ) {
    self.model = model
    self.loss = loss
    self.optimizer = optimizer
    self.metrics = metrics
    self.seed = seed
    self.forward = forward
    random = RandomSource(seed: seed, stream: "training")
    programs = StepPrograms(
      model: model, loss: loss, optimizer: optimizer, metrics: metrics, random: random, forward: forward)
  }

  /// The learning rate of the next step. Setting it takes effect at once and compiles nothing.
  public var learningRate: Double {
    get { optimizer.learningRate }
    set { optimizer.learningRate = newValue }
  }

  /// Makes all parameters and checks that the layers fit together. `fit` does it by itself.
  /// - Parameters:
  ///   - inputShape: The shape of one sample, without the batch axis: `[28, 28, 1]`.
  ///   - dtype: The element type of the input.
  public func build(inputShape: Shape, dtype: DType = .float32) throws {
    try build([TensorType(dtype, inputShape)])
  }

  func build(_ types: [TensorType]) throws {
    if let inputTypes {
      guard inputTypes != types else { return }
      try requireSameInputs(types, as: inputTypes)
      return
    }
    let output = try model.build(seed: seed) {
      // Made inside of the trace: outside they would count as pending, and be computed with the first weights.
      forward(types.map { Tensor(.input($0.dtype, Shape([2] + $0.shape.dimensions))) })
    }
    inputTypes = types
    outputShape = Shape(Array(output.dimensions.dropFirst()))
  }

  private func requireSameInputs(_ types: [TensorType], as expected: [TensorType]) throws {
    guard types.count == expected.count else {
      throw TrainingError(
        .data, "the model was built for \(expected.count) features a sample, the data has \(types.count)")
    }
    for (index, (got, wanted)) in zip(types, expected).enumerated() where got != wanted {
      let name = types.count == 1 ? "samples" : "feature \(index)"
      guard got.dtype == wanted.dtype else {
        throw TrainingError(
          .data, "\(name) of \(wanted.dtype) were expected, as when the model was built, \(got.dtype) came",
          tensor: "feature \(index)")
      }
      let axes = zip(got.shape.dimensions, wanted.shape.dimensions).enumerated().filter { $1.0 != $1.1 }
      let which =
        got.shape.rank != wanted.shape.rank
        ? "\(wanted.shape.rank) axes were expected, \(got.shape.rank) came"
        : axes.map { "axis \(Self.axisName($0, of: wanted.shape)) is \($1.0), expected \($1.1)" }
          .joined(separator: "; ")
      throw TrainingError(
        .data, "\(name) have the shape \(got.shape), the model was built for \(wanted.shape): \(which)",
        advice: "Resize, crop or pad the data, or build a model for this shape.", tensor: "feature \(index)")
    }
  }

  /// An axis of a sample by number, and by name where there is a usual one.
  private static func axisName(_ axis: Int, of shape: Shape) -> String {
    let names = shape.rank == 3 ? ["height", "width", "channels"] : []
    return names.indices.contains(axis) ? "\(axis) (\(names[axis]))" : "\(axis)"
  }

  /// The layers with their output shapes and parameter counts, the optimizer's memory apart.
  /// - Throws: `TrainingError` when the model was not built yet.
  public func summary() throws -> String {
    guard let inputTypes, let first = inputTypes.first else {
      throw TrainingError(
        .setting, "the model has no shapes yet",
        advice: "Call build(inputShape:) or fit first.")
    }
    guard let layer = model as? any Layer else {
      return try model.parameters()
        .map { "\($0.name)  \($0.parameter.shape.map { "\($0)" } ?? "?")" }.joined(separator: "\n")
    }
    return try layer.summary(inputShape: first.shape, dtype: first.dtype, optimizer: optimizer).description
  }

  /// Collects a warning and prints it, unless there was the same one before.
  func warn(_ kind: TrainingWarning.Kind, _ message: String) {
    let warning = TrainingWarning(kind, message)
    guard !warnings.contains(warning) else { return }
    warnings.append(warning)
    warning.print()
  }

  func claim() throws {
    let wasBusy = isBusy.withLock { isBusy in
      defer { isBusy = true }
      return isBusy
    }
    guard !wasBusy else {
      throw TrainingError(
        .busy, "the learner is at work already", advice: "Wait for it, or make another learner.")
    }
  }

  func release() { isBusy.withLock { $0 = false } }
}
