/// How gradients are limited before a rule sees them.
public enum Clipping: Sendable, Hashable {
  /// Each element to −limit…limit.
  case value(Double)
  /// Each parameter's gradient to a length.
  case norm(Double)
  /// All gradients, taken as one vector, to a length.
  case globalNorm(Double)
}

/// What every optimizer can do beside its rule.
public struct OptimizerOptions: Sendable {
  /// Parameters shrink by learning rate · weightDecay before each update, apart from the gradient.
  /// Loshchilov and Hutter, arXiv:1711.05101.
  public var weightDecay: Double
  /// Whether a parameter, by its dotted path, decays. All do by default, as in Keras.
  public var decays: (@Sendable (String) -> Bool)?
  /// How gradients are limited.
  public var clipping: Clipping?
  /// What the learning rate is multiplied with for a parameter, by its dotted path: lower layers of a network that
  /// has learned already need smaller steps (Howard and Ruder, arXiv:1801.06146). All get 1 when nil.
  public var rateFactors: (@Sendable (String) -> Double)?
  /// Whether a moving average of the weights is kept beside them, and how; none is when nil.
  public var averaging: WeightAveraging?

  /// Options; by default nothing is done.
  public init(
    weightDecay: Double = 0, decays: (@Sendable (String) -> Bool)? = nil, clipping: Clipping? = nil,
    rateFactors: (@Sendable (String) -> Double)? = nil, averaging: WeightAveraging? = nil
  ) {
    self.weightDecay = weightDecay
    self.decays = decays
    self.clipping = clipping
    self.rateFactors = rateFactors
    self.averaging = averaging
  }

  /// Lets kernels and embeddings decay and nothing else: for `decays`.
  public static let kernelsOnly: @Sendable (String) -> Bool = { path in
    let last = path.split(separator: ".").last ?? ""
    return !["bias", "gamma", "beta", "alpha"].contains(last)
  }
}
