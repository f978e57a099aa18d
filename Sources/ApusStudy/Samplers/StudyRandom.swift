import ApusGraph
import Foundation

/// Random numbers that depend on the seed, the study, the trial and the parameter, and on nothing else.
struct StudyRandom {
  private let key: UInt64
  private let trial: UInt32
  private let purpose: UInt32
  private var counter: UInt32 = 0
  private var words: [UInt32] = []

  init(_ context: SamplerContext, seed: UInt64, purpose: String) {
    key = seed ^ Self.hash(context.study)
    trial = UInt32(truncatingIfNeeded: context.number)
    self.purpose = UInt32(truncatingIfNeeded: Self.hash(purpose))
  }

  /// A number above 0 and below 1.
  mutating func uniform() -> Double {
    let high = UInt64(word()), low = UInt64(word())
    return (Double((high << 32 | low) >> 12) + 0.5) * 0x1p-52
  }

  /// A number of the normal distribution with mean 0 and standard deviation 1 (Box and Muller).
  mutating func normal() -> Double {
    let radius = (-2 * log(uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }

  private mutating func word() -> UInt32 {
    if words.isEmpty {
      words = Philox.block(key: key, counter: (counter, purpose, trial, 0x5354_5544))
      counter &+= 1
    }
    return words.removeLast()
  }

  /// FNV-1a, the same on every platform and in every process.
  static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
