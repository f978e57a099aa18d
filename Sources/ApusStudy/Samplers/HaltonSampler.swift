/// Fills the space more evenly than chance: Halton's sequence with each digit permuted at random (Halton, "On the
/// efficiency of certain quasi-random sequences of points", 1960; Owen, "A randomized Halton algorithm in R", 2017).
///
/// The first parameter that a trial asks for is the first dimension, and so on, so conditional spaces work too. Beyond
/// 24 parameters they are drawn at random, since the sequence is no more even than chance there.
public struct HaltonSampler: ParameterSampler {
  static let primes = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89,
  ]
  let seed: UInt64

  /// The trial's point of the sequence.
  public func value(_ name: String, in space: ParameterSpace, context: SamplerContext) -> ParameterValue {
    guard context.position < Self.primes.count else {
      return RandomSampler(seed: seed).value(name, in: space, context: context)
    }
    return space.value(atFraction: fraction(dimension: context.position, context: context))
  }

  /// Element `context.number` of the scrambled sequence of a dimension, in 0 ..< 1.
  func fraction(dimension: Int, context: SamplerContext) -> Double {
    let base = Self.primes[dimension]
    let shared = SamplerContext(
      study: context.study, number: 0, position: 0, finished: [], direction: context.direction)
    var rest = context.number, weight = 1.0, result = 0.0, digit = 0
    while weight > 0x1p-52 {
      weight /= Double(base)
      var random = StudyRandom(shared, seed: seed, purpose: "halton \(dimension) \(digit)")
      var order = Array(0..<base)
      for last in stride(from: base - 1, to: 0, by: -1) {
        order.swapAt(last, Int(random.uniform() * Double(last + 1)))
      }
      result += Double(order[rest % base]) * weight
      rest /= base
      digit += 1
    }
    return min(result, 1 - 0x1p-53)
  }
}

extension ParameterSampler where Self == HaltonSampler {
  /// Fills the space more evenly than chance.
  /// - Parameter seed: What all suggestions depend on.
  /// - Returns: The sampler.
  public static func halton(seed: UInt64) -> HaltonSampler { HaltonSampler(seed: seed) }
}
