import ApusGraph

/// What a rule works on: flat tensors of any number of parameters, and scalars.
public struct UpdateInput {
  /// The parameters, `[elements]`.
  public let parameter: Value
  /// Their gradients, `[elements]`.
  public let gradient: Value
  /// The rule's memory, each `[elements]`.
  public let slots: [Value]
  /// Numbers that the rule remembers, `float64` scalars.
  public let scalars: [Value]
  /// The learning rate, a `float64` scalar.
  public let learningRate: Value
  /// Which update this is, from 1: a `float64` scalar.
  public let step: Value

  /// A scalar in the parameters' type.
  public func own(_ scalar: Value) -> Value { scalar.cast(parameter.dtype) }
}

/// What a rule makes of it.
public struct UpdateOutput {
  /// The new parameters.
  public let parameter: Value
  /// The new memory.
  public let slots: [Value]
  /// The new numbers.
  public let scalars: [Value]

  /// The result of an update.
  public init(_ parameter: Value, slots: [Value] = [], scalars: [Value] = []) {
    self.parameter = parameter
    self.slots = slots
    self.scalars = scalars
  }
}

/// A rule that makes new parameters of old ones and their gradients, element by element: the compiler makes
/// one pass over memory of it.
public struct UpdateRule: Sendable {
  /// The rule's name.
  public let name: String
  /// The names of the tensors that it remembers, and what their elements start with.
  public let slots: [(name: String, initial: Double)]
  /// The names of the numbers that it remembers, and what they start with.
  public let scalars: [(name: String, initial: Double)]
  /// The rule.
  public let body: @Sendable (UpdateInput) -> UpdateOutput
  /// What is wrong with the numbers that the rule was made with; the optimizer's first update throws it.
  let problem: String?

  /// A rule of your own.
  /// - Parameters:
  ///   - name: Its name in messages.
  ///   - slots: Tensors of the parameters' shape that it remembers, and what their elements start with.
  ///   - scalars: Numbers that it remembers, and what they start with.
  ///   - body: New parameters, slots and scalars from the old ones and the gradients.
  public init(
    _ name: String, slots: [(name: String, initial: Double)] = [],
    scalars: [(name: String, initial: Double)] = [],
    _ body: @escaping @Sendable (UpdateInput) -> UpdateOutput
  ) {
    self.init(name, slots: slots, scalars: scalars, checks: [], body)
  }

  /// A rule whose numbers must fulfill some conditions.
  init(
    _ name: String, slots: [(name: String, initial: Double)] = [],
    scalars: [(name: String, initial: Double)] = [], checks: [(holds: Bool, otherwise: String)],
    _ body: @escaping @Sendable (UpdateInput) -> UpdateOutput
  ) {
    self.name = name
    self.slots = slots
    self.scalars = scalars
    self.body = body
    problem = ArgumentCheck.firstProblem(checks)
  }
}
