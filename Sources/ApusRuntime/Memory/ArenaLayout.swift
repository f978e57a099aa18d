/// Lifetimes of the storages of one kind that a list of kernels uses, and the plan made from them.
struct ArenaLayout {
  let plan: MemoryPlan
  private let roots: [(root: Int, offset: Int)]
  private let blockOf: [Int: Int]

  /// - Parameters:
  ///   - lowering: Where the storages are.
  ///   - kernels: Those that run over this memory, in order.
  ///   - kind: The storages that are placed.
  ///   - kept: Storages that somebody reads after the last kernel.
  init(_ lowering: Lowering, _ kernels: [Kernel], kind: Storage.Kind, kept: Set<Int> = []) {
    let storages = lowering.storages
    var parents: [(storage: Int, offset: Int)?] = storages.map {
      $0.parent.map { ($0.storage, $0.byteOffset) }
    }
    func root(_ storage: Int) -> (Int, Int) {
      var current = storage, offset = 0
      while let parent = parents[current] {
        offset += parent.offset
        current = parent.storage
      }
      return (current, offset)
    }
    var first = Array(repeating: Int.max, count: storages.count)
    var last = Array(repeating: -1, count: storages.count)
    for (time, kernel) in kernels.enumerated() {
      for storage in kernel.reads + kernel.writes {
        let (root, _) = root(storage)
        first[root] = min(first[root], time)
        last[root] = max(last[root], time)
      }
    }
    for storage in kept { last[root(storage).0] = kernels.count }
    // A result may take over the memory of an operand that nobody reads later.
    for (time, kernel) in kernels.enumerated() where lowering.optimizations.allows("inplace") {
      var taken = Set<Int>()
      for (write, read) in kernel.inPlace {
        let (operand, offset) = root(read)
        guard parents[write] == nil, offset == 0, write != operand, storages[write].kind == kind,
          storages[operand].kind == kind, storages[write].byteCount == storages[operand].byteCount,
          first[write] == time, last[operand] == time, !taken.contains(operand)
        else { continue }
        taken.insert(operand)
        parents[write] = (operand, 0)
        last[operand] = last[write]
      }
    }
    roots = storages.indices.map { root($0) }
    var blocks: [MemoryPlan.Block] = []
    var blockOf: [Int: Int] = [:]
    for storage in storages.indices
    where parents[storage] == nil && storages[storage].kind == kind && last[storage] >= 0 {
      blockOf[storage] = blocks.count
      blocks.append(
        MemoryPlan.Block(byteCount: storages[storage].byteCount, first: first[storage], last: last[storage]))
    }
    self.blockOf = blockOf
    plan = MemoryPlan(blocks)
  }

  /// Where a storage of this kind starts, in bytes.
  func offset(_ storage: Int) -> Int {
    let (root, offset) = roots[storage]
    return (blockOf[root].map { plan.offsets[$0] } ?? 0) + offset
  }
}
