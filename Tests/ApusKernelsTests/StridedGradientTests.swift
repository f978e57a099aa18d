import ApusKernels
import Testing

/// The filters' gradient of a convolution at stride 2 beside the sum that defines it.
struct StridedGradientTests {
  struct Case {
    var batch = 1
    var height: Int
    var width: Int
    var channels = 8
    var filters = 64
    var padding = 1
    var outHeight: Int { (height + 2 * padding - 3) / 2 + 1 }
    var outWidth: Int { (width + 2 * padding - 3) / 2 + 1 }
  }

  static let cases = [
    Case(height: 8, width: 8), Case(batch: 2, height: 7, width: 5), Case(height: 9, width: 4, padding: 0),
    Case(batch: 2, height: 6, width: 11, channels: 13, filters: 128, padding: 2),
    // More positions than are summed at once.
    Case(batch: 3, height: 28, width: 26),
  ]

  private func result(_ c: Case, source: [Float], gradient: [Float], threads: Int32) -> [Float] {
    let source = KernelMemory(source), gradient = KernelMemory(gradient)
    let result = KernelMemory<Float>(repeating: .nan, count: 9 * c.channels * c.filters)
    var context = apus_strided_gradient_context()
    context.source = UnsafePointer(source.pointer)
    context.gradient = UnsafePointer(gradient.pointer)
    context.result = result.pointer
    context.batch = Int64(c.batch)
    context.height = Int64(c.height)
    context.width = Int64(c.width)
    context.channels = Int64(c.channels)
    context.filters = Int64(c.filters)
    context.window = 3
    context.pad_top = Int64(c.padding)
    context.pad_left = Int64(c.padding)
    context.out_height = Int64(c.outHeight)
    context.out_width = Int64(c.outWidth)
    context.threads = threads
    let byteCount = Int(apus_strided_filter_gradient_scratch_bytes(&context))
    let scratch = KernelMemory<Float>(repeating: .nan, count: byteCount / MemoryLayout<Float>.size)
    context.scratch = scratch.pointer
    #expect(run(apus_strided_filter_gradient, &context) == 0)
    return result.array
  }

  private func expected(_ c: Case, source: [Float], gradient: [Float]) -> [Double] {
    var sums = [Double](repeating: 0, count: 9 * c.channels * c.filters)
    for position in 0..<(c.batch * c.outHeight * c.outWidth) {
      let row = position / c.outWidth % c.outHeight, column = position % c.outWidth
      let sample = position / c.outWidth / c.outHeight
      for tap in 0..<9 {
        let y = 2 * row + tap / 3 - c.padding, x = 2 * column + tap % 3 - c.padding
        guard (0..<c.height).contains(y), (0..<c.width).contains(x) else { continue }
        let from = ((sample * c.height + y) * c.width + x) * c.channels
        for channel in 0..<c.channels {
          let number = Double(source[from + channel]), first = (tap * c.channels + channel) * c.filters
          for filter in 0..<c.filters {
            sums[first + filter] += number * Double(gradient[position * c.filters + filter])
          }
        }
      }
    }
    return sums
  }

  @Test(arguments: cases)
  func isTheSumOverAllPositions(c: Case) {
    var random = SplitMix(state: 31)
    let source = random.doubles(c.batch * c.height * c.width * c.channels).map { Float($0) }
    let gradient = random.doubles(c.batch * c.outHeight * c.outWidth * c.filters).map { Float($0) }
    let right = expected(c, source: source, gradient: gradient)
    let once = result(c, source: source, gradient: gradient, threads: 1)
    let largest = right.map { abs($0) }.max() ?? 1
    let distance = zip(once, right).map { abs(Double($0) - $1) }.max() ?? .infinity
    #expect(distance < 2e-6 * largest)
    #expect(result(c, source: source, gradient: gradient, threads: 2) == once)
  }
}
