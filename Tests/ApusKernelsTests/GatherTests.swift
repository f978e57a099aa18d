import ApusKernels
import Testing

struct GatherTests {
  /// Runs `take` or `take_along`; returns the result and the fault.
  private func take<T: KernelElement, I: KernelElement>(
    _ source: [T], _ sizes: (outer: Int, axis: Int, inner: Int), _ indices: [I], count: Int, zero: T,
    along: Bool = false, mode: Int = Int(APUS_INDEX_CHECK), wrap: Bool = false, threads: Int32 = 1
  ) -> (result: [T], code: Int32, fault: apus_fault) {
    let source = KernelMemory(source)
    let indices = KernelMemory(indices)
    let result = KernelMemory(repeating: zero, count: sizes.outer * count * sizes.inner)
    var context = apus_take_context()
    context.source = source.constant
    context.indices = indices.constant
    context.result = result.raw
    context.outer = Int64(sizes.outer)
    context.axis = Int64(sizes.axis)
    context.inner = Int64(sizes.inner)
    context.count = Int64(count)
    context.dtype = T.code
    context.index_dtype = I.code
    context.mode = Int32(mode)
    context.wrap_negative = wrap ? 1 : 0
    context.threads = threads
    let code = run(along ? apus_take_along : apus_take, &context)
    return (result.array, code, context.fault)
  }

  @Test(arguments: [1, 2, 3, 64, 300])
  func takesRows(inner: Int) {
    var random = SplitMix(state: 7)
    let (outer, axis, count) = (3, 11, 137)
    let source = random.floats(outer * axis * inner)
    let indices = (0..<count).map { _ in Int32.random(in: 0..<Int32(axis), using: &random) }
    var expected: [Float] = []
    for o in 0..<outer {
      for k in indices { expected += source[((o * axis + Int(k)) * inner)...].prefix(inner) }
    }
    let one = take(source, (outer, axis, inner), indices, count: count, zero: 0)
    let two = take(source, (outer, axis, inner), indices.map(Int64.init), count: count, zero: 0, threads: 2)
    #expect(one.code == 0)
    #expect(firstDifference(one.result, expected) == nil)
    #expect(firstDifference(two.result, expected) == nil)
  }

  @Test func takesEveryWidthAndIndexType() {
    #expect(take([5, 6, 7] as [UInt8], (1, 3, 1), [2, 0] as [UInt8], count: 2, zero: 0).result == [7, 5])
    #expect(take([5, 6, 7] as [Int64], (1, 3, 1), [2, 1] as [UInt32], count: 2, zero: 0).result == [7, 6])
    #expect(take([5, 6, 7] as [Double], (1, 3, 1), [1, 1] as [Int64], count: 2, zero: 0).result == [6, 6])
    #expect(take([Float](), (1, 0, 4), [Int32](), count: 0, zero: 0).code == 0)
  }

  @Test func badIndexIsAFaultThatNamesIt() {
    var indices = [Int32](repeating: 1, count: 100_000)
    indices[70_001] = 9
    indices[99_000] = -1
    let source: [Float] = [1, 2, 3]
    for threads: Int32 in [1, 2] {
      let outcome = take(source, (1, 3, 1), indices, count: indices.count, zero: 42, threads: threads)
      #expect(outcome.code == Int32(APUS_FAULT_INDEX))
      #expect(outcome.fault.code == Int32(APUS_FAULT_INDEX))
      #expect(outcome.fault.position == 70_001)
      #expect(outcome.fault.value == 9)
      #expect(outcome.fault.limit == 3)
      #expect(outcome.result.allSatisfy { $0 == 42 })
    }
  }

  @Test func indicesOutsideAreClampedOrSkippedWhenAsked() {
    let source: [Float] = [1, 2, 3]
    let indices: [Int32] = [-1, 5, -4, 1]
    let clamp = Int(APUS_INDEX_CLAMP), skip = Int(APUS_INDEX_SKIP)
    #expect(take(source, (1, 3, 1), indices, count: 4, zero: 9, mode: clamp).result == [1, 3, 1, 2])
    #expect(take(source, (1, 3, 1), indices, count: 4, zero: 9, mode: skip).result == [0, 0, 0, 2])
    #expect(
      take(source, (1, 3, 1), indices, count: 4, zero: 9, mode: clamp, wrap: true).result == [3, 3, 1, 2])
    #expect(take(source, (1, 3, 1), [-3, -1] as [Int32], count: 2, zero: 9, wrap: true).result == [1, 3])
    let below = take(source, (1, 3, 1), [-4] as [Int32], count: 1, zero: 9, wrap: true)
    #expect(below.fault.value == -4)
    // Nothing to read from: clamping has no nearest index.
    #expect(take([Float](), (1, 0, 1), [0] as [Int32], count: 1, zero: 9, mode: clamp).result == [0])
  }

  @Test(arguments: [1, 5])
  func takesAlongAnAxis(inner: Int) {
    var random = SplitMix(state: 3)
    let (outer, axis, count) = (40, 13, 200)
    let source = random.doubles(outer * axis * inner)
    let indices = (0..<outer * count * inner).map { _ in Int64.random(in: 0..<Int64(axis), using: &random) }
    let expected = indices.indices.map { p in
      source[(p / inner / count * axis + Int(indices[p])) * inner + p % inner]
    }
    for threads: Int32 in [1, 2] {
      let outcome = take(
        source, (outer, axis, inner), indices, count: count, zero: 0, along: true, threads: threads)
      #expect(firstDifference(outcome.result, expected) == nil)
    }
    var wrong = indices
    wrong[wrong.count - 1] = Int64(axis)
    let outcome = take(source, (outer, axis, inner), wrong, count: count, zero: 0, along: true)
    #expect(outcome.fault.position == Int64(wrong.count - 1))
  }
}
