import ApusGraph
import ApusTensor

extension Module {
  /// The parameters in the order of the stored properties, each with its dotted path.
  ///
  /// Those of layers that were never called are there as well, without a shape. A parameter that is reached
  /// by several paths goes by the first.
  /// - Throws: `DiscoveryError` when a stored property holds a layer or parameter out of reach.
  public func parameters() throws -> [(name: String, parameter: Parameter)] {
    try discovered().parameters.map { ($0.path, $0.parameter) }
  }

  /// Finds all modules and parameters and tells them their paths.
  func discovered() throws -> Discovery {
    let discovery = try Discovery(self)
    for found in discovery.parameters { found.parameter.name = found.path }
    for found in discovery.modules { found.identity?.path = found.path }
    return discovery
  }

  /// Number of elements of all weights and states that exist so far.
  /// - Throws: `DiscoveryError` when a stored property holds a layer or parameter out of reach.
  public func parameterCount() throws -> Int {
    try parameters().reduce(0) { $0 + $1.parameter.count }
  }

  /// Number of elements that training changes.
  /// - Throws: `DiscoveryError` when a stored property holds a layer or parameter out of reach.
  public func trainableParameterCount() throws -> Int {
    try parameters().reduce(0) { $0 + ($1.parameter.isTrainable ? $1.parameter.count : 0) }
  }

  /// Leaves the parameters alone in training from now on, at once and without compiling anything by hand.
  /// Frozen batch normalization uses its running statistics.
  /// - Parameter prefix: Only those whose dotted path is this one or begins with it: `body`, `body.0`.
  /// - Throws: `DiscoveryError`, or `GraphError` when no parameter's path begins so.
  public func freeze(_ prefix: String = "") throws { try setFrozen(true, prefix) }

  /// Lets training change the parameters again.
  /// - Parameter prefix: Only those whose dotted path is this one or begins with it; all when empty.
  /// - Throws: `DiscoveryError`, or `GraphError` when no parameter's path begins so.
  public func unfreeze(_ prefix: String = "") throws { try setFrozen(false, prefix) }

  private func setFrozen(_ isFrozen: Bool, _ prefix: String) throws {
    let all = try parameters()
    let chosen = all.filter { prefix.isEmpty || $0.name == prefix || $0.name.hasPrefix(prefix + ".") }
    guard prefix.isEmpty || !chosen.isEmpty else {
      throw GraphError(
        .argument, isFrozen ? "freeze" : "unfreeze", "no parameter's path begins with '\(prefix)'",
        advice: "paths are: " + all.prefix(8).map(\.name).joined(separator: ", "))
    }
    for (_, parameter) in chosen { parameter.isFrozen = isFrozen }
  }

  /// The sum of all regularizers' penalties, a scalar; nil when no parameter has one. Part of the loss in
  /// `fit` and in `valueAndGradient`.
  /// - Throws: `DiscoveryError` when a stored property holds a layer or parameter out of reach.
  public func regularizationLoss() throws -> Tensor? {
    ApusNN.regularizationLoss(try parameters().map(\.parameter))
  }
}

/// The sum of the penalties of trainable parameters; nil when none has one.
func regularizationLoss(_ parameters: [Parameter]) -> Tensor? {
  var total: Value?
  for parameter in parameters where parameter.isTrainable {
    guard let regularizer = parameter.regularizer, let variable = parameter.variable else { continue }
    let penalty = regularizer(variable.tensor).value
    total = total.map { $0 + penalty } ?? penalty
  }
  return total.map { Tensor($0) }
}

extension Layer {
  /// Calls the layer with a placeholder, so that all parameters come into being.
  /// - Parameters:
  ///   - inputShape: The shape of one sample, without the batch axis: `[28, 28, 1]`.
  ///   - dtype: The element type of the input; `int32` for indices.
  ///   - seed: Each parameter's first value comes from a stream of this seed and its own path. Without one
  ///     they come from `RandomSource.current`, in the order of creation.
  /// - Returns: The shape of one sample of the result.
  /// - Throws: `DiscoveryError`, or `GraphError` when the layers do not fit together.
  @discardableResult
  public func build(inputShape: Shape, dtype: DType = .float32, seed: UInt64? = nil) throws -> Shape {
    let placeholder = Value.input(dtype, Shape([tracedBatch] + inputShape.dimensions))
    for found in try discovered().modules {
      found.identity?.modelInput = inputShape
    }
    let shape = try build(seed: seed) { self(Tensor(placeholder)) }
    return Shape(Array(shape.dimensions.dropFirst()))
  }
}

extension Layer {
  /// Finds the shapes of all parameters without making any: enough for counts and for `summary`'s numbers, and
  /// free even for models that do not fit the memory.
  /// - Parameters:
  ///   - inputShape: The shape of one sample, without the batch axis: `[224, 224, 3]`.
  ///   - dtype: The element type of the input.
  /// - Returns: The shape of one sample of the result.
  /// - Throws: `GraphError` when the layers do not fit together.
  @discardableResult
  public func plan(inputShape: Shape, dtype: DType = .float32) throws(GraphError) -> Shape {
    let result = planning { self(Tensor(Value.input(dtype, Shape([tracedBatch] + inputShape.dimensions)))) }
    if let failure = result.failure { throw failure }
    return Shape(Array(result.shape.dimensions.dropFirst()))
  }
}

extension Module {
  /// Finds the shapes of all parameters without making any, for modules of several inputs: as `plan(inputShape:)` does
  /// for layers.
  /// - Parameter body: Calls the module with placeholders.
  /// - Returns: The shape of the result.
  /// - Throws: `GraphError` where shapes do not fit together.
  @discardableResult
  public func plan(_ body: () -> Tensor) throws(GraphError) -> Shape {
    let result = planning(body)
    if let failure = result.failure { throw failure }
    return result.shape
  }
}

/// The result of `body`, in which parameters only note their shapes.
func planning(_ body: () -> Tensor) -> Tensor {
  ShapePlanning.$isActive.withValue(true) {
    Phase.$current.withValue(.inference) { withDiscardedTrace(body) }
  }
}

/// The batch size of a trace that only looks at shapes.
let tracedBatch = 2

extension Module {
  /// Runs `body`, which calls the model, so that all parameters come into being: the way for modules of
  /// several inputs. Nothing else that `body` does has an effect, and nothing is computed but first values.
  /// - Parameters:
  ///   - seed: Each parameter's first value comes from a stream of this seed and its own path.
  ///   - body: Calls the model.
  /// - Returns: The shape of the result.
  /// - Throws: `DiscoveryError`, or `GraphError` when the layers do not fit together.
  @discardableResult
  public func build(seed: UInt64? = nil, _ body: () -> Tensor) throws -> Shape {
    let discovery = try discovered()
    if let seed {
      for found in discovery.parameters where found.parameter.variable == nil { found.parameter.seed(seed) }
    }
    let shape = try withDiscardedTrace {
      let result = body()
      if let failure = result.failure { throw failure }
      return result.shape
    }
    // First values are computed now, in one program, so that an initializer's error shows where it belongs.
    try outsideTrace { try evaluate(discovery.parameters.compactMap { $0.parameter.variable?.tensor }) }
    return shape
  }
}
