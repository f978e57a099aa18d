import ApusKernels
import Testing

struct CumulateTests {
  private func cumulate<T>(
    _ source: [T], _ sizes: (outer: Int, axis: Int, inner: Int), dtype: Int32, kind: Int,
    reverse: Bool = false,
    exclusive: Bool = false, threads: Int32 = 1
  ) -> [T] {
    // In place: the harder case.
    let memory = KernelMemory(source)
    var context = apus_cumulate_context()
    context.source = memory.constant
    context.result = memory.raw
    context.outer = Int64(sizes.outer)
    context.axis = Int64(sizes.axis)
    context.inner = Int64(sizes.inner)
    context.dtype = dtype
    context.kind = Int32(kind)
    context.reverse = reverse ? 1 : 0
    context.exclusive = exclusive ? 1 : 0
    context.threads = threads
    #expect(run(apus_cumulate, &context) == 0)
    return memory.array
  }

  @Test(arguments: [(1, 1, 1), (4, 9, 1), (2, 30, 5), (3, 40, 700)], 0..<4)
  func matchesTheDefinition(sizes: (Int, Int, Int), kind: Int) {
    var random = SplitMix(state: 31)
    let (outer, axis, inner) = sizes
    let source = random.floats(outer * axis * inner, in: -1.5...1.5)
    for (reverse, exclusive) in [(false, false), (true, false), (false, true), (true, true)] {
      var expected = source
      for o in 0..<outer {
        for i in 0..<inner {
          var running = [0, 1, -Double.infinity, .infinity][kind]
          for step in 0..<axis {
            let p = (o * axis + (reverse ? axis - 1 - step : step)) * inner + i
            let x = Double(source[p])
            let before = running
            switch kind {
            case 0: running += x
            case 1: running *= x
            case 2: running = max(running, x)
            default: running = min(running, x)
            }
            expected[p] = Float(exclusive ? before : running)
          }
        }
      }
      for threads: Int32 in [1, 2] {
        let result = cumulate(
          source, sizes, dtype: Float.code, kind: kind, reverse: reverse, exclusive: exclusive,
          threads: threads)
        #expect(firstDifference(result, expected) == nil)
      }
    }
  }

  @Test func everyType() {
    let sum = Int(APUS_CUMULATE_SUM), most = Int(APUS_CUMULATE_MAXIMUM), least = Int(APUS_CUMULATE_MINIMUM)
    #expect(cumulate([Int32.max, 1, 2], (1, 3, 1), dtype: 2, kind: sum) == [.max, .min, .min + 2])
    #expect(cumulate([-5, 3, -9] as [Int64], (1, 3, 1), dtype: 3, kind: most) == [-5, 3, 3])
    #expect(cumulate([250, 10] as [UInt8], (1, 2, 1), dtype: 4, kind: sum) == [250, 4])
    #expect(cumulate([7, .max] as [UInt32], (1, 2, 1), dtype: 7, kind: least, exclusive: true) == [.max, 7])
    #expect(cumulate([-5, 3] as [Int32], (1, 2, 1), dtype: 2, kind: most, exclusive: true) == [.min, -5])
    let halves = cumulate([1, 0.5, -2].map { bfloat16($0) }, (1, 3, 1), dtype: bfloat16Code, kind: sum)
    #expect(halves == [1, 1.5, -0.5].map { bfloat16($0) })
  }

  @Test func notANumberSticks() {
    for kind in 0..<4 {
      let result = cumulate([1, .nan, 2] as [Float], (1, 3, 1), dtype: Float.code, kind: kind)
      #expect(result[0] == 1)
      #expect(result[1].isNaN && result[2].isNaN)
    }
  }
}
