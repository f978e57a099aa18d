import ApusKernels
import Testing

struct ScatterTests {
  struct Outcome<T> {
    var result: [T]
    var code: Int32
    var fault: apus_fault
  }

  private func scatter<T>(
    _ base: [T]?, _ sizes: (outer: Int, axis: Int, inner: Int), _ indices: [Int32], _ updates: [T],
    dtype: Int32,
    kind: Int, along: Bool = false, mode: Int = Int(APUS_INDEX_CHECK), inPlace: Bool = false, filler: T,
    threads: Int32 = 1
  ) -> Outcome<T> {
    let total = sizes.outer * sizes.axis * sizes.inner
    let base = base.map { KernelMemory($0) }
    let indices = KernelMemory(indices)
    let updates = KernelMemory(updates)
    let result = inPlace ? base! : KernelMemory(repeating: filler, count: total)
    var context = apus_scatter_context()
    context.base = base?.constant
    context.indices = indices.constant
    context.updates = updates.constant
    context.result = result.raw
    context.outer = Int64(sizes.outer)
    context.axis = Int64(sizes.axis)
    context.inner = Int64(sizes.inner)
    context.count = Int64(along ? indices.count / max(1, sizes.outer * sizes.inner) : indices.count)
    context.dtype = dtype
    context.index_dtype = Int32.code
    context.kind = Int32(kind)
    context.mode = Int32(mode)
    context.threads = threads
    let code = run(along ? apus_scatter_along : apus_scatter, &context)
    return Outcome(result: result.array, code: code, fault: context.fault)
  }

  private func combine(_ kind: Int, _ a: Float, _ b: Float) -> Float {
    switch kind {
    case Int(APUS_SCATTER_ADD): a + b
    case Int(APUS_SCATTER_SET): b
    case Int(APUS_SCATTER_MULTIPLY): a * b
    case Int(APUS_SCATTER_MINIMUM): min(a, b)
    default: max(a, b)
    }
  }

  // Sizes reach each way of giving parts to threads: by outer index, by column, by row.
  @Test(arguments: [(4, 30, 200), (1, 50, 700), (1, 40_000, 2)], 0..<5)
  func rowsMatchTheDefinition(sizes: (Int, Int, Int), kind: Int) {
    var random = SplitMix(state: 5)
    let (outer, axis, inner) = sizes
    let count = 120
    let base = random.floats(outer * axis * inner)
    let updates = random.floats(outer * count * inner)
    let indices = (0..<count).map { _ in Int32.random(in: 0..<Int32(min(axis, 20)), using: &random) }
    var expected = base
    for o in 0..<outer {
      for (k, index) in indices.enumerated() {
        for i in 0..<inner {
          let p = (o * axis + Int(index)) * inner + i
          expected[p] = combine(kind, expected[p], updates[(o * count + k) * inner + i])
        }
      }
    }
    for threads: Int32 in [1, 2] {
      for inPlace in [false, true] {
        let outcome = scatter(
          base, sizes, indices, updates, dtype: Float.code, kind: kind, inPlace: inPlace, filler: 0,
          threads: threads)
        #expect(firstDifference(outcome.result, expected) == nil)
      }
    }
  }

  @Test(arguments: 0..<5)
  func elementsMatchTheDefinition(kind: Int) {
    var random = SplitMix(state: 6)
    for (outer, axis, inner) in [(50, 7, 3), (1, 9, 64), (1, 300, 1)] {
      let count = 500
      let base = random.floats(outer * axis * inner)
      // Products stay far from zero: kernels flush what is denormal.
      let updates = random.floats(outer * count * inner, in: 0.5...1.5)
      let indices = updates.map { _ in Int32.random(in: 0..<Int32(axis), using: &random) }
      var expected = base
      for u in updates.indices {
        let p = (u / inner / count * axis + Int(indices[u])) * inner + u % inner
        expected[p] = combine(kind, expected[p], updates[u])
      }
      for threads: Int32 in [1, 2] {
        let outcome = scatter(
          base, (outer, axis, inner), indices, updates, dtype: Float.code, kind: kind, along: true, filler: 0,
          threads: threads)
        #expect(firstDifference(outcome.result, expected) == nil)
      }
    }
  }

