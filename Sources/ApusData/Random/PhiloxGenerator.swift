/// Random numbers that depend on nothing but their key: who asks, on which thread, in which order, makes no
/// difference.
///
/// Philox4x32-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011): a counter is
/// scrambled by ten rounds of multiplication. The seed is the key; what the numbers are for is the counter.
/// The methods below are fixed for good, so that a seed means the same on every platform and version.
public struct PhiloxGenerator: RandomNumberGenerator, Sendable {
  private let key: SIMD2<UInt32>
  private var counter: SIMD4<UInt32>
  private var words: SIMD4<UInt32> = .zero
  private var position = 4

  /// The stream of numbers for one purpose.
  ///
  /// - Parameters:
  ///   - seed: The run's seed.
  ///   - epoch: Which pass over the data, below 2^32.
  ///   - index: Which sample, below 2^48.
  ///   - operation: Which of the operations on the sample, below 2^16.
  public init(seed: UInt64, epoch: Int = 0, index: Int = 0, operation: Int = 0) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    let high = UInt32(truncatingIfNeeded: index >> 32) << 16 | UInt32(truncatingIfNeeded: operation & 0xffff)
    counter = SIMD4(0, high, UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: epoch))
  }

  /// Ten rounds over one counter.
  static func block(_ counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var (c0, c1, c2, c3) = (counter.x, counter.y, counter.z, counter.w)
    var (k0, k1) = (key.x, key.y)
    for _ in 0..<10 {
      let first = UInt64(0xd251_1f53) &* UInt64(c0)
      let second = UInt64(0xcd9e_8d57) &* UInt64(c2)
      (c0, c1, c2, c3) = (
        UInt32(truncatingIfNeeded: second >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: second),
        UInt32(truncatingIfNeeded: first >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: first)
      )
      k0 &+= 0x9e37_79b9
      k1 &+= 0xbb67_ae85
    }
    return SIMD4(c0, c1, c2, c3)
  }

  /// The next 32 random bits.
  public mutating func nextWord() -> UInt32 {
    if position == 4 {
      words = Self.block(counter, key: key)
      counter.x &+= 1
      position = 0
    }
    defer { position += 1 }
    return words[position]
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let low = UInt64(nextWord())
    return UInt64(nextWord()) << 32 | low
  }

  /// A number in 0 ..< 1, one of 2^24 equally likely ones.
  public mutating func uniform() -> Float { Float(nextWord() >> 8) * 0x1p-24 }

  /// A whole number in 0 ..< `bound`, each equally likely; 0 where `bound` is not above 0.
  ///
  /// By multiplication with rejection: Lemire, "Fast random integer generation in an interval" (2019).
  public mutating func uniform(below bound: Int) -> Int {
    guard bound > 0 else { return 0 }
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// The whole numbers 0 ..< `count` in random order, each order equally likely (Fisher and Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    var result = Array(0..<max(0, count))
    var last = count - 1
    while last > 0 {
      result.swapAt(last, uniform(below: last + 1))
      last -= 1
    }
    return result
  }
}

/// What the package itself draws random numbers for, so that no two purposes share a stream.
enum RandomPurpose {
  /// The first of a loader's augmentations of batches; its index is the batch's.
  static let firstBatchOperation = 0xf000
  /// The order of samples in an epoch.
  static let order = 0xffff
  /// Which samples go to which part of a split.
  static let split = 0xfffe
  /// `Dataset.shuffled`.
  static let shuffle = 0xfffd
}
