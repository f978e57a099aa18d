import ApusGraph

extension UpdateRule {
  /// Stochastic gradient descent, with Polyak's momentum or Nesterov's if wanted.
  public static func sgd(momentum: Double = 0, nesterov: Bool = false) -> UpdateRule {
    guard momentum != 0 else {
      return UpdateRule("sgd") { input in
        UpdateOutput(input.parameter - input.own(input.learningRate) * input.gradient)
      }
    }
    return UpdateRule("sgd", slots: [("momentum", 0)]) { input in
      let change = input.own(input.learningRate) * input.gradient
      let velocity = input.slots[0] * momentum - change
      let move = nesterov ? velocity * momentum - change : velocity
      return UpdateOutput(input.parameter + move, slots: [velocity])
    }
  }

  /// Chen et al., arXiv:2302.06675: the sign of a mean of gradients.
  public static func lion(beta1: Double = 0.9, beta2: Double = 0.99) -> UpdateRule {
    UpdateRule("lion", slots: [("momentum", 0)]) { input in
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
  public static func sgd(
    learningRate: Double = 0.01, momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0,
    clipping: Clipping? = nil
  ) -> Optimizer {
    Optimizer(
      .sgd(momentum: momentum, nesterov: nesterov), learningRate: learningRate,
      options: OptimizerOptions(weightDecay: weightDecay, clipping: clipping))
  }

  /// Stochastic gradient descent with a schedule.
  public static func sgd(
    schedule: Schedule, momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0,
    clipping: Clipping? = nil
  ) -> Optimizer {
    Optimizer(
      .sgd(momentum: momentum, nesterov: nesterov), schedule: schedule,
      options: OptimizerOptions(weightDecay: weightDecay, clipping: clipping))
  }

  /// Lion. Keras's defaults.
  public static func lion(
    learningRate: Double = 0.001, beta1: Double = 0.9, beta2: Double = 0.99, weightDecay: Double = 0,
    clipping: Clipping? = nil
  ) -> Optimizer {
    Optimizer(
      .lion(beta1: beta1, beta2: beta2), learningRate: learningRate,
      options: OptimizerOptions(weightDecay: weightDecay, clipping: clipping))
  }
}
