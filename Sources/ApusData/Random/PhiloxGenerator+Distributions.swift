import Foundation

extension PhiloxGenerator {
  /// A number above 0 and below 1, one of 2^53 − 1 equally likely ones.
  mutating func openUniform() -> Double {
    while true {
      let word = next() >> 11
      if word > 0 { return Double(word) * 0x1p-53 }
    }
  }

  /// A number of the normal distribution with mean 0 and std 1 (Box and Muller).
  public mutating func normal() -> Double {
    let radius = (-2 * log(openUniform())).squareRoot()
    return radius * cos(2 * .pi * openUniform())
  }

  /// A number of the beta distribution, by two gamma variables. Parameters must be positive and finite: of others it is
  /// not a number.
  public mutating func beta(_ first: Double, _ second: Double) -> Double {
    guard first > 0, second > 0, first.isFinite, second.isFinite else { return .nan }
    // By logarithms, as gamma variables of small shapes are too small for numbers.
    let difference = logarithmicGamma(shape: second) - logarithmicGamma(shape: first)
    return 1 / (1 + exp(difference))
  }

  /// The logarithm of a number of the gamma distribution: Marsaglia and Tsang, "A simple method for generating gamma
  /// variables" (2000), for shape + 1, times a uniform number's power.
  private mutating func logarithmicGamma(shape: Double) -> Double {
    let d = shape + 1 - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let v = 1 + c * x
      guard v > 0 else { continue }
      let cube = v * v * v
      if log(openUniform()) < x * x / 2 + d - d * cube + d * log(cube) {
        return log(d) + log(cube) + log(openUniform()) / shape
      }
    }
  }
}
