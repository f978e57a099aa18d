import ApusKernels
import Testing

struct DynamicSliceTests {
  private func slice(
    _ source: KernelMemory<Float>, axes: [Int], window: [Int], starts: [Int64],
    update: KernelMemory<Float>? = nil,
    into result: KernelMemory<Float>, threads: Int32 = 1
  ) {
    let starts = starts.map { KernelMemory([$0]) }
    var context = apus_dynamic_slice_context()
    context.source = source.constant
    context.update = update?.constant
    context.result = result.raw
    withUnsafeMutableBytes(of: &context.start) { bytes in
      for (d, start) in starts.enumerated() {
        bytes.storeBytes(of: start.constant, toByteOffset: d * 8, as: UnsafeRawPointer.self)
      }
    }
    withUnsafeMutableBytes(of: &context.axis_size) { $0.copyBytes(from: axes.map(Int64.init).bytes) }
    withUnsafeMutableBytes(of: &context.window_size) { $0.copyBytes(from: window.map(Int64.init).bytes) }
    context.rank = Int32(axes.count)
    context.start_dtype = Int64.code
    context.dtype = Float.code
    context.threads = threads
    let code = run(update == nil ? apus_dynamic_slice : apus_dynamic_update_slice, &context)
    withExtendedLifetime(starts) {}
    #expect(code == 0)
  }

  /// Flat positions of a window, in its own order.
  private func positions(axes: [Int], window: [Int], at origin: [Int]) -> [Int] {
    (0..<window.reduce(1, *)).map { p in
      var rest = p
      var position = 0
      var stride = 1
      for d in axes.indices.reversed() {
        position += (origin[d] + rest % window[d]) * stride
        rest /= window[d]
        stride *= axes[d]
      }
      return position
    }
  }

  @Test(arguments: [
    ([5, 6, 7], [2, 3, 4], [1, 2, 3]), ([5, 6, 7], [2, 6, 7], [2, 0, 0]),
    ([5, 6, 7], [5, 2, 7], [0, 3, 0]),
    ([9], [4], [2]), ([], [], []), ([40, 50, 60], [30, 45, 60], [5, 1, 0]),
  ])
  func slicesAndUpdates(axes: [Int], window: [Int], origin: [Int]) {
    var random = SplitMix(state: 1)
    let source = KernelMemory(random.floats(axes.reduce(1, *)))
    let places = positions(axes: axes, window: window, at: origin)
    for threads: Int32 in [1, 2] {
      let cut = KernelMemory(repeating: Float(0), count: places.count)
      slice(source, axes: axes, window: window, starts: origin.map(Int64.init), into: cut, threads: threads)
      #expect(cut.array == places.map { source.array[$0] })

      let update = KernelMemory(random.floats(places.count))
      let result = KernelMemory(repeating: Float(0), count: source.count)
      slice(
        source, axes: axes, window: window, starts: origin.map(Int64.init), update: update, into: result,
        threads: threads)
      var expected = source.array
      for (k, p) in places.enumerated() { expected[p] = update.array[k] }
      #expect(firstDifference(result.array, expected) == nil)
    }
  }

  @Test func startsAreClampedSoThatTheWindowLiesInside() {
    let source = KernelMemory<Float>([0, 1, 2, 3, 4, 5])
    let result = KernelMemory<Float>(repeating: 0, count: 4)
    slice(source, axes: [3, 2], window: [2, 2], starts: [7, -3], into: result)
    #expect(result.array == [2, 3, 4, 5])
    slice(source, axes: [3, 2], window: [2, 2], starts: [.min, .max], into: result)
    #expect(result.array == [0, 1, 2, 3])
  }

  @Test func updatesInPlace() {
    let memory = KernelMemory<Float>([0, 1, 2, 3])
    let update = KernelMemory<Float>([9, 8])
    slice(memory, axes: [4], window: [2], starts: [1], update: update, into: memory)
    #expect(memory.array == [0, 9, 8, 3])
  }
}

extension Array where Element == Int64 {
  fileprivate var bytes: [UInt8] { withUnsafeBytes { Array<UInt8>($0) } }
}
