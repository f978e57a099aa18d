import ApusKernels
import Testing

struct SortTests {
  /// Runs the sort; returns the sorted keys and where each came from.
  private func sort<T>(
    _ source: [T], _ sizes: (outer: Int, axis: Int, inner: Int), dtype: Int32, descending: Bool = false,
    threads: Int32 = 1
  ) -> (keys: [T], positions: [Int]) {
    let source = KernelMemory(source)
    let result = KernelMemory(source.array)
    let permutation = KernelMemory(repeating: Int64(-1), count: source.count)
    let short = KernelMemory(repeating: Int32(-1), count: source.count)
    var context = apus_sort_context()
    context.source = source.constant
    context.result = result.raw
    context.permutation = permutation.raw
    context.outer = Int64(sizes.outer)
    context.axis = Int64(sizes.axis)
    context.inner = Int64(sizes.inner)
    context.dtype = dtype
    context.permutation_dtype = Int64.code
    context.descending = descending ? 1 : 0
    context.threads = threads
    let scratch = KernelMemory(repeating: UInt64(0), count: Int(apus_sort_scratch_bytes(&context) + 7) / 8)
    context.scratch = scratch.raw
    #expect(run(apus_sort, &context) == 0)
    // Positions alone, in the narrow type, must say the same.
    context.result = nil
    context.permutation = short.raw
    context.permutation_dtype = Int32.code
    #expect(run(apus_sort, &context) == 0)
    #expect(short.array.map(Int64.init) == permutation.array)
    return (result.array, permutation.array.map(Int.init))
  }

  /// Swift's own stable order of each line, NaN last.
  private func expectedPositions<T: KernelElement>(
    _ source: [T], _ sizes: (outer: Int, axis: Int, inner: Int), descending: Bool
  ) -> [Int] {
    let (outer, axis, inner) = sizes
    var result = [Int](repeating: 0, count: source.count)
    for o in 0..<outer {
      for i in 0..<inner {
        func element(_ k: Int) -> T { source[(o * axis + k) * inner + i] }
        let order = (0..<axis).sorted { a, b in
          let (x, y) = (element(a), element(b))
          if x != x || y != y { return x == x ? true : y == y ? false : a < b }
          if x == y { return a < b }
          return descending ? x > y : x < y
        }
        for (k, position) in order.enumerated() { result[(o * axis + k) * inner + i] = position }
      }
    }
    return result
  }

  private func check<T: KernelElement>(_ source: [T], _ sizes: (Int, Int, Int), threads: Int32 = 1) {
    for descending in [false, true] {
      let outcome = sort(source, sizes, dtype: T.code, descending: descending, threads: threads)
      let expected = expectedPositions(source, sizes, descending: descending)
      #expect(firstDifference(outcome.positions, expected) == nil)
      let (_, axis, inner) = sizes
      for (p, key) in outcome.keys.enumerated() {
        let from = (p / inner / axis * axis + expected[p]) * inner + p % inner
        if key != source[from] && source[from] == source[from] {
          Issue.record("key \(p) is \(key), not \(source[from])")
          return
        }
      }
    }
  }

  @Test(arguments: [(1, 1, 1), (3, 2, 1), (5, 48, 1), (4, 49, 1), (2, 1000, 1), (3, 100, 7)])
  func matchesAStableSort(sizes: (Int, Int, Int)) {
    var random = SplitMix(state: 11)
    let count = sizes.0 * sizes.1 * sizes.2
    // Few distinct values: ties everywhere.
    let floats = (0..<count).map { _ in Float(Int.random(in: -9...9, using: &random)) / 4 }
    check(floats, sizes)
    check(random.floats(count), sizes, threads: 2)
    check(random.doubles(count), sizes)
    check((0..<count).map { _ in Int32(truncatingIfNeeded: random.next()) }, sizes)
    check((0..<count).map { _ in Int64(truncatingIfNeeded: random.next()) }, sizes, threads: 2)
    check((0..<count).map { _ in UInt32(truncatingIfNeeded: random.next()) }, sizes)
    check((0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }, sizes)
  }

  @Test func longLineOnSeveralThreads() {
    var random = SplitMix(state: 12)
    let floats = (0..<70_001).map { _ in Float(Int.random(in: -5000...5000, using: &random)) }
    check(floats, (1, floats.count, 1), threads: 2)
    check(floats.map(Double.init), (1, floats.count, 1), threads: 3)
  }

  @Test func specialValues() {
    let source: [Float] = [.nan, 1, .infinity, -0.0, 0.0, -.infinity, -.nan, 1]
    let up = sort(source, (1, 8, 1), dtype: Float.code)
    #expect(up.positions == [5, 3, 4, 1, 7, 2, 0, 6])
    #expect(up.keys[1].sign == .minus)
    let down = sort(source, (1, 8, 1), dtype: Float.code, descending: true)
    #expect(down.positions == [2, 1, 7, 3, 4, 5, 0, 6])
    check([.max, .min, 0, -1, 1, .min, .max] as [Int64], (1, 7, 1))
    check([.nan, -0.0, 0, .infinity, -.infinity] as [Double], (1, 5, 1))
    let halves = [3, -2, 0.5, -2].map { bfloat16($0) }
    #expect(sort(halves, (1, 4, 1), dtype: bfloat16Code).positions == [1, 3, 2, 0])
    #expect(sort([1, 0, 1, 0] as [UInt8], (1, 4, 1), dtype: boolCode).positions == [1, 3, 0, 2])
    #expect(sort([Float](), (1, 0, 1), dtype: Float.code).positions == [])
  }
}