  @Test func startsFromZerosWithoutABase() {
    let outcome = scatter(
      nil, (1, 3, 2), [2, 2], [1, 2, 10, 20], dtype: Double.code, kind: Int(APUS_SCATTER_ADD), filler: 7.0)
    #expect(outcome.result == [0, 0, 0, 0, 11, 22])
    let nothing = scatter(
      nil, (1, 2, 2), [], [], dtype: Double.code, kind: Int(APUS_SCATTER_ADD), filler: 7.0)
    #expect(nothing.result == [0, 0, 0, 0])
  }

  @Test func everyTypeAdds() {
    let kind = Int(APUS_SCATTER_ADD)
    #expect(
      scatter([1, 2], (1, 2, 1), [1], [Int64.max], dtype: 3, kind: kind, filler: 0).result == [1, .min + 1])
    #expect(
      scatter([1, 2], (1, 2, 1), [1], [Int32.max], dtype: 2, kind: kind, filler: 0).result == [1, .min + 1])
    #expect(
      scatter([1, 2], (1, 2, 1), [1], [255] as [UInt8], dtype: 4, kind: kind, filler: 0).result == [1, 1])
    #expect(
      scatter([0, 1], (1, 2, 1), [1, 0], [1, 1] as [UInt8], dtype: boolCode, kind: kind, filler: 0).result
        == [1, 1])
    #expect(
      scatter([1, 2], (1, 2, 1), [1], [UInt32.max], dtype: UInt32.code, kind: kind, filler: 0).result == [
        1, 1,
      ])
    let halves = scatter(
      [bfloat16(1), bfloat16(2)], (1, 2, 1), [0, 0], [bfloat16(0.5), bfloat16(-4)], dtype: bfloat16Code,
      kind: kind, filler: 0)
    #expect(halves.result == [bfloat16(-2.5), bfloat16(2)])
  }

  @Test func extremesKeepSignsAndNaN() {
    let least = scatter(
      [1, 2], (1, 2, 1), [1], [Int32.min], dtype: Int32.code, kind: Int(APUS_SCATTER_MINIMUM), filler: 0)
    #expect(least.result == [1, .min])
    let unsigned = scatter(
      [1, 2], (1, 2, 1), [1], [UInt32.max], dtype: UInt32.code, kind: Int(APUS_SCATTER_MAXIMUM), filler: 0)
    #expect(unsigned.result == [1, .max])
    let nans = scatter(
      [.nan, 2], (1, 2, 1), [0, 1], [1, .nan] as [Float], dtype: Float.code, kind: Int(APUS_SCATTER_MAXIMUM),
      filler: 0)
    #expect(nans.result.allSatisfy { $0.isNaN })
  }

  @Test func badIndexIsAFaultBeforeAnythingIsWritten() {
    for along in [false, true] {
      let outcome = scatter(
        [1, 2] as [Float], (1, 2, 1), [0, 2], [5, 6], dtype: Float.code, kind: Int(APUS_SCATTER_SET),
        along: along,
        filler: 7)
      #expect(outcome.code == Int32(APUS_FAULT_INDEX))
      #expect(outcome.fault.position == 1)
      #expect(outcome.fault.value == 2)
      #expect(outcome.result == [7, 7])
    }
    let skipped = scatter(
      [1, 2] as [Float], (1, 2, 1), [0, 2], [5, 6], dtype: Float.code, kind: Int(APUS_SCATTER_SET),
      mode: Int(APUS_INDEX_SKIP), filler: 7)
    #expect(skipped.result == [5, 2])
  }
}
