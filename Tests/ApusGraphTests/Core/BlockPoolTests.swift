import Testing

@testable import ApusGraph

struct BlockPoolTests {
  @Test func givesBackTheSizeThatIsAskedFor() throws {
    let pool = BlockPool(capacity: 4 << 20)
    let size = 1 << 20
    let first = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    pool.give(first, size)
    #expect(pool.take(2 * size) == nil)
    #expect(pool.take(size) == first)
    #expect(pool.take(size) == nil)
    pool.give(first, size)
  }

  @Test func keepsNoMoreThanItsCapacity() {
    let size = 1 << 20
    let pool = BlockPool(capacity: 2 * size)
    for _ in 0..<3 { pool.give(UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16), size) }
    let kept = (0..<3).compactMap { _ in pool.take(size) }
    #expect(kept.count == 2)
    for block in kept { block.deallocate() }
  }
}
