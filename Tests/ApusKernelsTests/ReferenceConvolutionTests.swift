import ApusKernels
import Testing

struct ReferenceConvolutionTests {
  struct Case {
    var axes: [SpatialAxis]
    var batch = 2
    var groups = 1
    var inputs = 3
    var outputs = 4
  }

  static let cases = [
    Case(axes: [SpatialAxis(input: 9, window: 3)]),
    Case(
      axes: [SpatialAxis(input: 10, window: 3, stride: 2, dilation: 2, low: 3, high: 1)], inputs: 5,
      outputs: 7),
    Case(axes: [
      SpatialAxis(input: 6, window: 3, low: 1, high: 1), SpatialAxis(input: 5, window: 2, stride: 2),
    ]),
    Case(
      axes: [SpatialAxis(input: 7, window: 3, stride: 3, low: 2, high: 2), SpatialAxis(input: 8, window: 1)],
      groups: 2, inputs: 4, outputs: 6),
    Case(
      axes: [SpatialAxis(input: 6, window: 3, low: 1, high: 1)], batch: 3, groups: 4, inputs: 4, outputs: 4),
    Case(
      axes: [SpatialAxis(input: 30, window: 3, low: 1, high: 1), SpatialAxis(input: 30, window: 3)],
      inputs: 40),
    Case(
      axes: [
        SpatialAxis(input: 4, window: 2), SpatialAxis(input: 5, window: 3, stride: 2, low: 1, high: 1),
        SpatialAxis(input: 3, window: 2, dilation: 2, low: 1, high: 0),
      ], batch: 1),
    // The padding is wider than the window, and negative.
    Case(axes: [
      SpatialAxis(input: 2, window: 2, low: 4, high: 3), SpatialAxis(input: 6, window: 2, low: -1, high: -2),
    ]),
    Case(axes: [SpatialAxis(input: 5, window: 1, stride: 2)], batch: 0),
  ]

  enum Kind { case forward, input, filter }

  private func convolve<T: KernelElement>(
    _ kind: Kind, _ c: Case, input: [T], weight: [T], output: [T], filler: T, threads: Int32
  ) -> [T] {
    let input = kind == .input ? KernelMemory(repeating: filler, count: input.count) : KernelMemory(input)
    let weight = kind == .filter ? KernelMemory(repeating: filler, count: weight.count) : KernelMemory(weight)
    let output =
      kind == .forward ? KernelMemory(repeating: filler, count: output.count) : KernelMemory(output)
    var context = apus_convolution_context()
    context.input = input.raw
    context.weight = weight.raw
    context.output = output.raw
    context.batch = Int64(c.batch)
    context.input_channels = Int64(c.inputs)
    context.output_channels = Int64(c.outputs)
    context.groups = Int64(c.groups)
    for (d, axis) in c.axes.enumerated() {
      withUnsafeMutableBytes(of: &context.input_size) { $0.storeInt64(axis.input, at: d) }
      withUnsafeMutableBytes(of: &context.kernel_size) { $0.storeInt64(axis.window, at: d) }
      withUnsafeMutableBytes(of: &context.output_size) { $0.storeInt64(axis.output, at: d) }
      withUnsafeMutableBytes(of: &context.stride) { $0.storeInt64(axis.stride, at: d) }
      withUnsafeMutableBytes(of: &context.dilation) { $0.storeInt64(axis.dilation, at: d) }
      withUnsafeMutableBytes(of: &context.padding_low) { $0.storeInt64(axis.low, at: d) }
    }
    context.spatial_rank = Int32(c.axes.count)
    context.dtype = T.code
    context.threads = threads
    switch kind {
    case .forward:
      #expect(run(apus_convolution, &context) == 0)
      return output.array
    case .input:
      #expect(run(apus_convolution_input_gradient, &context) == 0)
      return input.array
    case .filter:
      #expect(run(apus_convolution_filter_gradient, &context) == 0)
      return weight.array
    }
  }

  /// All three results from the definition: each product of an input and a weight, once.
  private func expected<T: Numeric>(
    _ c: Case, input: [T], weight: [T], output: [T], multiplyAdd: (T, T, T) -> T
  ) -> [Kind: [T]] {
    var forward = [T](repeating: 0, count: output.count)
    var inputGradient = [T](repeating: 0, count: input.count)
    var filter = [T](repeating: 0, count: weight.count)
    let (groupInputs, groupOutputs) = (c.inputs / c.groups, c.outputs / c.groups)
    for n in 0..<c.batch {
      for o in 0..<c.axes.outputs {
        for step in 0..<c.axes.steps {
          guard let place = c.axes.place(output: o, step: step) else { continue }
          for f in 0..<c.outputs {
            for k in 0..<groupInputs {
              let i = (n * c.axes.inputs + place) * c.inputs + f / groupOutputs * groupInputs + k
              let w = (step * groupInputs + k) * c.outputs + f
              let y = (n * c.axes.outputs + o) * c.outputs + f
              forward[y] = multiplyAdd(forward[y], input[i], weight[w])
              inputGradient[i] = multiplyAdd(inputGradient[i], output[y], weight[w])
              filter[w] = multiplyAdd(filter[w], output[y], input[i])
            }
          }
        }
      }
    }
    return [.forward: forward, .input: inputGradient, .filter: filter]
  }

  @Test(arguments: cases)
  func matchesTheDefinition(c: Case) {
    var random = SplitMix(state: 61)
    let input = random.doubles(c.batch * c.axes.inputs * c.inputs)
    let weight = random.doubles(c.axes.steps * c.inputs / c.groups * c.outputs)
    let output = random.doubles(c.batch * c.axes.outputs * c.outputs)
    let expected = expected(c, input: input, weight: weight, output: output) { $0 + $1 * $2 }
    for (kind, right) in expected {
      let once = convolve(kind, c, input: input, weight: weight, output: output, filler: .nan, threads: 1)
      #expect(distance(once, right) < 1e-12)
      let twice = convolve(kind, c, input: input, weight: weight, output: output, filler: .nan, threads: 2)
      #expect(once == twice)
      let single = convolve(
        kind, c, input: input.map { Float($0) }, weight: weight.map { Float($0) },
        output: output.map { Float($0) },
        filler: .nan, threads: 2)
      #expect(distance(single, right.map { Float($0) }) < 1e-4)
    }
  }

  @Test func wholeNumbersWrapAround() {
    let c = Self.cases[2]
    var random = SplitMix(state: 62)
    let input = (0..<c.batch * c.axes.inputs * c.inputs).map { _ in Int32(truncatingIfNeeded: random.next()) }
    let weight = (0..<c.axes.steps * c.inputs * c.outputs).map { _ in Int32(truncatingIfNeeded: random.next())
    }
    let output = (0..<c.batch * c.axes.outputs * c.outputs).map { _ in
      Int32(truncatingIfNeeded: random.next())
    }
    let expected = expected(c, input: input, weight: weight, output: output) { $0 &+ $1 &* $2 }
    for (kind, right) in expected {
      let result = convolve(kind, c, input: input, weight: weight, output: output, filler: 7, threads: 2)
      #expect(firstDifference(result, right) == nil)
    }
  }
}
