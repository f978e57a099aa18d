import ApusKernels
import Testing

struct ArgReduceTests {
  private func positions<T>(
    _ source: [T], _ sizes: (outer: Int, axis: Int, inner: Int), dtype: Int32, minimum: Bool,
    threads: Int32 = 1
  ) -> [Int] {
    let source = KernelMemory(source)
    let wide = KernelMemory(repeating: Int64(-1), count: sizes.outer * sizes.inner)
    let narrow = KernelMemory(repeating: Int32(-1), count: sizes.outer * sizes.inner)
    var context = apus_arg_reduce_context()
    context.source = source.constant
    context.result = wide.raw
    context.outer = Int64(sizes.outer)
    context.axis = Int64(sizes.axis)
    context.inner = Int64(sizes.inner)
    context.dtype = dtype
    context.result_dtype = Int64.code
    context.minimum = minimum ? 1 : 0
    context.threads = threads
    #expect(run(apus_arg_reduce, &context) == 0)
    context.result = narrow.raw
    context.result_dtype = Int32.code
    #expect(run(apus_arg_reduce, &context) == 0)
    #expect(narrow.array.map(Int64.init) == wide.array)
    return wide.array.map(Int.init)
  }

  private func check<T: KernelElement>(_ source: [T], _ sizes: (Int, Int, Int)) {
    let (outer, axis, inner) = sizes
    for minimum in [false, true] {
      var expected: [Int] = []
      for o in 0..<outer {
        for i in 0..<inner {
          var best = 0
          for k in 1..<max(1, axis) {
            let (x, b) = (source[(o * axis + k) * inner + i], source[(o * axis + best) * inner + i])
            if b == b && (x != x || (minimum ? x < b : x > b)) { best = k }
          }
          expected.append(best)
        }
      }
      for threads: Int32 in [1, 2] {
        #expect(
          firstDifference(
            positions(source, sizes, dtype: T.code, minimum: minimum, threads: threads), expected) == nil)
      }
    }
  }

  @Test(arguments: [(1, 1, 1), (7, 10, 1), (3, 1000, 1), (2, 9, 5), (1, 5, 600), (50, 70, 13)])
  func matchesTheDefinition(sizes: (Int, Int, Int)) {
    var random = SplitMix(state: 21)
    let count = sizes.0 * sizes.1 * sizes.2
    let floats = (0..<count).map { _ in Float(Int.random(in: -9...9, using: &random)) / 4 }
    check(floats, sizes)
    check(floats.map { $0 == 2 ? .nan : $0 }, sizes)
    check(random.doubles(count), sizes)
    check((0..<count).map { _ in Int32(truncatingIfNeeded: random.next()) }, sizes)
    check((0..<count).map { _ in Int64(truncatingIfNeeded: random.next()) }, sizes)
    check((0..<count).map { _ in UInt32(truncatingIfNeeded: random.next()) }, sizes)
    check((0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }, sizes)
  }

  @Test func specialValues() {
    check([-.infinity, -.infinity] as [Float], (1, 2, 1))
    check([-0.0, 0.0, -0.0] as [Float], (1, 3, 1))
    check([1, .nan, .infinity, .nan] as [Double], (1, 4, 1))
    check([.min, .max, .max] as [Int64], (1, 3, 1))
    check([Int32](repeating: .min, count: 600), (2, 300, 1))
    check([Int32](repeating: .max, count: 600), (2, 300, 1))
    #expect(positions([1, 3, 3].map { bfloat16($0) }, (1, 3, 1), dtype: bfloat16Code, minimum: false) == [1])
    #expect(positions([0, 1, 1] as [UInt8], (1, 3, 1), dtype: boolCode, minimum: false) == [1])
  }
}
