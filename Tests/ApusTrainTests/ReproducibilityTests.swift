import ApusData
import ApusNN
import Testing

@testable import ApusTrain

@Suite struct ReproducibilityTests {
  private func trained(seed: UInt64 = 3, workers: Int = 1, epochs: [Int] = [3]) async throws -> [UInt8] {
    let learner = Learner(
      statefulModel(), loss: .crossEntropy, optimizer: .adam(learningRate: 0.01), metrics: [.accuracy],
      seed: seed)
    for count in epochs {
      try await learner.fit(
        points(70), validation: points(20, seed: 4), epochs: count, batchSize: 16,
        options: FitOptions(workers: workers, progress: .none))
    }
    return try learner.bits()
  }

  @Test func sameSeedSameBits() async throws {
    let bits = try await trained()
    #expect(try await trained() == bits)
    #expect(try await trained(seed: 4) != bits)
  }

  @Test(arguments: [0, 2, 3]) func workersChangeNothing(_ workers: Int) async throws {
    #expect(try await trained(workers: workers) == trained(workers: 1))
  }

  @Test func twoFitsAreOneLongFit() async throws {
    #expect(try await trained(epochs: [1, 2]) == trained(epochs: [3]))
  }

  @Test func evaluatingInBetweenChangesNothing() async throws {
    let data = try points(70)
    func train(measuring: Bool) async throws -> [UInt8] {
      let learner = Learner(statefulModel(), loss: .crossEntropy, metrics: [.accuracy])
      try await learner.fit(data, epochs: 1, options: .quiet)
      if measuring {
        _ = try learner.evaluate(data)
        _ = try learner.predict(data)
        _ = try learner.findLearningRate(data, steps: 12, batchSize: 16)
      }
      try await learner.fit(data, epochs: 1, options: .quiet)
      return try learner.bits()
    }
    #expect(try await train(measuring: true) == train(measuring: false))
  }
}
