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

  /// Uninitialized memory of at least `byteCount` bytes, aligned to 64 bytes or more.
  /// - Throws: `GraphError` of kind `memory` when there is not so much.
  public convenience init(byteCount: Int) throws(GraphError) {
    guard let address = Self.allocated(byteCount) else {
      throw .outOfMemory("memory", wanted: byteCount, for: "one block")
    }
    self.init(adopting: address, byteCount: byteCount)
  }

  /// Memory for a copy of what the program holds already as a Swift array, which could not have been made without as
  /// much: when there is none, the process ends, as it does when there is none for an array.
  convenience init(copyOf byteCount: Int) {
    guard let address = Self.allocated(byteCount) else {
      fatalError("out of memory: \(byteCount) bytes are wanted for the copy of an array")
    }
    self.init(adopting: address, byteCount: byteCount)
  }

  private init(adopting address: UnsafeMutableRawPointer, byteCount: Int) {
    pointer = address
    self.byteCount = byteCount
    owner = nil
  }

  private static func allocated(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    guard byteCount <= Shape.byteLimit else { return nil }
    let rounded = rounded(byteCount)
    if let kept = BlockPool.shared.take(rounded) { return kept }
    // What others let go serves before anything is refused.
    if !FreeMemory.suffices(for: rounded) {
      BlockPool.shared.clear()
      guard FreeMemory.suffices(for: rounded) else { return nil }
    }
    let alignment = byteCount >= hugePage ? hugePage : 64
    var address: UnsafeMutableRawPointer?
    if posix_memalign(&address, alignment, rounded) != 0 {
      BlockPool.shared.clear()
      guard posix_memalign(&address, alignment, rounded) == 0 else { return nil }
    }
    #if os(Linux)
      if byteCount >= hugePage, let address { madvise(address, rounded, MADV_HUGEPAGE) }
    #endif
    return address
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
