import ApusKernels
import Testing

struct FiniteTests {
  private func check<T>(_ source: [T], dtype: Int32, threads: Int32 = 1) -> (code: Int32, fault: apus_fault) {
    let memory = KernelMemory(source)
    var context = apus_check_finite_context()
    context.source = memory.constant
    context.count = Int64(source.count)
    context.dtype = dtype
    context.threads = threads
    let code = run(apus_check_finite, &context)
    return (code, context.fault)
  }

  @Test(arguments: [1, 100, 100_000], [Int32(1), 2])
  func findsTheFirst(count: Int, threads: Int32) {
    var values = [Float](repeating: .greatestFiniteMagnitude, count: count)
    #expect(check(values, dtype: Float.code, threads: threads).code == 0)
    values[count - 1] = .nan
    let last = check(values, dtype: Float.code, threads: threads)
    #expect(last.code == Int32(APUS_FAULT_NAN))
    #expect(last.fault.position == Int64(count - 1))
    values[count / 2] = -.infinity
    let middle = check(values, dtype: Float.code, threads: threads)
    #expect(middle.code == Int32(APUS_FAULT_INFINITE))
    #expect(middle.fault.code == Int32(APUS_FAULT_INFINITE))
    #expect(middle.fault.position == Int64(count / 2))
    #expect(middle.fault.value == -1)
  }

  @Test func otherTypes() {
    #expect(check([1, 2, .infinity] as [Double], dtype: Double.code).fault.value == 1)
    #expect(check([1, .nan] as [Double], dtype: Double.code).fault.position == 1)
    #expect(check([bfloat16(1), bfloat16(-3e38)], dtype: bfloat16Code).code == 0)
    #expect(
      check([bfloat16(1), bfloat16(.infinity)], dtype: bfloat16Code).code == Int32(APUS_FAULT_INFINITE))
    #expect(check([Int32.max], dtype: Int32.code).code == 0)
    #expect(check([Float](), dtype: Float.code).code == 0)
  }
}
