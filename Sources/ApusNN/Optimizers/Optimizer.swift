import ApusGraph
import ApusTensor
import Synchronization

/// Changes a model's weights by the gradients of a loss: a rule such as Adam, with its memory.
///
/// ```swift
/// let optimizer = Optimizer.adam(learningRate: 0.001)
/// let (loss, gradients) = try valueAndGradient(at: model) { model in crossEntropy(model(x), y) }
/// try optimizer.update(model, gradients)
/// ```
///
/// The weights of a model are moved into one block of memory at the first update, so that a step is one pass
/// over it. Step number, learning rate and the rule's memory are cells of state: inside `CompiledFunction`
/// they are updated in place, and changing the learning rate compiles nothing.
public final class Optimizer: Sendable {
  /// The rule.
  public let rule: UpdateRule
  /// Weight decay and clipping.
  public let options: OptimizerOptions
  /// Number of updates made, an `int64` scalar.
  public let step = Variable(0, dtype: .int64, name: "step")
  /// What the learning rate is made of when there is no schedule, and the factor on it when there is one; a
  /// `float64` scalar.
  public let rate: Variable

  struct State {
    var schedule: Schedule?
    var blocks: [ParameterBlock] = []
    var scalars: [Variable] = []
    /// Sums of gradients that wait for an update.
    var sums: [Variable] = []
    var sumWeight: Variable?
  }
  let state: Mutex<State>

  /// An optimizer with a constant learning rate.
  public init(_ rule: UpdateRule, learningRate: Double, options: OptimizerOptions = OptimizerOptions()) {
    self.rule = rule
    self.options = options
    rate = Variable(learningRate, dtype: .float64, name: "learningRate")
    state = Mutex(State(scalars: Self.makeScalars(rule)))
  }

  /// An optimizer with a learning rate that depends on the step.
  public init(_ rule: UpdateRule, schedule: Schedule, options: OptimizerOptions = OptimizerOptions()) {
    self.rule = rule
    self.options = options
    rate = Variable(1, dtype: .float64, name: "learningRate")
    state = Mutex(State(schedule: schedule, scalars: Self.makeScalars(rule)))
  }

  /// An optimizer with a learning rate, a schedule, or the rule's usual rate where neither is given.
  convenience init(
    _ rule: UpdateRule, _ learningRate: Double?, _ schedule: Schedule?, usual: Double,
    options: OptimizerOptions
  ) {
    guard let schedule else {
      self.init(rule, learningRate: learningRate ?? usual, options: options)
      return
    }
    guard learningRate != nil else {
      self.init(rule, schedule: schedule, options: options)
      return
    }
    self.init(
      rule,
      schedule: schedule.failing("cannot be combined with a constant learning rate: give one of the two"),
      options: options)
  }

  private static func makeScalars(_ rule: UpdateRule) -> [Variable] {
    rule.scalars.map { Variable($0.initial, dtype: .float64, name: $0.name) }
  }

  // MARK: - Learning rate

  /// The schedule; nil when the learning rate is constant. Setting it starts from a factor of 1.
  public var schedule: Schedule? {
    get { state.withLock { $0.schedule } }
    set {
      let previous = schedule
      state.withLock { $0.schedule = newValue }
      if newValue != nil { setRate(1) }
      // A constant takes over where the schedule left off.
      if newValue == nil, let previous { setRate(previous(at: stepCount) * rateNumber) }
      step.invalidateTraces()
    }
  }

  /// The learning rate of the next update. Setting it replaces a schedule by a constant.
  public var learningRate: Double {
    get { (schedule?(at: stepCount) ?? 1) * rateNumber }
    set {
      let hadSchedule = state.withLock { state in
        defer { state.schedule = nil }
        return state.schedule != nil
      }
      setRate(newValue)
      if hadSchedule { step.invalidateTraces() }
    }
  }

  /// Multiplies the learning rate from now on, with or without a schedule: what a plateau asks for.
  public func scaleLearningRate(by factor: Double) { setRate(rateNumber * factor) }

  /// Number of updates made.
  public var stepCount: Int { Int((try? step.tensor.literal().doubles.first) ?? 0) }

  private var rateNumber: Double { (try? rate.tensor.literal().doubles.first) ?? .nan }
  private func setRate(_ number: Double) { rate.assign(Tensor(Literal(scalar: number, dtype: .float64))) }

  // MARK: - Updates

  /// Moves the model's weights into one block and makes the rule's memory. Happens by itself at the first
  /// update; done before a training step is compiled it saves tracing that step twice.
  /// - Parameter model: The model, built.
  /// - Throws: `DiscoveryError`, or `GraphError` when a setting of the optimizer makes no sense.
  public func prepare(_ model: any Module) throws {
    let weights = try model.parameters().compactMap { name, parameter -> (String, Parameter)? in
      parameter.kind == .weight && parameter.variable != nil ? (name, parameter) : nil
    }
    try prepare(weights)
  }

