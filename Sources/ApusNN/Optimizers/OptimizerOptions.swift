/// How gradients are limited before a rule sees them.
public enum Clipping: Sendable, Hashable {
  /// Each element to −limit…limit.
  case value(Double)
  /// Each parameter's gradient to a length.
  case norm(Double)
  /// All gradients, taken as one vector, to a length.
  case globalNorm(Double)
}

/// What every optimizer can do besides its rule.
public struct OptimizerOptions: Sendable {
  /// Parameters shrink by learning rate · weightDecay before each update, apart from the gradient.
  /// Loshchilov and Hutter, arXiv:1711.05101.
  public var weightDecay: Double
  /// Whether a parameter, by its dotted path, decays. All do by default, as in Keras.
  public var decays: (@Sendable (String) -> Bool)?
  /// How gradients are limited.
  public var clipping: Clipping?
  /// What the learning rate is multiplied with for a parameter, by its dotted path: lower layers of a pretrained
  /// network need smaller steps (Howard and Ruder, arXiv:1801.06146). All get 1 when nil.
  public var rateFactors: (@Sendable (String) -> Double)?
  /// Whether a moving average of the weights is kept beside them, and how; none is when nil.
  public var averaging: WeightAveraging?

  /// Options; by default nothing is done.
  /// - Parameters:
  ///   - weightDecay: At least 0; 0 for none.
  ///   - decays: Whether a parameter, by its dotted path, decays; all do when nil.
  ///   - clipping: How gradients are limited; not at all when nil.
  ///   - rateFactors: What the learning rate is multiplied with for a parameter, by its dotted path; 1 when nil.
  ///   - averaging: How a moving average of the weights is kept; none is when nil.
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

  /// What is wrong with the options; nil when they make sense.
  var problem: String? {
    var checks = [ArgumentCheck.isAtLeastZero(weightDecay, "weight decay")]
    switch clipping {
    case nil: break
    case .value(let limit), .norm(let limit), .globalNorm(let limit):
      checks.append(ArgumentCheck.isPositive(limit, "clipping limit"))
    }
    return ArgumentCheck.firstProblem(checks)
  }

  /// Lets kernels and embeddings decay and nothing else: for `decays`.
  public static let kernelsOnly: @Sendable (String) -> Bool = { path in
    let last = path.split(separator: ".").last ?? ""
    return !["bias", "gamma", "beta", "alpha"].contains(last)
  }
}
