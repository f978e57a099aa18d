import ApusKernels
import Testing

struct LoopStepTests {
  @Test func stepsRunInOrderUntilOneFails() {
    final class Trace { var seen: [Int] = [] }
    struct Context {
      var trace: Unmanaged<Trace>
      var number: Int
      var result: Int32
    }
    let trace = Trace()
    var contexts = (0..<4).map { Context(trace: .passUnretained(trace), number: $0, result: $0 == 2 ? 5 : 0) }
    contexts.withUnsafeMutableBufferPointer { contexts in
      let steps = contexts.indices.map { i in
        apus_step(
          run: { pointer in
            guard let context = pointer?.assumingMemoryBound(to: Context.self).pointee else { return 1 }
            context.trace.takeUnretainedValue().seen.append(context.number)
            return context.result
          }, context: contexts.baseAddress.map { UnsafeMutableRawPointer($0 + i) })
      }
      #expect(apus_run_steps(steps, 4) == 2)
      #expect(trace.seen == [0, 1, 2])
      #expect(apus_run_steps(steps, 2) == -1)
    }
  }

  @Test func chunksCoverEverythingOnce() {
    let count = 1_003
    let hits = KernelMemory(repeating: Int32(0), count: count)
    for threads in [0, 1, 2, 7] as [Int32] {
      apus_parallel_for(
        threads, Int64(count), 10,
        { context, begin, end, _ in
          guard let hits = context?.assumingMemoryBound(to: Int32.self) else { return }
          for i in Int(begin)..<Int(end) { hits[i] += 1 }
        }, hits.raw)
    }
    #expect(hits.array.allSatisfy { $0 == 4 })
  }

  @Test func regionsInsideRegionsRunInline() {
    let counts = KernelMemory(repeating: Int32(0), count: 64)
    apus_parallel(
      2,
      { context, thread, _ in
        // The inner region sees one thread, whatever it asks for.
        guard let counts = context?.assumingMemoryBound(to: Int32.self) else { return }
        apus_parallel(
          4, { context, _, count in context?.assumingMemoryBound(to: Int32.self).pointee = Int32(count) },
          counts + Int(thread) * 16)
      }, counts.raw)
    #expect(counts.array[0] == 1)
  }
}
