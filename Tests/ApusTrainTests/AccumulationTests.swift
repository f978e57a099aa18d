import ApusData
import ApusNN
import Testing

@testable import ApusTrain

@Suite struct AccumulationTests {
  private static let optimizers: [(name: String, make: @Sendable () -> Optimizer)] = [
    ("sgd", { .sgd(learningRate: 0.1) }),
    ("momentum", { .sgd(learningRate: 0.05, momentum: 0.9) }),
    ("nesterov", { .sgd(learningRate: 0.05, momentum: 0.9, nesterov: true) }),
    ("rmsProp", { .rmsProp(learningRate: 0.01) }),
    ("adagrad", { .adagrad(learningRate: 0.1) }),
    ("adadelta", { .adadelta(learningRate: 1) }),
    ("adam", { .adam(learningRate: 0.01) }),
    ("amsgrad", { .adam(learningRate: 0.01, amsgrad: true) }),
    ("adamW", { .adamW(learningRate: 0.01, weightDecay: 0.05) }),
    ("adamax", { .adamax(learningRate: 0.01) }),
    ("nadam", { .nadam(learningRate: 0.01) }),
    ("clipped", { .sgd(learningRate: 0.1, clipping: .globalNorm(0.1)) }),
  ]

  /// A regularizer and class weights are part of the loss, and the last window is short in every way: 44
  /// samples are a window of 32 and one of 8 and 4.
  @Test(arguments: optimizers.map(\.name)) func equalsTheLargeBatch(_ name: String) async throws {
    let make = try #require(Self.optimizers.first { $0.name == name }?.make)
    func train(batchSize: Int, accumulating: Int) async throws -> Learner {
      let model = Sequential {
        Dense(8, activation: .tanh, kernelRegularizer: .l2(0.01))
        Dense(3)
      }
      let learner = Learner(model, loss: .crossEntropy, optimizer: make())
      try await learner.fit(
        points(44), epochs: 3, batchSize: batchSize,
        options: FitOptions(
          shuffle: false, classWeights: [1, 2, 0.5], accumulating: accumulating, progress: .none))
      return learner
    }
    let large = try await train(batchSize: 32, accumulating: 1)
    let small = try await train(batchSize: 8, accumulating: 4)
    #expect(large.stepCount == 6 && small.stepCount == 6)
    #expect(large.optimizer.stepCount == 6 && small.optimizer.stepCount == 6)
    let pairs = zip(try large.numbers(), try small.numbers())
    #expect(pairs.allSatisfy { abs($0 - $1) < 2e-4 }, "\(pairs.map { abs($0 - $1) }.max() ?? 0)")
    #expect(abs(large.history["loss"][2] - small.history["loss"][2]) < 1e-4)
  }
}
