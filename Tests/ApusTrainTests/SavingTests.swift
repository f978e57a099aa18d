import ApusData
import ApusIO
import ApusNN
import Foundation
import Testing

@testable import ApusTrain

/// What goes on after `save` and `load`.
@Suite struct SavingTests {
  private func learner(_ optimizer: Optimizer, seed: UInt64 = 6) -> Learner {
    Learner(
      statefulModel(), loss: .crossEntropy, optimizer: optimizer, metrics: [.accuracy], seed: seed,
      reporter: .silent)
  }

  private func fit(_ learner: Learner, epochs: Int) async throws {
    try await learner.fit(
      points(70), validation: points(20, seed: 4), epochs: epochs, batchSize: 16, options: .quiet)
  }

  @Test(arguments: ["adam", "sgd", "schedule", "averaging"])
  func threeAndThreeEpochsAreSix(_ name: String) async throws {
    func optimizer() -> Optimizer {
      switch name {
      case "adam": .adam(learningRate: 0.02)
      case "sgd": .sgd(learningRate: 0.05, momentum: 0.9)
      case "schedule": .adam(schedule: .cosine(0.02, decaySteps: 30))
      default: .adam(learningRate: 0.02).averagingWeights(momentum: 0.9)
      }
    }
    try await withFolder { folder in
      let path = folder + "/model.safetensors"
      let whole = learner(optimizer())
      try await fit(whole, epochs: 6)

      let first = learner(optimizer())
      try await fit(first, epochs: 3)
      try first.save(to: path, includingOptimizer: true)
      let second = learner(optimizer())
      try second.load(from: path)
      #expect(second.stepCount == 15 && second.epochCount == 3)
      try await fit(second, epochs: 3)
      #expect(try second.bits() == whole.bits())
      #expect(second.stepCount == 30 && second.epochCount == 6)
      #expect(second.learningRate == whole.learningRate)
      #expect(second.warnings.isEmpty)
    }
  }

  @Test func withoutTheOptimizerFitWarns() async throws {
    try await withFolder { folder in
      let path = folder + "/model.safetensors"
      let first = learner(.adam())
      try await fit(first, epochs: 1)
      try first.save(to: path)
      #expect(try Safetensors(path: path).entries.count == first.modelState().count)
      let second = learner(.adam())
      try second.load(from: path)
      _ = try second.predict(points(20))
      #expect(second.warnings.isEmpty)
      try await fit(second, epochs: 1)
      #expect(second.warnings.map(\.kind) == [.optimizerState])
      #expect(second.warnings.first?.message.contains("includingOptimizer: true") == true)
      // Once: the next fit goes on where this one ended.
      try await fit(second, epochs: 1)
      #expect(second.warnings.count == 1)
    }
  }

  @Test func anotherOptimizerBeginsAnew() async throws {
    try await withFolder { folder in
      let path = folder + "/model.safetensors"
      let first = learner(.adam())
      try await fit(first, epochs: 1)
      try first.save(to: path, includingOptimizer: true)
      let second = learner(.sgd(momentum: 0.9))
      try second.load(from: path)
      #expect(try second.bits() == first.bits())
      #expect(second.stepCount == 0 && second.learningRate == Optimizer.sgd().learningRate)
      try await fit(second, epochs: 1)
      #expect(second.warnings.first?.message.contains("another optimizer") == true)
    }
  }
}
