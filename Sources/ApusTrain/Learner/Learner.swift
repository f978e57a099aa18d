import ApusData
import ApusGraph
import ApusNN
import ApusTensor
import Synchronization

/// A model with everything needed to train it: loss, optimizer, metrics, and the state of all of them.
///
/// ```swift
/// let learner = Learner(model, loss: .crossEntropy, optimizer: .adam(), metrics: [.accuracy])
/// try await learner.fit(train, validation: validation, epochs: 3)
/// try learner.save(to: "fashion.safetensors")
/// ```
///
/// A learner may be shared between tasks and does one thing at a time: a second `fit` while one runs throws
/// `TrainingError`. The same seed, data and settings give the same weights, bit for bit, whatever the number of loader
/// threads.
public final class Learner: Sendable {
  /// The model.
  public let model: any Module
  /// The loss to minimize.
  public let loss: Loss
  /// What is measured beside the loss.
  public let metrics: [Metric]
  /// How gradients become updates.
  public let optimizer: Optimizer
  /// The seed of initial weights, dropout, order and augmentation.
  public let seed: UInt64
  /// Where warnings and progress go.
  public let reporter: Reporter

  /// What changes while a learner works.
  struct State {
    var isBusy = false
    var classNames: [String]?
    var preprocessing: [String: String]
    var inputTypes: [TensorType]?
    var outputShape: Shape?
    var history = History()
    var warnings: [TrainingWarning] = []
    var stepCount = 0
    var epochCount = 0
    /// What `fit` has to warn of: that weights were loaded without the optimizer's state.
    var optimizerNotice: String?
  }

  let state: Mutex<State>
  let forward: @Sendable ([Tensor]) -> Tensor
  let random: RandomSource
  let programs: StepPrograms

  /// A learner of a model with one input.
  /// - Parameters:
  ///   - model: The model.
  ///   - loss: The loss to minimize.
  ///   - optimizer: How gradients become updates.
  ///   - metrics: What is measured beside the loss.
  ///   - seed: The seed of initial weights, dropout, order and augmentation.
  ///   - classNames: The names of the classes in the order of their labels; by default those of the training data.
  ///   - preprocessing: What is done to raw inputs before they reach the model, by name, as free text.
  ///   - reporter: Where warnings and progress go.
  public convenience init(
    _ model: some Layer, loss: Loss, optimizer: Optimizer = .adam(), metrics: [Metric] = [], seed: UInt64 = 0,
    classNames: [String]? = nil, preprocessing: [String: String] = [:], reporter: Reporter = .standard
  ) {
    self.init(
      model, loss: loss, optimizer: optimizer, metrics: metrics, seed: seed, classNames: classNames,
      preprocessing: preprocessing, reporter: reporter
    ) { inputs in
      guard inputs.count == 1 else {
        return Tensor(
          .failed(
            GraphError(
              .argument, "model", "takes one input, the samples of the dataset have \(inputs.count) features",
              advice: "give the learner a forward closure that says what to do with each feature")))
      }
      return model(inputs[0])
    }
  }

  /// A learner of a module with any number of inputs.
  /// - Parameters:
  ///   - model: The model; must hold every parameter that `forward` uses.
  ///   - loss: The loss to minimize.
  ///   - optimizer: How gradients become updates.
  ///   - metrics: What is measured beside the loss.
  ///   - seed: The seed of initial weights, dropout, order and augmentation.
  ///   - classNames: The names of the classes in the order of their labels; by default those of the training data.
  ///   - preprocessing: What is done to raw inputs before they reach the model, by name, as free text.
  ///   - reporter: Where warnings and progress go.
  ///   - forward: The prediction `[batch, ...]` from the samples' features, each `[batch, ...]`.
  public init(
    _ model: any Module, loss: Loss, optimizer: Optimizer = .adam(), metrics: [Metric] = [], seed: UInt64 = 0,
    classNames: [String]? = nil, preprocessing: [String: String] = [:], reporter: Reporter = .standard,
    forward: @escaping @Sendable ([Tensor]) -> Tensor
  ) {
    self.model = model
    self.loss = loss
    self.optimizer = optimizer
    self.metrics = metrics
    self.seed = seed
    self.reporter = reporter
    self.forward = forward
    state = Mutex(State(classNames: classNames, preprocessing: preprocessing))
    random = RandomSource(seed: seed, stream: "training")
    programs = StepPrograms(
      model: model, loss: loss, optimizer: optimizer, metrics: metrics, random: random, forward: forward)
  }

  // MARK: - State

  /// The names of the classes in the order of their labels: those given, else those of the training data.
  public var classNames: [String]? { state.withLock { $0.classNames } }

  /// What is done to raw inputs before they reach the model, by name, as free text. Saved with the model, so that
  /// whoever serves it does the same.
  public var preprocessing: [String: String] { state.withLock { $0.preprocessing } }

  /// The types of one sample's inputs, without the batch axis; nil until the model is built.
  public var inputTypes: [TensorType]? { state.withLock { $0.inputTypes } }

  /// The shape of one sample's output, without the batch axis; nil until the model is built.
  public var outputShape: Shape? { state.withLock { $0.outputShape } }

  /// What the last fit measured, even if it ended with an error.
  public var history: History { state.withLock { $0.history } }

  /// The warnings so far. Each was given to the reporter once.
  public var warnings: [TrainingWarning] { state.withLock { $0.warnings } }

  /// Updates of the weights so far, over all fits.
  public var stepCount: Int { state.withLock { $0.stepCount } }

  /// Epochs begun so far, over all fits; the order of the data differs in each.
  public var epochCount: Int { state.withLock { $0.epochCount } }

  /// The learning rate of the next step. Setting it takes effect at once and compiles nothing.
  public var learningRate: Double {
    get { optimizer.learningRate }
    set { optimizer.learningRate = newValue }
  }

  /// Makes all parameters and checks that the layers fit together. `fit` does it by itself.
  /// - Parameters:
  ///   - inputShape: The shape of one sample, without the batch axis: `[28, 28, 1]`.
  ///   - dtype: The element type of the input.
  /// - Throws: `GraphError` for layers that do not fit together; `TrainingError` for a model that was built for another
  ///   shape.
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
    state.withLock {
      $0.inputTypes = types
      $0.outputShape = Shape(Array(output.dimensions.dropFirst()))
    }
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
  /// - Returns: A table to print.
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

  /// Collects a warning and gives it to the reporter, unless there was the same one before.
  func warn(_ kind: TrainingWarning.Kind, _ message: String) {
    let warning = TrainingWarning(kind, message)
    let isNew = state.withLock { state in
      guard !state.warnings.contains(warning) else { return false }
      state.warnings.append(warning)
      return true
    }
    if isNew { reporter.warn(warning) }
  }

  func claim() throws {
    let wasBusy = state.withLock { state in
      defer { state.isBusy = true }
      return state.isBusy
    }
    guard !wasBusy else {
      throw TrainingError(
        .busy, "the learner is busy with another call", advice: "Wait for it, or make another learner.")
    }
  }

  func release() { state.withLock { $0.isBusy = false } }
}
