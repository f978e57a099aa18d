/// Draws each parameter uniformly on its scale (Bergstra and Bengio, "Random search for hyper-parameter optimization",
/// JMLR 13, 2012).
public struct RandomSampler: ParameterSampler {
  let seed: UInt64

  /// A value drawn uniformly on the parameter's scale.
  public func value(
    _ name: String, in space: ParameterSpace, context: SamplerContext
  ) -> ParameterValue {
    var random = StudyRandom(context, seed: seed, purpose: name)
    return space.value(atFraction: random.uniform())
  }
}

extension ParameterSampler where Self == RandomSampler {
  /// Draws each parameter uniformly on its scale.
  /// - Parameter seed: What all suggestions depend on.
  /// - Returns: The sampler.
  public static func random(seed: UInt64) -> RandomSampler { RandomSampler(seed: seed) }
}