  private func prepare(_ weights: [(name: String, parameter: Parameter)]) throws {
    try state.withLock { state in
      let known = Set(state.blocks.flatMap { $0.parameters.map { ObjectIdentifier($0) } })
      let new = weights.filter { !known.contains(ObjectIdentifier($0.parameter)) }
      guard !new.isEmpty else { return }
      try outsideTrace {
        try checkRate(state.schedule)
        var byType: [DType: [(name: String, parameter: Parameter)]] = [:]
        for weight in new { byType[weight.parameter.variable?.dtype ?? .float32, default: []].append(weight) }
        for dtype in byType.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
          state.blocks.append(
            try ParameterBlock(byType[dtype] ?? [], rule: rule, options: options))
        }
      }
    }
  }

  /// The numbers that rule, options and schedule were made with must make sense.
  private func checkArguments(_ schedule: Schedule?) throws {
    if let problem = rule.problem ?? options.problem { throw GraphError(.argument, rule.name, problem) }
    if let schedule, let problem = schedule.problem {
      throw GraphError(
        .argument, rule.name, "the learning rate's schedule '\(schedule.name)' \(problem)",
        advice: "rates are numbers of at least 0, numbers of steps at least 1")
    }
  }

  private func checkRate(_ schedule: Schedule?) throws {
    try checkArguments(schedule)
    let present = (schedule?(at: stepCount) ?? 1) * rateNumber
    guard present.isFinite, present >= 0 else {
      throw GraphError(
        .argument, rule.name, "the learning rate is \(present)",
        advice: schedule == nil
          ? "it must be a number from 0 up"
          : "the schedule '\(schedule?.name ?? "")' gives it: do its steps and values make sense?")
    }
  }

  /// Changes the trainable weights that have gradients, once.
  ///
  /// Outside a compiled function the new weights are computed at once, together with everything else that
  /// waits.
  /// - Parameters:
  ///   - model: The model.
  ///   - gradients: The gradients of its loss.
  ///   - condition: A truth value, part of the graph. Where it is false, weights, memory and step number stay as
  ///     they are: how a step whose loss is not finite is skipped, at no cost.
  /// - Throws: `DiscoveryError`, or `GraphError` when the loss could not be computed.
  public func update(_ model: any Module, _ gradients: Gradients, when condition: Tensor? = nil) throws {
    let parameters = try model.parameters()
    try prepare(
      parameters.filter { $0.parameter.kind == .weight && $0.parameter.variable != nil })
    try update(gradients, when: condition?.value)
  }

  /// Changes the weights that have gradients; they must have been prepared.
  private func update(_ gradients: Gradients, when condition: Value? = nil) throws {
    for gradient in gradients.tensors { if let failure = gradient.failure { throw failure } }
    let (blocks, scalars, schedule) = state.withLock { ($0.blocks, $0.scalars, $0.schedule) }
    try checkArguments(schedule)
    let count = step.tensor.value
    // The schedule goes by the updates made so far, the rules count from 1.
    let base = rate.tensor.value
    let learningRate = schedule.map { $0.formula.value(count.cast(.float64)) * base } ?? base
    let clipped = clip(gradients)
    let scalarValues = scalars.map(\.tensor.value)
    var newScalars = scalarValues
    for block in blocks {
      newScalars = block.update(
        clipped, rule: rule, options: options, learningRate: learningRate,
        step: (count + 1).cast(.float64), scalars: scalarValues, condition: condition)
    }
    for (cell, value) in zip(scalars, newScalars) where value != cell.tensor.value {
      cell.assign(Tensor(value.kept(when: condition, else: cell.tensor.value)))
    }
    step.assign(Tensor((count + 1).kept(when: condition, else: count)))
    for parameter in gradients.parameters {
      guard let constraint = parameter.constraint, let variable = parameter.variable else { continue }
      variable.assign(constraint(variable.tensor))
    }
    if !isTracing { try evaluate(cells.map(\.tensor)) }
  }

  private func clip(_ gradients: Gradients) -> Gradients {
    func scale(_ norm: Value, _ limit: Double) -> Value {
      // A norm of 0 needs no scaling; a NaN stays one and is found where it shows.
      norm.compare(.greater, norm.splat(limit)).select(norm.splat(limit) / norm, norm.splat(1))
    }
    switch options.clipping {
    case nil: return gradients
    case .value(let limit):
      return gradients.map { Tensor($0.value.clamped($0.value.splat(-limit), $0.value.splat(limit))) }
    case .norm(let limit):
      return gradients.map { gradient in
        let norm = gradient.value.squared().sum().sqrt()
        return Tensor(gradient.value * scale(norm, limit))
      }
    case .globalNorm(let limit):
      let factor = scale(gradients.globalNorm.value, limit)
      return gradients.map { Tensor($0.value * factor.cast($0.dtype)) }
    }
  }

  // MARK: - Accumulation

  /// Adds gradients to a running sum instead of using them.
  /// - Parameters:
  ///   - model: The model.
  ///   - gradients: The gradients of its loss.
  ///   - weight: What they count for, such as the number of samples of the small batch: the update divides by the
  ///     sum of weights, so that it equals the one of the whole large batch.
  /// - Throws: `DiscoveryError`, or `GraphError` when the loss could not be computed.
  public func accumulate(_ model: any Module, _ gradients: Gradients, weight: Tensor) throws {
    try prepare(model)
    let (blocks, sums, total) = state.withLock { state in
      if state.sumWeight == nil {
        outsideTrace {
          state.sumWeight = Variable(0, dtype: .float64, name: "accumulated.weight")
          state.sums = state.blocks.map {
            Variable(Tensor.zeros($0.storage.block.shape, dtype: $0.storage.block.dtype), name: "accumulated")
          }
        }
      }
      return (state.blocks, state.sums, state.sumWeight)
    }
    for (block, sum) in zip(blocks, sums) {
      let flat = block.flattened(gradients)
      sum.assign(Tensor(sum.tensor.value + flat * weight.value.cast(flat.dtype)))
    }
    if let total { total.assign(Tensor(total.tensor.value + weight.value.cast(.float64))) }
    if !isTracing { try evaluate((sums + [total].compactMap { $0 }).map(\.tensor)) }
  }

  /// Updates with the mean of what was accumulated, and starts over.
  /// - Parameter model: The model.
  /// - Throws: `GraphError` when nothing was accumulated.
  public func updateWithAccumulated(_ model: any Module) throws {
    let (blocks, sums, total) = state.withLock { ($0.blocks, $0.sums, $0.sumWeight) }
    guard let total, blocks.count == sums.count else {
      throw GraphError(
        .argument, "update", "no gradients were accumulated", advice: "call accumulate(_:_:weight:) first")
    }
    var pairs: [(parameter: Parameter, gradient: Tensor)] = []
    for (block, sum) in zip(blocks, sums) {
      let mean = sum.tensor.value / total.tensor.value.cast(sum.dtype)
      pairs += block.parts(of: mean).filter { $0.parameter.isTrainable }
    }
    for sum in sums {
      sum.assign(Tensor(Value.constant(Literal(scalar: 0, dtype: sum.dtype)).broadcast(to: sum.shape)))
    }
    total.assign(Tensor(Literal(scalar: 0, dtype: .float64)))
    try update(Gradients(pairs))
  }

  // MARK: - State

  /// Every cell of state that a checkpoint must hold, by name.
  public var namedVariables: [(name: String, variable: Variable)] {
    state.withLock { state in
      var result = [("step", step), ("learningRate", rate)]
      result += zip(rule.scalars, state.scalars).map { ($0.name, $1) }
      for (index, block) in state.blocks.enumerated() {
        result += zip(rule.slots, block.slots).map { ("\($0.name).\(index)", $1) }
        if let average = block.average { result.append(("average.\(index)", average)) }
      }
      return result
    }
  }

  private var cells: [Variable] {
    namedVariables.map(\.variable) + state.withLock { $0.blocks.map(\.storage.block) + $0.sums }
  }

  /// The state on the host, for a checkpoint.
  /// - Throws: `GraphError` when a value cannot be computed.
  public func namedLiterals() throws -> [String: Literal] {
    let cells = namedVariables
    let tensors = cells.map(\.variable.tensor)
    try evaluate(tensors)
    return Dictionary(
      uniqueKeysWithValues: try zip(cells, tensors).map { ($0.name, try $1.literal()) })
  }

  /// Takes up the state of a checkpoint. The optimizer must have been prepared with the same model.
  /// - Parameter tensors: What `namedLiterals` gave.
  /// - Throws: `GraphError` when something is missing or has another shape.
  public func load(named tensors: [String: Literal]) throws {
    for (name, variable) in namedVariables {
      guard let literal = tensors[name] else {
        throw GraphError(.argument, "optimizer", "the checkpoint has no '\(name)'")
      }
      guard TensorType(literal.dtype, literal.shape) == variable.type else {
        throw GraphError(
          .shape, "optimizer",
          "'\(name)' is \(variable.type) here and \(literal.dtype)\(literal.shape) in the checkpoint",
          advice: "the model or the optimizer's rule differs from the one that was saved")
      }
      variable.assign(Tensor(literal))
    }
  }

  /// Bytes of the rule's memory for a model of the given weights.
  func stateByteCount(for variables: [Variable]) -> Int {
    variables.reduce(0) { total, variable in
      let aligned =
        (variable.shape.elementCount + FlatStorage.alignment - 1) / FlatStorage.alignment
        * FlatStorage.alignment
      return total + aligned * variable.dtype.byteSize
        * (rule.slots.count + (options.averaging == nil ? 0 : 1))
    }
  }
}
