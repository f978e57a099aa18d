import ApusGraph

extension UpdateRule {
  /// Stochastic gradient descent, with Polyak's momentum or Nesterov's if wanted.
  /// - Parameters:
  ///   - momentum: What remains of the last step, in 0…1; 0 for none.
  ///   - nesterov: Whether the gradient is that of the point ahead; needs a momentum above 0.
  /// - Returns: A rule for an `Optimizer`.
  public static func sgd(momentum: Double = 0, nesterov: Bool = false) -> UpdateRule {
    let checks = [
      ArgumentCheck.isFraction(momentum, "momentum"),
      (!nesterov || momentum != 0, "nesterov needs a momentum above 0, such as 0.9"),
    ]
    guard momentum != 0 else {
      return UpdateRule("sgd", checks: checks) { input in
        UpdateOutput(input.parameter - input.own(input.learningRate) * input.gradient)
      }
    }
    return UpdateRule("sgd", slots: [("momentum", 0)], checks: checks) { input in
      let change = input.own(input.learningRate) * input.gradient
      let velocity = input.slots[0] * momentum - change
      let move = nesterov ? velocity * momentum - change : velocity
      return UpdateOutput(input.parameter + move, slots: [velocity])
    }
  }

  /// Chen et al., arXiv:2302.06675: the sign of a mean of gradients.
  /// - Parameters:
  ///   - beta1: What remains of the mean in the step's direction, in 0 ..< 1.
  ///   - beta2: What remains of the mean that is kept, in 0 ..< 1.
  /// - Returns: A rule for an `Optimizer`.
  public static func lion(beta1: Double = 0.9, beta2: Double = 0.99) -> UpdateRule {
    let checks = [ArgumentCheck.isDecay(beta1, "beta1"), ArgumentCheck.isDecay(beta2, "beta2")]
    return UpdateRule("lion", slots: [("momentum", 0)], checks: checks) { input in
      let g = input.gradient, m = input.slots[0]
      let direction = (m * beta1 + g * (1 - beta1)).unary(.sign)
      return UpdateOutput(
        input.parameter - input.own(input.learningRate) * direction,
        slots: [m * beta2 + g * (1 - beta2)])
    }
  }
}

extension Optimizer {
  /// Stochastic gradient descent. Keras's defaults.
  /// - Parameters:
  ///   - learningRate: At least 0; 0.01 when neither it nor a schedule is given.
  ///   - schedule: The learning rate by the step, in place of a constant one.
  ///   - momentum: What remains of the last step, in 0…1; 0 for none.
  ///   - nesterov: Whether the gradient is that of the point ahead; needs a momentum above 0.
  ///   - weightDecay: Parameters shrink by learning rate · weight decay before each update; at least 0.
  ///   - clipping: How gradients are limited; not at all when nil.
  /// - Returns: An optimizer, which has no model yet.
  public static func sgd(
    learningRate: Double? = nil, schedule: Schedule? = nil, momentum: Double = 0, nesterov: Bool = false,
    weightDecay: Double = 0, clipping: Clipping? = nil
  ) -> Optimizer {
    Optimizer(
      .sgd(momentum: momentum, nesterov: nesterov), learningRate, schedule, usual: 0.01,
      options: OptimizerOptions(weightDecay: weightDecay, clipping: clipping))
  }

  /// Lion. Chen et al., arXiv:2302.06675; Keras's defaults.
  /// - Parameters:
  ///   - learningRate: At least 0; 0.001 when neither it nor a schedule is given.
  ///   - schedule: The learning rate by the step, in place of a constant one.
  ///   - beta1: What remains of the mean in the step's direction, in 0 ..< 1.
  ///   - beta2: What remains of the mean that is kept, in 0 ..< 1.
  ///   - weightDecay: Parameters shrink by learning rate · weight decay before each update; at least 0.
  ///   - clipping: How gradients are limited; not at all when nil.
  /// - Returns: An optimizer, which has no model yet.
  public static func lion(
    learningRate: Double? = nil, schedule: Schedule? = nil, beta1: Double = 0.9, beta2: Double = 0.99,
    weightDecay: Double = 0, clipping: Clipping? = nil
  ) -> Optimizer {
    Optimizer(
      .lion(beta1: beta1, beta2: beta2), learningRate, schedule, usual: 0.001,
      options: OptimizerOptions(weightDecay: weightDecay, clipping: clipping))
  }
}
