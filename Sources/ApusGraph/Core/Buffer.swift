#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A block of memory, aligned for vector code, freed with its last reference.
///
/// Buffers that hold a tensor's value are never written after they were filled; the ones behind a
/// variable are written only by the engine's own thread. That discipline, not the type, makes
/// sharing them safe.
public final class Buffer: @unchecked Sendable {
  /// The first byte; never nil, also for an empty buffer.
  public let pointer: UnsafeMutableRawPointer
  /// Number of usable bytes.
  public let byteCount: Int
  private let owner: AnyObject?

  /// Large blocks are aligned to 2 MB so that the kernel can back them with huge pages.
  private static let hugePage = 2 << 20

  /// Uninitialised memory of at least `byteCount` bytes, aligned to 64 bytes or more.
  public init(byteCount: Int) {
    let alignment = byteCount >= Self.hugePage ? Self.hugePage : 64
    var address: UnsafeMutableRawPointer?
    let rounded = Self.rounded(byteCount)
    owner = nil
    self.byteCount = byteCount
    if let kept = BlockPool.shared.take(rounded) {
      pointer = kept
      return
    }
    guard posix_memalign(&address, alignment, rounded) == 0, let address else {
      fatalError("out of memory: \(rounded) bytes could not be had from the system")
    }
    #if os(Linux)
      if byteCount >= Self.hugePage { madvise(address, rounded, MADV_HUGEPAGE) }
    #endif
    pointer = address
  }

  /// A window onto another buffer, which it keeps alive.
  public init(viewOf base: Buffer, byteOffset: Int, byteCount: Int) {
    precondition(byteOffset >= 0 && byteOffset + byteCount <= base.byteCount, "view outside its buffer")
    pointer = base.pointer + byteOffset
    self.byteCount = byteCount
    owner = base
  }

  private static func rounded(_ byteCount: Int) -> Int { (max(byteCount, 1) + 63) / 64 * 64 }

  deinit { if owner == nil { BlockPool.shared.give(pointer, Self.rounded(byteCount)) } }
}
