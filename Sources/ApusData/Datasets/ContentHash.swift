/// A 64-bit hash of bytes that is the same in every process and on every machine: XXH64 of Collet's xxHash. It finds
/// accidents, such as a changed file or a flipped bit, at the speed of memory; it resists no attacker.
package struct ContentHash: Sendable {
  private static let primes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
    0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63,
    0x27D4_EB2F_1656_67C5
  )

  private let seed: UInt64
  private var lanes: (UInt64, UInt64, UInt64, UInt64)
  private var total: UInt64 = 0
  /// Bytes that do not fill a stripe of 32 yet.
  private var rest: [UInt8] = []

  /// The hash of no bytes.
  package init(seed: UInt64 = 0) {
    self.seed = seed
    let primes = Self.primes
    lanes = (seed &+ primes.0 &+ primes.1, seed &+ primes.1, seed, seed &- primes.0)
  }

  /// Adds bytes.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    total &+= UInt64(bytes.count)
    var offset = 0
    if !rest.isEmpty {
      offset = min(32 - rest.count, bytes.count)
      rest += bytes[..<offset]
      guard rest.count == 32 else { return }
      let stripe = rest
      stripe.withUnsafeBytes { addStripes($0) }
      rest.removeAll(keepingCapacity: true)
    }
    let end = offset + (bytes.count - offset) / 32 * 32
    addStripes(UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
    rest += bytes[end...]
  }

  /// Adds a text and its length, so that two texts are not one.
  package mutating func update(_ text: String) {
    update(text.utf8.count)
    Array(text.utf8).withUnsafeBytes { update($0) }
  }

  /// Adds a whole number.
  package mutating func update(_ number: Int) {
    withUnsafeBytes(of: UInt64(bitPattern: Int64(number)).littleEndian) { update($0) }
  }

  /// The hash of what was added so far.
  package var value: UInt64 {
    let primes = Self.primes
    var hash: UInt64
    if total >= 32 {
      hash =
        Self.rotated(lanes.0, 1) &+ Self.rotated(lanes.1, 7) &+ Self.rotated(lanes.2, 12)
        &+ Self.rotated(lanes.3, 18)
      for lane in [lanes.0, lanes.1, lanes.2, lanes.3] {
        hash = (hash ^ Self.round(0, lane)) &* primes.0 &+ primes.3
      }
    } else {
      hash = seed &+ primes.4
    }
    hash &+= total
    rest.withUnsafeBytes { bytes in
      var offset = 0
      while offset + 8 <= bytes.count {
        hash = Self.rotated(hash ^ Self.round(0, Self.word(bytes, offset)), 27) &* primes.0 &+ primes.3
        offset += 8
      }
      if offset + 4 <= bytes.count {
        let half = UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        hash = Self.rotated(hash ^ (half &* primes.0), 23) &* primes.1 &+ primes.2
        offset += 4
      }
      for byte in bytes[offset...] {
        hash = Self.rotated(hash ^ (UInt64(byte) &* primes.4), 11) &* primes.0
      }
    }
    hash = (hash ^ (hash >> 33)) &* primes.1
    hash = (hash ^ (hash >> 29)) &* primes.2
    return hash ^ (hash >> 32)
  }

  private mutating func addStripes(_ bytes: UnsafeRawBufferPointer) {
    var (first, second, third, fourth) = lanes
    var offset = 0
    while offset < bytes.count {
      first = Self.round(first, Self.word(bytes, offset))
      second = Self.round(second, Self.word(bytes, offset &+ 8))
      third = Self.round(third, Self.word(bytes, offset &+ 16))
      fourth = Self.round(fourth, Self.word(bytes, offset &+ 24))
      offset &+= 32
    }
    lanes = (first, second, third, fourth)
  }

  private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    rotated(lane &+ word &* primes.1, 31) &* primes.0
  }

  private static func rotated(_ number: UInt64, _ count: UInt64) -> UInt64 {
    number << count | number >> (64 &- count)
  }
}
