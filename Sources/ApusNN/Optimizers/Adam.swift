import ApusGraph

extension UpdateRule {
  /// Kingma and Ba, arXiv:1412.6980, as in Keras: epsilon is added to the uncorrected root.
  /// - Parameters:
  ///   - beta1: What remains of the mean of gradients at each step, in 0 ..< 1.
  ///   - beta2: What remains of the mean of their squares at each step, in 0 ..< 1.
  ///   - epsilon: Added to the root of that mean, at least 0.
  ///   - amsgrad: Whether the largest second moment so far is used. Reddi et al., arXiv:1904.09237.
  /// - Returns: A rule for an `Optimizer`.
  public static func adam(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-7, amsgrad: Bool = false
  ) -> UpdateRule {
    let slots = [("momentum", 0.0), ("velocity", 0.0)] + (amsgrad ? [("largestVelocity", 0.0)] : [])
    return UpdateRule("adam", slots: slots, checks: adamChecks(beta1, beta2, epsilon)) { input in
      let g = input.gradient
      let m = input.slots[0] + (g - input.slots[0]) * (1 - beta1)
      let v = input.slots[1] + (g.squared() - input.slots[1]) * (1 - beta2)
      let correction = (1 - decay(beta2, input.step)).sqrt() / (1 - decay(beta1, input.step))
      let rate = input.own(input.learningRate * correction)
      let largest = amsgrad ? input.slots[2].maximum(v) : v
      return UpdateOutput(
        input.parameter - m * rate / (largest.sqrt() + epsilon),
        slots: amsgrad ? [m, v, largest] : [m, v])
    }
  }

  /// The variant of Adam for the maximum norm: arXiv:1412.6980, section 7.
  /// - Parameters:
  ///   - beta1: What remains of the mean of gradients at each step, in 0 ..< 1.
  ///   - beta2: What remains of the mean of their squares at each step, in 0 ..< 1.
  ///   - epsilon: Added to the root of that mean, at least 0.
  /// - Returns: A rule for an `Optimizer`.
  public static func adamax(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-7
  ) -> UpdateRule {
    UpdateRule(
      "adamax", slots: [("momentum", 0), ("norm", 0)], checks: adamChecks(beta1, beta2, epsilon)
    ) { input in
      let g = input.gradient
      let m = input.slots[0] + (g - input.slots[0]) * (1 - beta1)
      let u = (input.slots[1] * beta2).maximum(g.unary(.absolute))
      let rate = input.own(input.learningRate / (1 - decay(beta1, input.step)))
      return UpdateOutput(input.parameter - m * rate / (u + epsilon), slots: [m, u])
    }
  }

  /// Adam with Nesterov's momentum. Dozat, ICLR workshop 2016.
  /// - Parameters:
  ///   - beta1: What remains of the mean of gradients at each step, in 0 ..< 1.
  ///   - beta2: What remains of the mean of their squares at each step, in 0 ..< 1.
  ///   - epsilon: Added to the root of that mean, at least 0.
  /// - Returns: A rule for an `Optimizer`.
  public static func nadam(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-7
  ) -> UpdateRule {
    UpdateRule(
      "nadam", slots: [("momentum", 0), ("velocity", 0)], scalars: [("momentumProduct", 1)],
      checks: adamChecks(beta1, beta2, epsilon)
    ) { input in
      let g = input.gradient
      func warmed(_ step: Value) -> Value { (1 - decay(0.96, step) * 0.5) * beta1 }
      let now = warmed(input.step), next = warmed(input.step + 1)
      let product = input.scalars[0] * now
      let m = input.slots[0] + (g - input.slots[0]) * (1 - beta1)
      let v = input.slots[1] + (g.squared() - input.slots[1]) * (1 - beta2)
      let mean =
        m * input.own(next / (1 - product * next)) + g * input.own((1 - now) / (1 - product))
      let spread = v * input.own(1 / (1 - decay(beta2, input.step)))
      return UpdateOutput(
        input.parameter - mean * input.own(input.learningRate) / (spread.sqrt() + epsilon),
        slots: [m, v], scalars: [product])
    }
  }

  private static func adamChecks(
    _ beta1: Double, _ beta2: Double, _ epsilon: Double
  ) -> [(holds: Bool, otherwise: String)] {
    [
      ArgumentCheck.isDecay(beta1, "beta1"), ArgumentCheck.isDecay(beta2, "beta2"),
      ArgumentCheck.isAtLeastZero(epsilon, "epsilon"),
    ]
  }

  /// base^step
  private static func decay(_ base: Double, _ step: Value) -> Value { step.splat(base).power(step) }
}

