import Testing

@testable import ApusData

@Suite struct PhiloxGeneratorTests {
  /// The known answers that Random123, the authors' own library, ships for philox4x32-10.
  @Test func knownAnswers() {
    let zero = PhiloxGenerator.block(.zero, key: .zero)
    #expect(zero == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    let ones = PhiloxGenerator.block(SIMD4(repeating: .max), key: SIMD2(repeating: .max))
    #expect(ones == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    let pi = PhiloxGenerator.block(
      SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0))
    #expect(pi == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test func everyPartOfTheKeyMatters() {
    var first = PhiloxGenerator(seed: 1, epoch: 2, index: 3, operation: 4)
    let value = first.next()
    var others = [
      PhiloxGenerator(seed: 2, epoch: 2, index: 3, operation: 4),
      PhiloxGenerator(seed: 1 | 1 << 40, epoch: 2, index: 3, operation: 4),
      PhiloxGenerator(seed: 1, epoch: 3, index: 3, operation: 4),
      PhiloxGenerator(seed: 1, epoch: 2, index: 4, operation: 4),
      PhiloxGenerator(seed: 1, epoch: 2, index: 3 | 1 << 35, operation: 4),
      PhiloxGenerator(seed: 1, epoch: 2, index: 3, operation: 5),
    ]
    for index in others.indices { #expect(others[index].next() != value) }
    var again = PhiloxGenerator(seed: 1, epoch: 2, index: 3, operation: 4)
    #expect(again.next() == value)
  }

  @Test func uniformNumbersFillTheirRange() {
    var generator = PhiloxGenerator(seed: 7)
    let values = (0..<10_000).map { _ in generator.uniform() }
    #expect(values.allSatisfy { 0 <= $0 && $0 < 1 })
    #expect(abs(values.reduce(0, +) / 10_000 - 0.5) < 0.01)
    var counts = [Int](repeating: 0, count: 6)
    for _ in 0..<60_000 { counts[generator.uniform(below: 6)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 10_000) < 500 })
  }

  @Test func permutationsAreFixedForGood() {
    var generator = PhiloxGenerator(seed: 42)
    #expect(generator.permutation(10) == [0, 9, 1, 7, 5, 6, 8, 2, 3, 4])
    #expect(generator.permutation(0).isEmpty)
    #expect(generator.permutation(1) == [0])
    #expect(generator.permutation(1000).sorted() == Array(0..<1000))
  }
}
