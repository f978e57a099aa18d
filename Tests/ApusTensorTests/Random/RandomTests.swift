import ApusFixtures
import ApusGraph
import ApusTensor
import Foundation
import Testing

@Suite struct RandomTests {
  let source = RandomSource(seed: 42)

  @Test func philoxMatchesRandom123() throws {
    // The known answer of Random123's kat_vectors for key 0 and counter 0.
    let zero = RandomSource(seed: 0)
    zero.key.assign(Tensor(0, dtype: .int64))
    #expect(try zero.bits([4]).scalars() == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8] as [UInt32])
  }

  @Test func equalSeedsGiveEqualNumbers() throws {
    let other = RandomSource(seed: 42)
    #expect(try source.normal([5]).scalars() == other.normal([5]).scalars(as: Float.self))
    #expect(try source.uniform([5]).scalars() == other.uniform([5]).scalars(as: Float.self))
    #expect(try source.counter.tensor.item() == other.counter.tensor.item())
    let different = RandomSource(seed: 43)
    #expect(
      try different.uniform([5]).scalars() != RandomSource(seed: 42).uniform([5]).scalars(as: Float.self))
  }

  @Test func streamsOfOneSeedDiffer() throws {
    let keys = try ["", "dropout", "shuffle"].map {
      try RandomSource(seed: 7, stream: $0).key.tensor.item(as: Int64.self)
    }
    #expect(Set(keys).count == 3)
  }

  @Test func eachDrawMovesOn() throws {
    let first = try source.bits([8]).scalars(as: UInt32.self)
    let second = try source.bits([5]).scalars(as: UInt32.self)
    #expect(Set(first + second).count == 13)
    #expect(try source.counter.tensor.item() == 4)
    source.reset(seed: 42)
    #expect(try source.bits([8]).scalars() == first)
    #expect(try source.bits([5]).scalars() == second)
  }

  @Test func aCounterPutBackRepeatsTheNumbers() throws {
    _ = try source.normal([100]).scalars(as: Float.self)
    let saved = try source.counter.tensor.item(as: Int64.self)
    let after = try source.normal([100]).scalars(as: Float.self)
    source.counter.assign(Tensor(saved, dtype: .int64))
    #expect(try source.normal([100]).scalars() == after)
  }

  @Test(arguments: [DType.float32, .float64, .bfloat16]) func uniformNumbers(dtype: DType) throws {
    let numbers = try source.uniform([20_000], dtype: dtype).scalars(as: Double.self)
    // A bfloat16 may round up to the end itself.
    #expect(numbers.allSatisfy { 0 <= $0 && (dtype == .bfloat16 ? $0 <= 1 : $0 < 1) })
    #expect(abs(mean(numbers) - 0.5) < 0.01)
    #expect(abs(deviation(numbers) - 1 / 12.0.squareRoot()) < 0.01)
    let shifted = try source.uniform([1000], -3, 5).scalars(as: Double.self)
    #expect(try #require(shifted.min()) < -2.8)
    #expect(try #require(shifted.max()) > 4.8)
    #expect(shifted.allSatisfy { -3 <= $0 && $0 <= 5 })
  }

  @Test(arguments: [DType.float32, .float64]) func normalNumbers(dtype: DType) throws {
    let numbers = try source.normal([30_001], mean: 2, standardDeviation: 3, dtype: dtype)
      .scalars(as: Double.self)
    #expect(numbers.count == 30_001)
    #expect(numbers.allSatisfy { $0.isFinite })
    #expect(abs(mean(numbers) - 2) < 0.06)
    #expect(abs(deviation(numbers) - 3) < 0.05)
    // Two thirds within one standard deviation, one in twenty-two beyond two.
    let near = numbers.count { abs($0 - 2) < 3 }
    let far = numbers.count { abs($0 - 2) > 6 }
    #expect(abs(Double(near) / 30_001 - 0.6827) < 0.01)
    #expect(abs(Double(far) / 30_001 - 0.0455) < 0.005)
  }

  @Test(arguments: [DType.float32, .float64]) func truncatedNormalNumbers(dtype: DType) throws {
    let numbers = try source.truncatedNormal([20_000], mean: 1, standardDeviation: 0.5, dtype: dtype)
      .scalars(as: Double.self)
    #expect(numbers.allSatisfy { abs($0 - 1) <= 1.0001 })
    #expect(abs(mean(numbers) - 1) < 0.01)
    // The standard deviation of the normal distribution cut off at two: 0.8796.
    #expect(abs(deviation(numbers) - 0.5 * 0.8796) < 0.01)
  }

  @Test func flags() throws {
    let flags = try source.bernoulli([10_000], probability: 0.3).scalars(as: Bool.self)
    #expect(abs(Double(flags.count { $0 }) / 10_000 - 0.3) < 0.02)
    #expect(try source.bernoulli([100], probability: 0).scalars(as: Bool.self).allSatisfy { !$0 })
    #expect(try source.bernoulli([100], probability: 1).scalars(as: Bool.self).allSatisfy { $0 })
    #expect(source.bernoulli([2], dtype: .float32).dtype == .float32)
    let each = try source.bernoulli(probabilities: [0, 1, 0, 1]).scalars(as: Bool.self)
    #expect(each == [false, true, false, true])
    #expect(try failure(of: source.bernoulli([2], probability: 1.5)).kind == .argument)
  }

  @Test func wholeNumbers() throws {
    let dice = try source.randint([6000], in: -2..<4).scalars(as: Int32.self)
    for face in Int32(-2)..<4 { #expect(abs(dice.count { $0 == face } - 1000) < 150) }
    #expect(try failure(of: source.randint([2], in: 0..<300, dtype: .uint8)).kind == .dtype)
    #expect(try failure(of: source.randint([2], in: 3..<3)).kind == .argument)
    #expect(try failure(of: source.uniform([2], dtype: .int32)).advice?.contains("randint") == true)
  }

  @Test func classesByTheirLogits() throws {
    let logits: Tensor = [[0, 1.0986123, -100], [-100, -100, 3]]
    let draws = source.categorical(logits: logits, count: 4000)
    #expect(draws.shape == [2, 4000])
    let first = try draws[0].scalars(as: Int32.self)
    #expect(abs(Double(first.count { $0 == 1 }) / 4000 - 0.75) < 0.03)
    #expect(!first.contains(2))
    #expect(try draws[1].scalars(as: Int32.self).allSatisfy { $0 == 2 })
    #expect(source.categorical(logits: logits).shape == [2])
  }

  @Test func permutationsHoldEveryNumberOnce() throws {
    let order = try source.permutation(1000).scalars(as: Int32.self)
    #expect(order.sorted() == Array(0..<1000))
    #expect(order != Array(0..<1000))
    #expect(source.permutation(0).shape == [0])
    let table = Tensor.arange(20).reshaped([10, 2])
    let shuffled = try source.shuffled(table).scalars(as: Int32.self)
    for row in 0..<10 { #expect(shuffled[2 * row] + 1 == shuffled[2 * row + 1]) }
    #expect(shuffled.sorted() == Array(0..<20))
    #expect(try failure(of: source.shuffled(table, axis: 2)).kind == .axis)
  }

  @Test func dropoutScalesWhatItKeeps() throws {
    let x = Tensor.ones([100, 100])
    let kept = try dropout(x, rate: 0.25, source: source).scalars(as: Float.self)
    #expect(kept.allSatisfy { $0 == 0 || abs($0 - 4 / 3) < 1e-6 })
    #expect(abs(Double(kept.count { $0 == 0 }) / 10_000 - 0.25) < 0.02)
    #expect(try dropout(x, rate: 0, source: source).scalars(as: Float.self).allSatisfy { $0 == 1 })
    #expect(try failure(of: dropout(x, rate: 1, source: source)).kind == .argument)
    let next = try dropout(x, rate: 0.25, source: source).scalars(as: Float.self)
    #expect(next != kept)
  }

  @Test func compiledFunctionsDrawTheSameNumbers() throws {
    let compiled = RandomSource(seed: 9), direct = RandomSource(seed: 9)
    let draw = CompiledFunction { _ in [compiled.normal([6]), compiled.uniform([3])] }
    for _ in 0..<3 {
      let numbers = try draw([] as [Tensor]).map { try $0.scalars(as: Float.self) }
      let normal = try direct.normal([6]).scalars(as: Float.self)
      let uniform = try direct.uniform([3]).scalars(as: Float.self)
      #expect(difference(numbers[0], from: normal, relative: 1e-6, absolute: 1e-6) == nil)
      #expect(numbers[1] == uniform)
    }
    #expect(try compiled.counter.tensor.item() == direct.counter.tensor.item())
  }

  @Test func theGradientOfDropoutHasTheSameMask() throws {
    let (kept, slope) = valueAndGradient(at: Tensor.ones([50])) { x in
      dropout(x, rate: 0.5, source: source).sum()
    }
    #expect(try slope.sum().item() == kept.item())
    #expect(try slope.scalars(as: Float.self).allSatisfy { $0 == 0 || $0 == 2 })
  }

  @Test func tasksThatShareASourceNeverDrawTheSameNumbers() async throws {
    let source = source
    let words = try await withThrowingTaskGroup(of: [UInt32].self) { group in
      for _ in 0..<4 {
        group.addTask { try (0..<10).flatMap { _ in try source.bits([4]).scalars(as: UInt32.self) } }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(Set(words).count == 160)
    #expect(try source.counter.tensor.item() == 40)
  }

  @Test func theDefaultSourceBelongsToTheTask() throws {
    let first = try withRandomSeed(5) { try RandomSource.current.uniform([3]).scalars(as: Float.self) }
    let again = try withRandomSeed(5) { try RandomSource.current.uniform([3]).scalars(as: Float.self) }
    #expect(first == again)
  }

  private func mean(_ numbers: [Double]) -> Double { numbers.reduce(0, +) / Double(numbers.count) }

  private func deviation(_ numbers: [Double]) -> Double {
    let center = mean(numbers)
    return mean(numbers.map { ($0 - center) * ($0 - center) }).squareRoot()
  }
}
