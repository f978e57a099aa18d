import ApusKernels
import Testing

/// Operands that lie in several arrays.
struct LoopSegmentTests {
  /// Checks a loop over arrays of some sizes; a negative one stands for so many zeros without an array.
  private func check(_ sizes: [Int]) throws {
    let count = sizes.reduce(0) { $0 + abs($1) }
    let loop = try TestLoop([count])
    var random = SplitMix(state: 3)
    let other = random.floats(count)
    var end: Int64 = 0
    let ends = sizes.map { size in
      end += Int64(abs(size))
      return end
    }
    let parts = sizes.map { $0 < 0 ? nil : KernelMemory(random.floats($0)) }
    let operand = apus_loop_add_segments(loop.handle, Float.loopType, Int32(ends.count), ends)
    for (number, part) in parts.enumerated() {
      if let part { apus_loop_set_segment(loop.handle, operand, Int32(number), part.pointer) }
    }
    let whole = zip(sizes, parts).flatMap { $1?.array ?? [Float](repeating: 0, count: -$0) }
    let copy = KernelMemory(repeating: Float(-1), count: count)
    let sum = KernelMemory(repeating: Float(-1), count: count)
    let total = KernelMemory(repeating: Float(-1), count: 1)
    let added = loop.apply(APUS_OP_ADD, Float.self, loop.input(other), operand)
    loop.output(added, into: sum)
    loop.output(operand, into: copy)
    loop.output(operand, into: total, reduction: APUS_REDUCE_MAX, strides: [0])
    try loop.run()
    #expect(copy.array == whole)
    #expect(sum.array == zip(other, whole).map { $0 + $1 })
    #expect(total.array[0] == whole.max())
  }

  @Test(arguments: [
    [1], [5], [1, 1], [3, -2, 4], [-7], [600, 601, -15, 1, 1, 1, 900], [4_096, 4_096],
    [40_000, -24, 30_001, 7],
  ])
  func eachElementComesFromItsArray(sizes: [Int]) throws { try check(sizes) }

  @Test func aCopyFromSeveralArrays() throws {
    let loop = try TestLoop([9])
    let operand = apus_loop_add_segments(loop.handle, Float.loopType, 2, [4, 9])
    let left = KernelMemory<Float>([1, 2, 3, 4]), right = KernelMemory<Float>([5, 6, 7, 8, 9])
    apus_loop_set_segment(loop.handle, operand, 0, left.pointer)
    apus_loop_set_segment(loop.handle, operand, 1, right.pointer)
    let result = KernelMemory(repeating: Float(0), count: 9)
    loop.output(operand, into: result)
    try loop.run()
    #expect(result.array == [1, 2, 3, 4, 5, 6, 7, 8, 9])
  }

  @Test func arraysOfAnotherTotalSizeAreRefused() throws {
    let loop = try TestLoop([9])
    #expect(apus_loop_add_segments(loop.handle, Float.loopType, 2, [4, 8]) == -1)
    #expect(loop.refusal().contains("2 arrays"))
    let plane = try TestLoop([3, 3])
    #expect(apus_loop_add_segments(plane.handle, Float.loopType, 2, [4, 9]) == -1)
    #expect(plane.refusal().contains("2 arrays"))
  }
}
