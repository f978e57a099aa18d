import ApusKernels
import Testing

struct ReferencePoolTests {
  static let axes: [[SpatialAxis]] = [
    [SpatialAxis(input: 9, window: 3, stride: 2)],
    [SpatialAxis(input: 8, window: 3, stride: 2, low: 1, high: 1, ceiling: true)],
    [
      SpatialAxis(input: 6, window: 2, stride: 2),
      SpatialAxis(input: 7, window: 3, stride: 1, low: 1, high: 1),
    ],
    [SpatialAxis(input: 9, window: 2, dilation: 3, low: 2, high: 2), SpatialAxis(input: 5, window: 5)],
    [
      SpatialAxis(input: 4, window: 2), SpatialAxis(input: 3, window: 2),
      SpatialAxis(input: 5, window: 3, low: 1),
    ],
    // Windows wholly in the padding.
    [SpatialAxis(input: 2, window: 2, stride: 2, low: 4, high: 4)],
  ]

  private func pool<T: KernelElement>(
    _ kernel: apus_step_function, _ axes: [SpatialAxis], channels: Int, batch: Int, input: [T],
    gradient: [T]? = nil,
    countPadding: Bool = false, filler: T, threads: Int32
  ) -> [T] {
    let outputs = batch * axes.outputs * channels
    let input = KernelMemory(input)
    let gradient = gradient.map { KernelMemory($0) }
    let result = KernelMemory(repeating: filler, count: gradient == nil ? outputs : input.count)
    var context = apus_pool_context()
    context.input = input.constant
    context.gradient = gradient?.constant
    context.result = result.raw
    context.batch = Int64(batch)
    context.channels = Int64(channels)
    for (d, axis) in axes.enumerated() {
      withUnsafeMutableBytes(of: &context.input_size) { $0.storeInt64(axis.input, at: d) }
      withUnsafeMutableBytes(of: &context.output_size) { $0.storeInt64(axis.output, at: d) }
      withUnsafeMutableBytes(of: &context.window_size) { $0.storeInt64(axis.window, at: d) }
      withUnsafeMutableBytes(of: &context.stride) { $0.storeInt64(axis.stride, at: d) }
      withUnsafeMutableBytes(of: &context.dilation) { $0.storeInt64(axis.dilation, at: d) }
      withUnsafeMutableBytes(of: &context.padding_low) { $0.storeInt64(axis.low, at: d) }
      withUnsafeMutableBytes(of: &context.padding_high) { $0.storeInt64(axis.high, at: d) }
    }
    context.spatial_rank = Int32(axes.count)
    context.count_padding = countPadding ? 1 : 0
    context.dtype = T.code
    context.threads = threads
    #expect(run(kernel, &context) == 0)
    return result.array
  }

  /// Positions in the input of each window of one channel, in order.
  private func windows(_ axes: [SpatialAxis], batch: Int, channels: Int) -> [[Int]] {
    (0..<batch * axes.outputs * channels).map { r in
      let (n, o, channel) = (r / channels / axes.outputs, r / channels % axes.outputs, r % channels)
      return (0..<axes.steps).compactMap { step in
        axes.place(output: o, step: step).map { (n * axes.inputs + $0) * channels + channel }
      }
    }
  }

