import ApusGraph

extension UpdateRule {
  /// Tieleman and Hinton, 2012: steps divided by a running root mean square, with epsilon under the root as
  /// in Keras.
  public static func rmsProp(
    rho: Double = 0.9, momentum: Double = 0, epsilon: Double = 1e-7, centered: Bool = false
  ) -> UpdateRule {
    let slots =
      [("velocity", 0.0)] + (momentum != 0 ? [("momentum", 0.0)] : [])
      + (centered ? [("mean", 0.0)] : [])
    return UpdateRule("rmsProp", slots: slots) { input in
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
  public static func adagrad(initialAccumulator: Double = 0.1, epsilon: Double = 1e-7) -> UpdateRule {
    UpdateRule("adagrad", slots: [("accumulator", initialAccumulator)]) { input in
      let total = input.slots[0] + input.gradient.squared()
      let change = input.own(input.learningRate) * input.gradient / (total + epsilon).sqrt()
      return UpdateOutput(input.parameter - change, slots: [total])
    }
  }

  /// Zeiler, arXiv:1212.5701: steps in the parameters' own units.
  public static func adadelta(rho: Double = 0.95, epsilon: Double = 1e-7) -> UpdateRule {
    UpdateRule("adadelta", slots: [("gradientSquare", 0), ("changeSquare", 0)]) { input in
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
  /// RMSprop. Keras's defaults.
  public static func rmsProp(
    learningRate: Double = 0.001, rho: Double = 0.9, momentum: Double = 0, epsilon: Double = 1e-7,
    centered: Bool = false, weightDecay: Double = 0, clipping: Clipping? = nil
  ) -> Optimizer {
    Optimizer(
      .rmsProp(rho: rho, momentum: momentum, epsilon: epsilon, centered: centered),
      learningRate: learningRate, options: OptimizerOptions(weightDecay: weightDecay, clipping: clipping))
  }

  /// Adagrad. Keras's defaults.
  public static func adagrad(
    learningRate: Double = 0.001, initialAccumulator: Double = 0.1, epsilon: Double = 1e-7,
    weightDecay: Double = 0, clipping: Clipping? = nil
  ) -> Optimizer {
    Optimizer(
      .adagrad(initialAccumulator: initialAccumulator, epsilon: epsilon), learningRate: learningRate,
      options: OptimizerOptions(weightDecay: weightDecay, clipping: clipping))
  }

  /// Adadelta. Keras's defaults.
  public static func adadelta(
    learningRate: Double = 0.001, rho: Double = 0.95, epsilon: Double = 1e-7, weightDecay: Double = 0,
    clipping: Clipping? = nil
  ) -> Optimizer {
    Optimizer(
      .adadelta(rho: rho, epsilon: epsilon), learningRate: learningRate,
      options: OptimizerOptions(weightDecay: weightDecay, clipping: clipping))
  }
}
