import ApusKernels
import Testing

struct WinogradTests {
  struct Case {
    var batch = 1
    var height: Int
    var width: Int
    var channels = 64
    var filters = 64
    var padding = 1
    var hasBias = true
    var hasResidual = false
    var relu = false
    var outHeight: Int { height + 2 * padding - 2 }
    var outWidth: Int { width + 2 * padding - 2 }
  }

  static let cases = [
    Case(height: 8, width: 8), Case(batch: 2, height: 7, width: 5, hasResidual: true, relu: true),
    Case(height: 3, width: 9, padding: 0, hasBias: false), Case(height: 4, width: 6, padding: 2, relu: true),
    Case(batch: 3, height: 13, width: 15, channels: 64, filters: 128, hasResidual: true),
    Case(height: 2, width: 2, channels: 128, filters: 64, relu: true),
    // Filters that do not fill a panel.
    Case(batch: 2, height: 5, width: 6, channels: 48, filters: 96, hasResidual: true),
    Case(height: 4, width: 9, channels: 16, filters: 16, relu: true),
    // Few tiles for many weights: threads share the weights.
    Case(batch: 3, height: 2, width: 2, channels: 512, filters: 128, hasResidual: true, relu: true),
  ]

  private func convolve(
    _ c: Case, source: [Float], weights: [Float], bias: [Float], residual: [Float], threads: Int32
  ) -> [Float] {
    let source = KernelMemory(source), weights = KernelMemory(weights), bias = KernelMemory(bias)
    let residual = KernelMemory(residual)
    let byteCount = apus_winograd_weights_bytes(Int64(c.channels), Int64(c.filters))
    let transformed = KernelMemory<Float>(
      repeating: .nan, count: Int(byteCount) / MemoryLayout<Float>.size)
    var transformation = apus_winograd_weights_context()
    transformation.weights = UnsafePointer(weights.pointer)
    transformation.result = transformed.pointer
    transformation.channels = Int64(c.channels)
    transformation.filters = Int64(c.filters)
    #expect(run(apus_winograd_weights, &transformation) == 0)
    let result = KernelMemory<Float>(
      repeating: .nan, count: c.batch * c.outHeight * c.outWidth * c.filters)
    var context = apus_winograd_context()
    context.source = UnsafePointer(source.pointer)
    context.weights = UnsafePointer(transformed.pointer)
    context.bias = c.hasBias ? UnsafePointer(bias.pointer) : nil
    context.residual = c.hasResidual ? UnsafePointer(residual.pointer) : nil
    context.result = result.pointer
    context.batch = Int64(c.batch)
    context.height = Int64(c.height)
    context.width = Int64(c.width)
    context.channels = Int64(c.channels)
    context.filters = Int64(c.filters)
    context.pad_top = Int64(c.padding)
    context.pad_left = Int64(c.padding)
    context.out_height = Int64(c.outHeight)
    context.out_width = Int64(c.outWidth)
    context.relu = c.relu ? 1 : 0
    context.threads = threads
    let scratch = KernelMemory<Float>(
      repeating: .nan, count: Int(apus_winograd_scratch_bytes(&context)) / MemoryLayout<Float>.size)
    context.scratch = scratch.pointer
    #expect(run(apus_winograd, &context) == 0)
    return result.array
  }

  private func expected(
    _ c: Case, source: [Float], weights: [Float], bias: [Float], residual: [Float]
  ) -> [Double] {
    var result: [Double] = []
    for sample in 0..<c.batch {
      for row in 0..<c.outHeight {
        for column in 0..<c.outWidth {
          var sums = [Double](repeating: 0, count: c.filters)
          for tap in 0..<9 {
            let y = row + tap / 3 - c.padding, x = column + tap % 3 - c.padding
            guard (0..<c.height).contains(y), (0..<c.width).contains(x) else { continue }
            for channel in 0..<c.channels {
              let number = Double(source[((sample * c.height + y) * c.width + x) * c.channels + channel])
              let first = (tap * c.channels + channel) * c.filters
              for filter in 0..<c.filters { sums[filter] += number * Double(weights[first + filter]) }
            }
          }
          for filter in 0..<c.filters {
            var sum = sums[filter] + (c.hasBias ? Double(bias[filter]) : 0)
            if c.hasResidual { sum += Double(residual[result.count]) }
            result.append(c.relu ? max(0, sum) : sum)
          }
        }
      }
    }
    return result
  }

  @Test(arguments: cases)
  func matchesTheDirectSum(c: Case) {
    var random = SplitMix(state: 211)
    func floats(_ count: Int) -> [Float] { random.doubles(count).map { Float($0) } }
    let source = floats(c.batch * c.height * c.width * c.channels)
    let weights = floats(9 * c.channels * c.filters), bias = floats(c.filters)
    let residual = floats(c.batch * c.outHeight * c.outWidth * c.filters)
    let right = expected(c, source: source, weights: weights, bias: bias, residual: residual)
    let once = convolve(c, source: source, weights: weights, bias: bias, residual: residual, threads: 1)
    let largest = right.map(abs).max() ?? 1
    let distance = zip(once, right).map { abs(Double($0) - $1) }.max() ?? .infinity
    #expect(distance < 1e-5 * largest)
    let twice = convolve(c, source: source, weights: weights, bias: bias, residual: residual, threads: 2)
    #expect(twice == once)
  }

  @Test func aNumberThatIsNoneReachesItsTilesOnly() {
    let c = Case(height: 12, width: 4, hasBias: false, relu: true)
    var source = [Float](repeating: 1, count: c.height * c.width * c.channels)
    source[0] = .nan
    let result = convolve(
      c, source: source, weights: [Float](repeating: 1, count: 9 * 64 * 64), bias: [], residual: [],
      threads: 1)
    #expect(result[0].isNaN)
    #expect(result.suffix(4 * 4 * 64).allSatisfy { !$0.isNaN })
  }
}
