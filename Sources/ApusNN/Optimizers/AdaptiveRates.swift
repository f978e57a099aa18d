import ApusGraph

extension UpdateRule {
  /// Tieleman and Hinton, 2012: steps divided by a running root mean square, with epsilon under the root as
  /// in Keras.
  /// - Parameters:
  ///   - rho: What remains of the mean of squared gradients at each step, in 0…1.
  ///   - momentum: What remains of the last step, in 0…1; 0 for none.
  ///   - epsilon: Added under the root, at least 0.
  ///   - centered: Whether the mean of gradients is subtracted, so that the root is their standard deviation.
  /// - Returns: A rule for an `Optimizer`.
  public static func rmsProp(
    rho: Double = 0.9, momentum: Double = 0, epsilon: Double = 1e-7, centered: Bool = false
  ) -> UpdateRule {
    let slots =
      [("velocity", 0.0)] + (momentum != 0 ? [("momentum", 0.0)] : [])
      + (centered ? [("mean", 0.0)] : [])
    let checks = [
      ArgumentCheck.isFraction(rho, "rho"), ArgumentCheck.isFraction(momentum, "momentum"),
      ArgumentCheck.isAtLeastZero(epsilon, "epsilon"),
    ]
    return UpdateRule("rmsProp", slots: slots, checks: checks) { input in
      let g = input.gradient
      let square = input.slots[0] * rho + g.squared() * (1 - rho)
      var updated = [square]
      var denominator = square + epsilon
      let mean = centered ? input.slots[slots.count - 1] * rho + g * (1 - rho) : nil
      if let mean { denominator = denominator - mean.squared() }
      var change = input.own(input.learningRate) * g / denominator.sqrt()
      if momentum != 0 {
        change = input.slots[1] * momentum + change
        updated.append(change)
      }
      if let mean { updated.append(mean) }
      return UpdateOutput(input.parameter - change, slots: updated)
    }
  }

  /// Duchi et al., JMLR 2011: steps divided by the root of all squares so far.
  /// - Parameters:
  ///   - initialAccumulator: What the sum of squares starts with, at least 0.
  ///   - epsilon: Added under the root, at least 0.
  /// - Returns: A rule for an `Optimizer`.
  public static func adagrad(initialAccumulator: Double = 0.1, epsilon: Double = 1e-7) -> UpdateRule {
    let checks = [
      ArgumentCheck.isAtLeastZero(initialAccumulator, "initial accumulator"),
      ArgumentCheck.isAtLeastZero(epsilon, "epsilon"),
    ]
    return UpdateRule("adagrad", slots: [("accumulator", initialAccumulator)], checks: checks) { input in
      let total = input.slots[0] + input.gradient.squared()
      let change = input.own(input.learningRate) * input.gradient / (total + epsilon).sqrt()
      return UpdateOutput(input.parameter - change, slots: [total])
    }
  }

  /// Zeiler, arXiv:1212.5701: steps in the parameters' own units.
  /// - Parameters:
  ///   - rho: What remains of the mean of squared gradients at each step, in 0…1.
  ///   - epsilon: Added under the root, at least 0.
  /// - Returns: A rule for an `Optimizer`.
  public static func adadelta(rho: Double = 0.95, epsilon: Double = 1e-7) -> UpdateRule {
    let checks = [
      ArgumentCheck.isFraction(rho, "rho"), ArgumentCheck.isAtLeastZero(epsilon, "epsilon"),
    ]
    return UpdateRule("adadelta", slots: [("gradientSquare", 0), ("changeSquare", 0)], checks: checks) {
      input in
      let g = input.gradient
      let square = input.slots[0] * rho + g.squared() * (1 - rho)
      let change = (input.slots[1] + epsilon).sqrt() * g / (square + epsilon).sqrt()
      let changes = input.slots[1] * rho + change.squared() * (1 - rho)
      return UpdateOutput(
        input.parameter - input.own(input.learningRate) * change, slots: [square, changes])
    }
  }
}

extension Optimizer {
  /// RMSprop. Tieleman and Hinton, 2012; Keras's defaults.
  /// - Parameters:
  ///   - learningRate: At least 0; 0.001 when neither it nor a schedule is given.
  ///   - schedule: The learning rate by the step, in place of a constant one.
  ///   - rho: What remains of the mean of squared gradients at each step, in 0…1.
  ///   - momentum: What remains of the last step, in 0…1; 0 for none.
  ///   - epsilon: Added under the root, at least 0.
  ///   - centered: Whether the mean of gradients is subtracted, so that the root is their standard deviation.
  ///   - weightDecay: Parameters shrink by learning rate · weight decay before each update; at least 0.
  ///   - clipping: How gradients are limited; not at all when nil.
  /// - Returns: An optimizer, which has no model yet.
  public static func rmsProp(
    learningRate: Double? = nil, schedule: Schedule? = nil, rho: Double = 0.9, momentum: Double = 0,
    epsilon: Double = 1e-7, centered: Bool = false, weightDecay: Double = 0, clipping: Clipping? = nil
  ) -> Optimizer {
    Optimizer(
      .rmsProp(rho: rho, momentum: momentum, epsilon: epsilon, centered: centered), learningRate, schedule,
      usual: 0.001, options: OptimizerOptions(weightDecay: weightDecay, clipping: clipping))
  }

  /// Adagrad. Duchi et al., JMLR 2011; Keras's defaults.
  /// - Parameters:
  ///   - learningRate: At least 0; 0.001 when neither it nor a schedule is given.
  ///   - schedule: The learning rate by the step, in place of a constant one.
  ///   - initialAccumulator: What the sum of squares starts with, at least 0.
  ///   - epsilon: Added under the root, at least 0.
  ///   - weightDecay: Parameters shrink by learning rate · weight decay before each update; at least 0.
  ///   - clipping: How gradients are limited; not at all when nil.
  /// - Returns: An optimizer, which has no model yet.
  public static func adagrad(
    learningRate: Double? = nil, schedule: Schedule? = nil, initialAccumulator: Double = 0.1,
    epsilon: Double = 1e-7, weightDecay: Double = 0, clipping: Clipping? = nil
  ) -> Optimizer {
    Optimizer(
      .adagrad(initialAccumulator: initialAccumulator, epsilon: epsilon), learningRate, schedule,
      usual: 0.001, options: OptimizerOptions(weightDecay: weightDecay, clipping: clipping))
  }

  /// Adadelta. Zeiler, arXiv:1212.5701; Keras's defaults.
  /// - Parameters:
  ///   - learningRate: At least 0; 0.001 when neither it nor a schedule is given.
  ///   - schedule: The learning rate by the step, in place of a constant one.
  ///   - rho: What remains of the mean of squared gradients at each step, in 0…1.
  ///   - epsilon: Added under the root, at least 0.
  ///   - weightDecay: Parameters shrink by learning rate · weight decay before each update; at least 0.
  ///   - clipping: How gradients are limited; not at all when nil.
  /// - Returns: An optimizer, which has no model yet.
  public static func adadelta(
    learningRate: Double? = nil, schedule: Schedule? = nil, rho: Double = 0.95, epsilon: Double = 1e-7,
    weightDecay: Double = 0, clipping: Clipping? = nil
  ) -> Optimizer {
    Optimizer(
      .adadelta(rho: rho, epsilon: epsilon), learningRate, schedule, usual: 0.001,
      options: OptimizerOptions(weightDecay: weightDecay, clipping: clipping))
  }
}
