import ApusKernels
import Testing

struct PadTests {
  struct Axis {
    var size: Int
    var low = 0
    var high = 0
    var interior = 0
    var length: Int { low + size + max(0, size - 1) * interior + high }
  }

  private func pad<T>(_ source: [T], _ axes: [Axis], value: T, filler: T, dtype: Int32, threads: Int32 = 1)
    -> [T]
  {
    let source = KernelMemory(source)
    let value = KernelMemory([value])
    let result = KernelMemory(repeating: filler, count: axes.map(\.length).reduce(1, *))
    var context = apus_pad_context()
    context.source = source.constant
    context.value = value.constant
    context.result = result.raw
    for (d, axis) in axes.enumerated() {
      withUnsafeMutableBytes(of: &context.size) { $0.storeInt64(axis.size, at: d) }
      withUnsafeMutableBytes(of: &context.low) { $0.storeInt64(axis.low, at: d) }
      withUnsafeMutableBytes(of: &context.high) { $0.storeInt64(axis.high, at: d) }
      withUnsafeMutableBytes(of: &context.interior) { $0.storeInt64(axis.interior, at: d) }
    }
    context.rank = Int32(axes.count)
    context.dtype = dtype
    context.threads = threads
    #expect(run(apus_pad, &context) == 0)
    return result.array
  }

  /// Each result element from the definition.
  private func expected<T>(_ source: [T], _ axes: [Axis], value: T) -> [T] {
    (0..<axes.map(\.length).reduce(1, *)).map { p in
      var rest = p
      var offset = 0
      var stride = 1
      for axis in axes.reversed() {
        let position = rest % axis.length - axis.low
        rest /= axis.length
        let step = axis.interior + 1
        guard position >= 0, position % step == 0, position / step < axis.size else { return value }
        offset += position / step * stride
        stride *= axis.size
      }
      return source[offset]
    }
  }

  static let cases: [[Axis]] = [
    [Axis(size: 5, low: 2, high: 3)],
    [Axis(size: 5, low: -1, high: -2)],
    [Axis(size: 5, low: -1, high: 2, interior: 2)],
    [Axis(size: 5, low: 1, high: -7, interior: 2)],
    [Axis(size: 3, low: -2, high: -1, interior: 1)],
    [Axis(size: 0, low: 2, high: 1, interior: 3), Axis(size: 2)],
    [Axis(size: 4, low: 6, high: -5)],
    [Axis(size: 4, low: -5, high: 6)],
    [Axis(size: 2), Axis(size: 3, low: 1, high: 1), Axis(size: 4, low: 1, high: 1), Axis(size: 5)],
    [
      Axis(size: 2, low: 1, interior: 1), Axis(size: 3, low: -1, high: 2),
      Axis(size: 4, high: 1, interior: 2),
    ],
    [Axis(size: 8), Axis(size: 30, low: 1, high: 1), Axis(size: 30, low: 1, high: 1), Axis(size: 16)],
    [Axis(size: 3), Axis(size: 2)],
    [],
  ]

  @Test(arguments: cases)
  func matchesTheDefinition(axes: [Axis]) {
    var random = SplitMix(state: 41)
    let source = random.floats(axes.map(\.size).reduce(1, *))
    for threads: Int32 in [1, 2] {
      let result = pad(source, axes, value: 9, filler: -7, dtype: Float.code, threads: threads)
      #expect(result == expected(source, axes, value: 9))
    }
    let bytes = source.map { UInt8(abs($0) * 100) }
    #expect(pad(bytes, axes, value: 3, filler: 7, dtype: 4) == expected(bytes, axes, value: 3))
    let halves = source.map { bfloat16($0) }
    #expect(pad(halves, axes, value: 3, filler: 7, dtype: 6) == expected(halves, axes, value: 3))
    let doubles = source.map(Double.init)
    #expect(pad(doubles, axes, value: 3, filler: 7, dtype: 1) == expected(doubles, axes, value: 3))
  }

  @Test(arguments: [(1, 100_000), (3, 7), (500, 300), (0, 4), (4, 0)])
  func copiesRowsBetweenStrides(rows: Int, width: Int) {
    var random = SplitMix(state: 42)
    let (from, to) = (width + 3, width + 5)
    let source = KernelMemory(random.floats(rows * from))
    for threads: Int32 in [1, 2] {
      let result = KernelMemory(repeating: Float(-7), count: rows * to)
      var context = apus_copy2d_context()
      context.source = source.constant
      context.result = result.raw
      context.rows = Int64(rows)
      context.row_bytes = Int64(width * 4)
      context.source_stride = Int64(from * 4)
      context.result_stride = Int64(to * 4)
      context.threads = threads
      #expect(run(apus_copy2d, &context) == 0)
      let expected = (0..<rows * to).map { $0 % to < width ? source.array[$0 / to * from + $0 % to] : -7 }
      #expect(firstDifference(result.array, expected) == nil)
    }
  }
}
