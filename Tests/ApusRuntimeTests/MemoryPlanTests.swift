import Testing

@testable import ApusRuntime

@Suite struct MemoryPlanTests {
  @Test func neverOverlapsWhatLivesAtTheSameTime() {
    var state: UInt64 = 7
    func next(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    for _ in 0..<50 {
      let blocks = (0..<60).map { _ in
        let first = next(40)
        return MemoryPlan.Block(byteCount: next(5000), first: first, last: first + next(15))
      }
      let plan = MemoryPlan(blocks)
      for (i, a) in blocks.enumerated() {
        #expect(plan.offsets[i] % 64 == 0)
        #expect(plan.offsets[i] + a.byteCount <= plan.byteCount)
        for (j, b) in blocks.enumerated().dropFirst(i + 1) where a.first <= b.last && b.first <= a.last {
          let apart =
            plan.offsets[i] + a.byteCount <= plan.offsets[j]
            || plan.offsets[j] + b.byteCount <= plan.offsets[i]
          #expect(apart || a.byteCount == 0 || b.byteCount == 0)
        }
      }
      #expect(plan.byteCount >= plan.lowerBound)
    }
  }

  @Test func isExactForNestedLifetimes() {
    // Activations of a training step: made in order, used again in reverse.
    let blocks = (0..<30).map { MemoryPlan.Block(byteCount: 64 * (1 + $0 % 7), first: $0, last: 60 - $0) }
    let plan = MemoryPlan(blocks)
    #expect(plan.byteCount == plan.lowerBound)
  }
}
