/// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
/// SC 2011).
package enum Philox {
  /// Words 0 ..< count of the stream: word i is word `i % 4` of the block with counter `counter + i / 4`. Low
  /// halves come first; the two upper words of the 128-bit counter are zero.
  static func words(key: Int64, counter: Int64, count: Int) -> [UInt32] {
    var result: [UInt32] = []
    result.reserveCapacity(count + 3)
    for block in 0..<((count + 3) / 4) {
      let position = UInt64(bitPattern: counter) &+ UInt64(block)
      result += Self.block(
        key: UInt64(bitPattern: key),
        counter: (
          UInt32(truncatingIfNeeded: position), UInt32(truncatingIfNeeded: position >> 32), 0, 0
        ))
    }
    return Array(result.prefix(count))
  }

  /// Four words. The constants are those of the paper.
  package static func block(key: UInt64, counter: (UInt32, UInt32, UInt32, UInt32)) -> [UInt32] {
    var (x0, x1, x2, x3) = counter
    var key0 = UInt32(truncatingIfNeeded: key), key1 = UInt32(truncatingIfNeeded: key >> 32)
    for _ in 0..<10 {
      let a = UInt64(0xD251_1F53) * UInt64(x0), b = UInt64(0xCD9E_8D57) * UInt64(x2)
      (x0, x1, x2, x3) = (
        UInt32(truncatingIfNeeded: b >> 32) ^ x1 ^ key0, UInt32(truncatingIfNeeded: b),
        UInt32(truncatingIfNeeded: a >> 32) ^ x3 ^ key1, UInt32(truncatingIfNeeded: a)
      )
      key0 &+= 0x9E37_79B9
      key1 &+= 0xBB67_AE85
    }
    return [x0, x1, x2, x3]
  }
}