extension Optimizer {
  /// Adam. Kingma and Ba, arXiv:1412.6980; Keras's defaults.
  /// - Parameters:
  ///   - learningRate: At least 0; 0.001 when neither it nor a schedule is given.
  ///   - schedule: The learning rate by the step, in place of a constant one.
  ///   - beta1: What remains of the mean of gradients at each step, in 0 ..< 1.
  ///   - beta2: What remains of the mean of their squares at each step, in 0 ..< 1.
  ///   - epsilon: Added to the root of that mean, at least 0.
  ///   - amsgrad: Whether the largest second moment so far is used.
  ///   - weightDecay: Parameters shrink by learning rate · weight decay before each update; at least 0.
  ///   - clipping: How gradients are limited; not at all when nil.
  /// - Returns: An optimizer, which has no model yet.
  public static func adam(
    learningRate: Double? = nil, schedule: Schedule? = nil, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-7, amsgrad: Bool = false, weightDecay: Double = 0, clipping: Clipping? = nil
  ) -> Optimizer {
    Optimizer(
      .adam(beta1: beta1, beta2: beta2, epsilon: epsilon, amsgrad: amsgrad), learningRate, schedule,
      usual: 0.001, options: OptimizerOptions(weightDecay: weightDecay, clipping: clipping))
  }

  /// Adam with decoupled weight decay. Loshchilov and Hutter, arXiv:1711.05101; Keras's defaults.
  /// - Parameters:
  ///   - learningRate: At least 0; 0.001 when neither it nor a schedule is given.
  ///   - schedule: The learning rate by the step, in place of a constant one.
  ///   - weightDecay: Parameters shrink by learning rate · weight decay before each update; at least 0.
  ///   - beta1: What remains of the mean of gradients at each step, in 0 ..< 1.
  ///   - beta2: What remains of the mean of their squares at each step, in 0 ..< 1.
  ///   - epsilon: Added to the root of that mean, at least 0.
  ///   - amsgrad: Whether the largest second moment so far is used.
  ///   - decays: Whether a parameter, by its dotted path, decays: all do when nil; `OptimizerOptions.kernelsOnly`
  ///     spares biases and the scales of normalization.
  ///   - clipping: How gradients are limited; not at all when nil.
  /// - Returns: An optimizer, which has no model yet.
  public static func adamW(
    learningRate: Double? = nil, schedule: Schedule? = nil, weightDecay: Double = 0.004, beta1: Double = 0.9,
    beta2: Double = 0.999, epsilon: Double = 1e-7, amsgrad: Bool = false,
    decays: (@Sendable (String) -> Bool)? = nil, clipping: Clipping? = nil
  ) -> Optimizer {
    Optimizer(
      .adam(beta1: beta1, beta2: beta2, epsilon: epsilon, amsgrad: amsgrad), learningRate, schedule,
      usual: 0.001, options: OptimizerOptions(weightDecay: weightDecay, decays: decays, clipping: clipping))
  }

  /// Adamax. Kingma and Ba, arXiv:1412.6980, section 7; Keras's defaults.
  /// - Parameters:
  ///   - learningRate: At least 0; 0.001 when neither it nor a schedule is given.
  ///   - schedule: The learning rate by the step, in place of a constant one.
  ///   - beta1: What remains of the mean of gradients at each step, in 0 ..< 1.
  ///   - beta2: What remains of the mean of their squares at each step, in 0 ..< 1.
  ///   - epsilon: Added to the root of that mean, at least 0.
  ///   - weightDecay: Parameters shrink by learning rate · weight decay before each update; at least 0.
  ///   - clipping: How gradients are limited; not at all when nil.
  /// - Returns: An optimizer, which has no model yet.
  public static func adamax(
    learningRate: Double? = nil, schedule: Schedule? = nil, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-7, weightDecay: Double = 0, clipping: Clipping? = nil
  ) -> Optimizer {
    Optimizer(
      .adamax(beta1: beta1, beta2: beta2, epsilon: epsilon), learningRate, schedule, usual: 0.001,
      options: OptimizerOptions(weightDecay: weightDecay, clipping: clipping))
  }

  /// Nadam. Dozat, ICLR workshop 2016; Keras's defaults.
  /// - Parameters:
  ///   - learningRate: At least 0; 0.001 when neither it nor a schedule is given.
  ///   - schedule: The learning rate by the step, in place of a constant one.
  ///   - beta1: What remains of the mean of gradients at each step, in 0 ..< 1.
  ///   - beta2: What remains of the mean of their squares at each step, in 0 ..< 1.
  ///   - epsilon: Added to the root of that mean, at least 0.
  ///   - weightDecay: Parameters shrink by learning rate · weight decay before each update; at least 0.
  ///   - clipping: How gradients are limited; not at all when nil.
  /// - Returns: An optimizer, which has no model yet.
  public static func nadam(
    learningRate: Double? = nil, schedule: Schedule? = nil, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-7, weightDecay: Double = 0, clipping: Clipping? = nil
  ) -> Optimizer {
    Optimizer(
      .nadam(beta1: beta1, beta2: beta2, epsilon: epsilon), learningRate, schedule, usual: 0.001,
      options: OptimizerOptions(weightDecay: weightDecay, clipping: clipping))
  }
}
