/// Where each block of a program's arena lies.
///
/// Greedy: the largest block first, or the one that lives longest if that needs less, each into the smallest gap among the
/// placed blocks that live at the same time; where that is far from the lower bound, again with the blocks sooner that found
/// no place below others. For training steps, whose lifetimes nest, this comes within a percent of the lower bound.
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
  /// Orders that are tried at most for each rank.
  private static let attempts = 32

  init(_ blocks: [Block]) {
    let bound = Self.mostAlive(blocks)
    lowerBound = bound
    func life(_ block: Block) -> Int { block.last - block.first }
    // Many small blocks that live to the end, such as gradients, pack better when the long-lived ones come first.
    let ranks: [(Block) -> (Int, Int)] = [{ ($0.byteCount, -$0.first) }, { (life($0), $0.byteCount) }]
    var best: (offsets: [Int], byteCount: Int)?
    for rank in ranks where best.map({ $0.byteCount > bound }) ?? true {
      var order = Self.ordered(blocks, by: rank)
      // What ends highest found its place too late: it comes sooner in the next attempt.
      for _ in 0..<Self.attempts {
        let plan = Self.placed(blocks, order: order)
        if plan.byteCount < best?.byteCount ?? .max { best = plan }
        guard plan.byteCount - bound > bound / 100,
          let place = order.firstIndex(where: {
            plan.offsets[$0] + Self.rounded(blocks[$0].byteCount) == plan.byteCount
          }),
          place > 0
        else { break }
        order.insert(order.remove(at: place), at: place / 2)
      }
    }
    (offsets, byteCount) = best ?? ([], 0)
  }

  private static func rounded(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }

  /// The blocks' places in the list, those of greater rank first.
  private static func ordered(_ blocks: [Block], by rank: (Block) -> (Int, Int)) -> [Int] {
    let ranks = blocks.map(rank)
    return blocks.indices.sorted { (ranks[$0].0, ranks[$0].1, -$0) > (ranks[$1].0, ranks[$1].1, -$1) }
  }

  /// Places the blocks one after the other, each into the smallest gap that it fits.
  private static func placed(_ blocks: [Block], order: [Int]) -> (offsets: [Int], byteCount: Int) {
    var offsets = Array(repeating: 0, count: blocks.count)
    var placed: [(start: Int, end: Int, block: Int)] = []
    var total = 0
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
