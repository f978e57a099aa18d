import ApusKernels
import Foundation
import Testing

struct SoftmaxTests {
  typealias Sizes = (outer: Int, axis: Int, inner: Int)

  private func forward<T: KernelElement>(
    _ kernel: apus_step_function, _ source: [T], _ sizes: Sizes, threads: Int32 = 1
  ) -> [T] {
    let memory = KernelMemory(source)
    var context = apus_softmax_context()
    context.source = memory.constant
    context.result = memory.raw
    context.outer = Int64(sizes.outer)
    context.axis = Int64(sizes.axis)
    context.inner = Int64(sizes.inner)
    context.dtype = T.code
    context.threads = threads
    #expect(run(kernel, &context) == 0)
    return memory.array
  }

  private func backward<T: KernelElement>(
    _ kernel: apus_step_function, output: [T], gradient: [T], _ sizes: Sizes, inPlace: Bool,
    threads: Int32 = 1
  ) -> [T] {
    let output = KernelMemory(output)
    let gradient = KernelMemory(gradient)
    let result = inPlace ? gradient : KernelMemory(output.array)
    var context = apus_softmax_gradient_context()
    context.output = output.constant
    context.gradient = gradient.constant
    context.result = result.raw
    context.outer = Int64(sizes.outer)
    context.axis = Int64(sizes.axis)
    context.inner = Int64(sizes.inner)
    context.dtype = T.code
    context.threads = threads
    #expect(run(kernel, &context) == 0)
    return result.array
  }

  /// The positions of each line.
  private func lines(_ sizes: Sizes) -> [[Int]] {
    (0..<sizes.outer * sizes.inner).map { line in
      (0..<sizes.axis).map { (line / sizes.inner * sizes.axis + $0) * sizes.inner + line % sizes.inner }
    }
  }

  @Test(arguments: [(1, 1, 1), (5, 10, 1), (3, 1003, 1), (2, 7, 3), (3, 65, 200), (400, 100, 1)])
  func matchesTheDefinition(sizes: Sizes) {
    var random = SplitMix(state: 81)
    let count = sizes.0 * sizes.1 * sizes.2
    let source = random.doubles(count, in: -30...30)
    let gradient = random.doubles(count)
    var (softmax, logarithm, softmaxGradient, logGradient) = (source, source, source, source)
    for line in lines(sizes) {
      let most = line.map { source[$0] }.max() ?? 0
      let sum = line.reduce(0) { $0 + exp(source[$1] - most) }
      for p in line {
        softmax[p] = exp(source[p] - most) / sum
        logarithm[p] = source[p] - most - log(sum)
      }
      let weighted = line.reduce(0) { $0 + gradient[$1] * softmax[$1] }
      let total = line.reduce(0) { $0 + gradient[$1] }
      for p in line {
        softmaxGradient[p] = softmax[p] * (gradient[p] - weighted)
        logGradient[p] = gradient[p] - softmax[p] * total
      }
    }
    let singles = source.map { Float($0) }
    let singleGradient = gradient.map { Float($0) }
    for threads: Int32 in [1, 2] {
      #expect(distance(forward(apus_softmax, source, sizes, threads: threads), softmax) < 1e-14)
      #expect(distance(forward(apus_log_softmax, source, sizes, threads: threads), logarithm) < 1e-14)
      let y = forward(apus_softmax, singles, sizes, threads: threads)
      let l = forward(apus_log_softmax, singles, sizes, threads: threads)
      #expect(distance(y, softmax.map { Float($0) }) < 2e-6)
      #expect(distance(l, logarithm.map { Float($0) }) < 2e-6)
      #expect(y == forward(apus_softmax, singles, sizes))
      for inPlace in [false, true] {
        let a = backward(
          apus_softmax_gradient, output: softmax, gradient: gradient, sizes, inPlace: inPlace,
          threads: threads)
        #expect(distance(a, softmaxGradient) < 1e-13)
        let b = backward(
          apus_log_softmax_gradient, output: logarithm, gradient: gradient, sizes, inPlace: inPlace,
          threads: threads)
        #expect(distance(b, logGradient) < 1e-13)
        let d = backward(
          apus_softmax_gradient, output: y, gradient: singleGradient, sizes, inPlace: inPlace,
          threads: threads)
        #expect(distance(d, softmaxGradient.map { Float($0) }) < 1e-5)
        let e = backward(
          apus_log_softmax_gradient, output: l, gradient: singleGradient, sizes, inPlace: inPlace,
          threads: threads)
        #expect(distance(e, logGradient.map { Float($0) }) < 1e-5)
      }
    }
  }

  @Test func smallProbabilitiesKeepTheirRelativePrecision() {
    let source = (0..<60).map { -Float($0) }
    let result = forward(apus_softmax, source, (1, 60, 1))
    let sum = source.reduce(0) { $0 + exp(Double($1)) }
    for (x, y) in zip(source, result) {
      let exact = exp(Double(x)) / sum
      #expect(abs(Double(y) - exact) < 4e-7 * exact)
    }
  }

  @Test(arguments: [1, 2, 40])
  func extremeValues(inner: Int) {
    func spread(_ line: [Float]) -> [Float] { line.flatMap { [Float](repeating: $0, count: inner) } }
    func first(_ result: [Float]) -> [Float] {
      stride(from: 0, to: result.count, by: inner).map { result[$0] }
    }
    let masked = first(forward(apus_softmax, spread([-.infinity, 0, -.infinity, 0]), (1, 4, inner)))
    #expect(masked == [0, 0.5, 0, 0.5])
    let far = first(forward(apus_softmax, spread([1e30, -1e30, 0]), (1, 3, inner)))
    #expect(far == [1, 0, 0])
    let logarithms = first(forward(apus_log_softmax, spread([1e4, 0, -.infinity]), (1, 3, inner)))
    #expect(logarithms == [0, -1e4, -.infinity])
    let nothing = first(forward(apus_softmax, spread([-.infinity, -.infinity]), (1, 2, inner)))
    #expect(nothing.allSatisfy { $0.isNaN })
    var long = [Float](repeating: 0, count: 100)
    long[37] = .nan
    let poisoned = first(forward(apus_softmax, spread(long), (1, 100, inner)))
    #expect(poisoned.allSatisfy { $0.isNaN })
    #expect(forward(apus_softmax, [Float](), (0, 4, inner)) == [])
    #expect(forward(apus_softmax, [Float](), (4, 0, inner)) == [])
  }
}
