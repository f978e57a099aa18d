/// Where each block of a program's arena lies.
///
/// Greedy: the largest block first, or the one that lives longest if that needs less, each into the smallest gap among the
/// placed blocks that live at the same time. For training steps, whose lifetimes nest, this comes within a percent of the
/// lower bound.
struct MemoryPlan {
  /// A block and the kernels during which it must keep its contents, first to last.
  struct Block {
    let byteCount: Int
    let first: Int
    let last: Int
  }

  /// Offset of each block, in bytes.
  let offsets: [Int]
  /// Size of the arena.
  let byteCount: Int
  /// The most bytes that live at once: no plan can be smaller.
  let lowerBound: Int

  static let alignment = 64

  init(_ blocks: [Block]) {
    lowerBound = Self.mostAlive(blocks)
    func life(_ index: Int) -> Int { blocks[index].last - blocks[index].first }
    let bySize = Self.placed(blocks) { (blocks[$0].byteCount, -blocks[$0].first) }
    var best = bySize
    if bySize.byteCount > lowerBound {
      // Many small blocks that live to the end, such as gradients, pack better when the long-lived ones come first.
      let byLife = Self.placed(blocks) { (life($0), blocks[$0].byteCount) }
      if byLife.byteCount < bySize.byteCount { best = byLife }
    }
    (offsets, byteCount) = best
  }

  private static func rounded(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }

  /// Places the blocks, those of greater rank first, each into the smallest gap that it fits.
  private static func placed(_ blocks: [Block], rank: (Int) -> (Int, Int)) -> (offsets: [Int], byteCount: Int)
  {
    var offsets = Array(repeating: 0, count: blocks.count)
    var placed: [(start: Int, end: Int, block: Int)] = []
    var total = 0
    let ranks = blocks.indices.map(rank)
    let order = blocks.indices.sorted { (ranks[$0].0, ranks[$0].1, -$0) > (ranks[$1].0, ranks[$1].1, -$1) }
    for index in order {
      let block = blocks[index], size = rounded(block.byteCount)
      // Blocks already placed that live at the same time, by address.
      var best: (gap: Int, offset: Int)?
      var end = 0
      for other in placed
      where blocks[other.block].first <= block.last && block.first <= blocks[other.block].last {
        if other.start > end {
          let gap = other.start - end
          if gap >= size, best == nil || gap < best!.gap { best = (gap, end) }
        }
        end = max(end, other.end)
      }
      let offset = best?.offset ?? end
      offsets[index] = offset
      total = max(total, offset + size)
      let entry = (start: offset, end: offset + size, block: index)
      var low = 0, high = placed.count
      while low < high {
        let middle = (low + high) / 2
        if placed[middle].start <= entry.start { low = middle + 1 } else { high = middle }
      }
      placed.insert(entry, at: low)
    }
    return (offsets, total)
  }

  /// The most bytes that live at once.
  private static func mostAlive(_ blocks: [Block]) -> Int {
    var changes: [Int: Int] = [:]
    for block in blocks {
      changes[block.first, default: 0] += rounded(block.byteCount)
      changes[block.last + 1, default: 0] -= rounded(block.byteCount)
    }
    var live = 0, most = 0
    for time in changes.keys.sorted() {
      live += changes[time]!
      most = max(most, live)
    }
    return most
  }
}
