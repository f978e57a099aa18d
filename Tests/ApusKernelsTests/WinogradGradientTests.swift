import ApusKernels
import Testing

/// Gradients of a convolution by Winograd's filtering beside the sums that define them.
struct WinogradGradientTests {
  struct Case {
    var batch = 1
    var height: Int
    var width: Int
    var channels = 16
    var filters = 64
    var padding = 1
    var outHeight: Int { height + 2 * padding - 2 }
    var outWidth: Int { width + 2 * padding - 2 }
    var sourceCount: Int { batch * height * width * channels }
    var weightCount: Int { 9 * channels * filters }
    var resultCount: Int { batch * outHeight * outWidth * filters }

    /// Calls `body` with the place in the source, in the weights and in the result of each product of channel 0
    /// and filter 0.
    func forEachProduct(_ body: (Int, Int, Int) -> Void) {
      for sample in 0..<batch {
        for row in 0..<outHeight {
          for column in 0..<outWidth {
            for tap in 0..<9 {
              let y = row + tap / 3 - padding, x = column + tap % 3 - padding
              guard (0..<height).contains(y), (0..<width).contains(x) else { continue }
              body(
                ((sample * height + y) * width + x) * channels, tap * channels * filters,
                ((sample * outHeight + row) * outWidth + column) * filters)
            }
          }
        }
      }
    }
  }

  static let cases = [
    Case(height: 8, width: 8), Case(batch: 2, height: 7, width: 5, channels: 48, filters: 96),
    Case(height: 3, width: 9, padding: 0), Case(height: 4, width: 6, filters: 16, padding: 2),
    Case(batch: 3, height: 13, width: 15, channels: 64, filters: 128),
    // More tiles than wait for their products at once.
    Case(batch: 7, height: 30, width: 30, channels: 128, filters: 64),
  ]

  private func floats(_ count: Int, seed: UInt64) -> [Float] {
    var random = SplitMix(state: seed)
    return random.doubles(count).map { Float($0) }
  }

  private func distance(_ result: [Float], _ right: [Double]) -> Double {
    let largest = right.map(abs).max() ?? 1
    return zip(result, right).map { abs(Double($0) - $1) / largest }.max() ?? .infinity
  }

  private func filterGradient(_ c: Case, source: [Float], gradient: [Float], threads: Int32) -> [Float] {
    let source = KernelMemory(source), gradient = KernelMemory(gradient)
    let result = KernelMemory<Float>(repeating: .nan, count: c.weightCount)
    var context = apus_winograd_gradient_context()
    context.source = UnsafePointer(source.pointer)
    context.gradient = UnsafePointer(gradient.pointer)
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
    context.threads = threads
    let byteCount = Int(apus_winograd_filter_gradient_scratch_bytes(&context))
    let scratch = KernelMemory<Float>(repeating: .nan, count: byteCount / MemoryLayout<Float>.size)
    context.scratch = scratch.pointer
    #expect(run(apus_winograd_filter_gradient, &context) == 0)
    return result.array
  }

  @Test(arguments: cases)
  func filterGradientIsTheSum(c: Case) {
    let source = floats(c.sourceCount, seed: 5), gradient = floats(c.resultCount, seed: 6)
    let once = filterGradient(c, source: source, gradient: gradient, threads: 1)
    #expect(filterGradient(c, source: source, gradient: gradient, threads: 2) == once)
    // A few pairs of channels stand for all: the largest ones among them.
    let channels = [0, 1, c.channels - 1], filters = [0, 17 % c.filters, c.filters - 1]
    var right = [Double](repeating: 0, count: 9 * 9)
    c.forEachProduct { from, weight, to in
      let tap = weight / (c.channels * c.filters)
      for (i, channel) in channels.enumerated() {
        for (j, filter) in filters.enumerated() {
          right[tap * 9 + i * 3 + j] += Double(source[from + channel]) * Double(gradient[to + filter])
        }
      }
    }
    let chosen = (0..<81).map {
      once[($0 / 9 * c.channels + channels[$0 / 3 % 3]) * c.filters + filters[$0 % 3]]
    }
    #expect(distance(chosen, right) < 1e-5)
    #expect(once.allSatisfy { $0.isFinite })
  }

  private func inputGradient(_ c: Case, weights: [Float], gradient: [Float], threads: Int32) -> [Float] {
    let weights = KernelMemory(weights), gradient = KernelMemory(gradient)
    var transformation = apus_winograd_weights_context()
    transformation.channels = Int64(c.filters)
    transformation.filters = Int64(c.channels)
    transformation.turned = 1
    transformation.threads = threads
    let byteCount = Int(apus_winograd_weights_bytes(transformation.channels, transformation.filters))
    let turned = KernelMemory<Float>(repeating: .nan, count: byteCount / MemoryLayout<Float>.size)
    transformation.weights = UnsafePointer(weights.pointer)
    transformation.result = turned.pointer
    #expect(run(apus_winograd_weights, &transformation) == 0)
    let result = KernelMemory<Float>(repeating: .nan, count: c.sourceCount)
    var context = apus_winograd_context()
    context.source = UnsafePointer(gradient.pointer)
    context.weights = UnsafePointer(turned.pointer)
    context.result = result.pointer
    context.batch = Int64(c.batch)
    context.height = Int64(c.outHeight)
    context.width = Int64(c.outWidth)
    context.channels = Int64(c.filters)
    context.filters = Int64(c.channels)
    context.pad_top = Int64(2 - c.padding)
    context.pad_left = Int64(2 - c.padding)
    context.out_height = Int64(c.height)
    context.out_width = Int64(c.width)
    context.threads = threads
    let floatCount = Int(apus_winograd_scratch_bytes(&context)) / MemoryLayout<Float>.size
    let scratch = KernelMemory<Float>(repeating: .nan, count: floatCount)
    context.scratch = scratch.pointer
    #expect(run(apus_winograd, &context) == 0)
    return result.array
  }

  @Test(arguments: cases.filter { $0.sourceCount < 1 << 16 })
  func inputGradientIsTheSum(c: Case) {
    let weights = floats(c.weightCount, seed: 7), gradient = floats(c.resultCount, seed: 8)
    let once = inputGradient(c, weights: weights, gradient: gradient, threads: 1)
    #expect(inputGradient(c, weights: weights, gradient: gradient, threads: 2) == once)
    var right = [Double](repeating: 0, count: c.sourceCount)
    c.forEachProduct { from, weight, to in
      for channel in 0..<c.channels {
        var sum = 0.0
        for filter in 0..<c.filters {
          sum += Double(weights[weight + channel * c.filters + filter]) * Double(gradient[to + filter])
        }
        right[from + channel] += sum
      }
    }
    #expect(distance(once, right) < 1e-5)
  }
}
