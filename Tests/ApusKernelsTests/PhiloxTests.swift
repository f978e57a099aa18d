import ApusKernels
import Testing

struct PhiloxTests {
  private func bits(key: UInt64, counter: UInt64, stream: UInt64, count: Int, threads: Int32 = 1) -> [UInt32]
  {
    let key = KernelMemory([key])
    let counter = KernelMemory([counter])
    let result = KernelMemory(repeating: UInt32(0), count: count)
    var context = apus_rng_bits_context()
    context.key = UnsafePointer(key.pointer)
    context.counter = UnsafePointer(counter.pointer)
    context.result = result.pointer
    context.count = Int64(count)
    context.stream = stream
    context.threads = threads
    #expect(run(apus_rng_bits, &context) == 0)
    return result.array
  }

  // The known answers of Random123 (Salmon et al., 2011), tests/kat_vectors: philox4x32 10.
  @Test func knownAnswers() {
    #expect(
      bits(key: 0, counter: 0, stream: 0, count: 4) == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
    #expect(
      bits(key: .max, counter: .max, stream: .max, count: 4)
        == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
    #expect(
      bits(
        key: 0x299f_31d0_a409_3822, counter: 0x85a3_08d3_243f_6a88, stream: 0x0370_7344_1319_8a2e, count: 4)
        == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
  }

  @Test func anyPartIsTheSameStream() {
    let start = UInt64.max - 20  // the counter wraps around on the way
    let whole = bits(key: 5, counter: start, stream: 9, count: 70_001)
    #expect(bits(key: 5, counter: start, stream: 9, count: 70_001, threads: 2) == whole)
    for count in [0, 1, 3, 4, 255, 256, 257] {
      #expect(bits(key: 5, counter: start, stream: 9, count: count) == Array(whole.prefix(count)))
    }
    #expect(bits(key: 5, counter: start &+ 30, stream: 9, count: 40) == Array(whole[120..<160]))
    #expect(bits(key: 5, counter: start, stream: 8, count: 4) != Array(whole.prefix(4)))
  }

  private func dropout<T>(
    _ source: [T], rate: Double, dtype: Int32, inPlace: Bool = false, filler: T, threads: Int32 = 1
  ) -> [T] {
    let key = KernelMemory([UInt64(42)])
    let counter = KernelMemory([UInt64(1000)])
    let source = KernelMemory(source)
    let result = inPlace ? source : KernelMemory(repeating: filler, count: source.count)
    var context = apus_dropout_context()
    context.key = UnsafePointer(key.pointer)
    context.counter = UnsafePointer(counter.pointer)
    context.source = source.constant
    context.result = result.raw
    context.count = Int64(source.count)
    context.rate = rate
    context.dtype = dtype
    context.threads = threads
    #expect(run(apus_dropout, &context) == 0)
    return result.array
  }

  @Test(arguments: [0, 0.1, 0.5, 0.999])
  func dropoutFollowsTheBits(rate: Double) {
    var random = SplitMix(state: 121)
    let source = random.floats(70_001)
    let words = bits(key: 42, counter: 1000, stream: 0, count: source.count)
    let scale = Float(1 / (1 - rate))
    let expected = zip(source, words).map { x, word in
      Float(word >> 8) * 0x1p-24 >= Float(rate) ? x * scale : 0
    }
    for threads: Int32 in [1, 2] {
      for inPlace in [false, true] {
        #expect(
          firstDifference(
            dropout(source, rate: rate, dtype: Float.code, inPlace: inPlace, filler: 7, threads: threads),
            expected) == nil)
      }
    }
    let doubles = dropout(source.map { Double($0) }, rate: rate, dtype: Double.code, filler: 7)
    let kept = zip(doubles, expected).allSatisfy { ($0 == 0) == ($1 == 0) }
    #expect(kept)
    #expect(distance(doubles.map { Float($0) }, expected) < 1e-6)
    let share = Double(words.filter { Double($0 >> 8) * 0x1p-24 < rate }.count) / Double(words.count)
    #expect(abs(share - rate) < 0.01)
  }

  @Test func droppedIsZeroWhateverItWas() {
    let poisoned = dropout([Float](repeating: .nan, count: 100), rate: 0.5, dtype: Float.code, filler: 7)
    #expect(poisoned.contains(0))
    #expect(poisoned.contains { $0.isNaN })
    let halves = dropout(
      [UInt16](repeating: bfloat16(3), count: 100), rate: 0.5, dtype: bfloat16Code, filler: 7)
    #expect(Set(halves) == [0, bfloat16(6)])
  }
}
