import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Large blocks of memory that were let go, kept for who asks for the same size next: a result of every step has
/// the size of the last step's, and memory fresh from the system has to be cleared page by page.
final class BlockPool: Sendable {
  static let shared = BlockPool(capacity: 128 << 20)

  /// Smaller blocks cost the system's allocator little.
  static let smallestByteCount = 256 << 10

  private struct State {
    var blocks: [(address: UInt, byteCount: Int)] = []
    var byteCount = 0
  }
  private let state = Mutex(State())
  /// The most bytes that are kept.
  private let capacity: Int

  init(capacity: Int) { self.capacity = capacity }

  /// A kept block of exactly so many bytes, the latest first: it may still be in a cache.
  func take(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    guard byteCount >= Self.smallestByteCount else { return nil }
    return state.withLock { state in
      guard let index = state.blocks.lastIndex(where: { $0.byteCount == byteCount }) else { return nil }
      let block = state.blocks.remove(at: index)
      state.byteCount -= byteCount
      return UnsafeMutableRawPointer(bitPattern: block.address)
    }
  }

  /// Frees all blocks.
  func clear() {
    let blocks = state.withLock { state in
      defer { state = State() }
      return state.blocks
    }
    for block in blocks { free(UnsafeMutableRawPointer(bitPattern: block.address)) }
  }

  /// Keeps a block, or frees it; the oldest ones go when too much is kept.
  func give(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
    guard byteCount >= Self.smallestByteCount, byteCount <= capacity else { return free(address) }
    let outdated = state.withLock { state in
      state.blocks.append((UInt(bitPattern: address), byteCount))
      state.byteCount += byteCount
      var outdated: [UInt] = []
      while state.byteCount > capacity {
        let oldest = state.blocks.removeFirst()
        state.byteCount -= oldest.byteCount
        outdated.append(oldest.address)
      }
      return outdated
    }
    for address in outdated { free(UnsafeMutableRawPointer(bitPattern: address)) }
  }
}