  @Test(arguments: axes, [1, 3, 300])
  func maximumMatchesTheDefinition(axes: [SpatialAxis], channels: Int) {
    var random = SplitMix(state: 71)
    let batch = 3
    // Few distinct values: ties everywhere.
    let input = (0..<batch * axes.inputs * channels).map { _ in Double(Int.random(in: -4...4, using: &random))
    }
    let windows = windows(axes, batch: batch, channels: channels)
    let gradient = random.doubles(windows.count)
    let forward = windows.map { $0.map { input[$0] }.max() ?? -.infinity }
    var backward = [Double](repeating: 0, count: input.count)
    for (r, window) in windows.enumerated() {
      guard let first = window.first(where: { input[$0] == forward[r] }) else { continue }
      backward[first] += gradient[r]
    }
    for threads: Int32 in [1, 2] {
      let values = pool(
        apus_maximum_pool, axes, channels: channels, batch: batch, input: input, filler: 7, threads: threads)
      #expect(firstDifference(values, forward) == nil)
      let singles = pool(
        apus_maximum_pool_gradient, axes, channels: channels, batch: batch, input: input.map { Float($0) },
        gradient: gradient.map { Float($0) }, filler: 7, threads: threads)
      #expect(distance(singles, backward.map { Float($0) }) < 1e-6)
      let gradients = pool(
        apus_maximum_pool_gradient, axes, channels: channels, batch: batch, input: input, gradient: gradient,
        filler: 7, threads: threads)
      #expect(firstDifference(gradients, backward) == nil)
    }
    let whole = input.map { Int32($0) }
    let expected = windows.map { $0.map { whole[$0] }.max() ?? .min }
    #expect(
      firstDifference(
        pool(apus_maximum_pool, axes, channels: channels, batch: batch, input: whole, filler: 7, threads: 1),
        expected) == nil)
  }

  @Test(arguments: axes, [false, true])
  func averageMatchesTheDefinition(axes: [SpatialAxis], countPadding: Bool) {
    var random = SplitMix(state: 72)
    let (batch, channels) = (3, 130)
    let input = random.doubles(batch * axes.inputs * channels)
    let windows = windows(axes, batch: batch, channels: channels)
    let gradient = random.doubles(windows.count)
    // Steps of a window that lie inside the padded input, for the mean that counts padding.
    let padded = axes.map {
      SpatialAxis(
        input: $0.input + $0.low + $0.high, window: $0.window, stride: $0.stride, dilation: $0.dilation)
    }
    func divisor(_ r: Int) -> Double {
      guard countPadding else { return Double(windows[r].count) }
      var o = r / channels % axes.outputs
      var product = 1
      for (axis, wide) in zip(axes, padded).reversed() {
        product *= (0..<axis.window).filter { wide.position(o % axis.output, $0) != nil }.count
        o /= axis.output
      }
      return Double(product)
    }
    let forward = windows.indices.map { r in
      windows[r].isEmpty ? 0 : windows[r].reduce(0) { $0 + input[$1] } / divisor(r)
    }
    var backward = [Double](repeating: 0, count: input.count)
    for (r, window) in windows.enumerated() {
      for p in window { backward[p] += gradient[r] / divisor(r) }
    }
    for threads: Int32 in [1, 2] {
      let values = pool(
        apus_average_pool, axes, channels: channels, batch: batch, input: input, countPadding: countPadding,
        filler: 7, threads: threads)
      #expect(distance(values, forward) < 1e-14)
      let gradients = pool(
        apus_average_pool_gradient, axes, channels: channels, batch: batch, input: input, gradient: gradient,
        countPadding: countPadding, filler: 7, threads: threads)
      #expect(distance(gradients, backward) < 1e-14)
      let singles = pool(
        apus_average_pool, axes, channels: channels, batch: batch, input: input.map { Float($0) },
        countPadding: countPadding, filler: 7, threads: threads)
      #expect(distance(singles, forward.map { Float($0) }) < 1e-6)
    }
  }

  @Test func firstNaNWins() {
    let axes = [SpatialAxis(input: 4, window: 4)]
    let input: [Float] = [1, .nan, 5, .nan]
    let value = pool(apus_maximum_pool, axes, channels: 1, batch: 1, input: input, filler: 7, threads: 1)
    #expect(value[0].isNaN)
    let gradient = pool(
      apus_maximum_pool_gradient, axes, channels: 1, batch: 1, input: input, gradient: [3], filler: 7,
      threads: 1)
    #expect(gradient == [0, 3, 0, 0])
  }
}
