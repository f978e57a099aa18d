import ApusData
import ApusGraph
import ApusNN
import ApusTensor
import Testing

@testable import ApusTrain

@Suite struct MixingTests {
  private func pictures(_ count: Int, side: Int = 8) throws -> ArrayDataset {
    var numbers = Numbers(5)
    let values = (0..<count * side * side).map { index in
      numbers.next() + (index / (side * side) % 2 == 0 ? 0.5 : -0.5)
    }
    return try ArrayDataset(
      Literal(values, shape: [count, side, side, 1]),
      targets: Literal((0..<count).map { Int32($0 % 2) }, shape: [count]), classNames: ["light", "dark"])
  }

  private func model() -> Sequential {
    Sequential {
      Conv2D(4, kernel: 3, padding: .same, activation: .relu)
      GlobalAveragePool2D()
      Dense(2)
    }
  }

  @Test func mixedCrossEntropyTakesEitherKindOfTarget() throws {
    let logits = Tensor(Literal([0.2, -1, 3, 0.5, 0.5, -2] as [Float], shape: [2, 3]))
    let labels = Tensor(Literal([2, 0] as [Int32], shape: [2]))
    let parts = Tensor(Literal([0.1, 0.2, 0.7, 0.5, 0.5, 0] as [Float], shape: [2, 3]))
    for smoothing in [0, 0.1] {
      let loss = Loss.mixedCrossEntropy(labelSmoothing: smoothing)
      #expect(
        try loss(logits, labels).item() == Loss.crossEntropy(labelSmoothing: smoothing)(logits, labels).item()
      )
      #expect(
        try loss(logits, parts).item()
          == Loss.categoricalCrossEntropy(labelSmoothing: smoothing)(logits, parts).item())
    }
  }

  @Test func trainingOnMixedBatchesLearnsAndRepeatsItself() async throws {
    func train(seed: UInt64) async throws -> (History, [Float]) {
      let learner = Learner(
        model(), loss: .mixedCrossEntropy(labelSmoothing: 0.05), optimizer: .adam(learningRate: 0.02),
        metrics: [.accuracy], seed: seed)
      let history = try await learner.fit(
        pictures(48), validation: pictures(16), epochs: 8, batchSize: 16,
        options: FitOptions(
          batchAugmentations: [RandomChoice([try MixUp(), try CutMix()])], classWeights: [1, 2],
          progress: .none))
      return (history, try learner.numbers())
    }
    let (history, weights) = try await train(seed: 1)
    #expect(history.epochs.last?.values["val_accuracy"] == 1)
    #expect(try await train(seed: 1).1 == weights)
    #expect(try await train(seed: 2).1 != weights)
  }

  @Test func classWeightsOfMixedSamplesAreMeans() throws {
    let batch = Batch(
      features: [Literal([0, 0] as [Float], shape: [2, 1])],
      targets: Literal([0.25, 0.75, 1, 0] as [Float], shape: [2, 2]), ids: [0, 1])
    let weights = try #require(try batch.weighted(byClass: [2, 6]).weights)
    #expect(weights.doubles == [5, 2])
  }

  @Test func samplesOfNoKnownClassHaveNoWeight() async throws {
    let batch = Batch(
      features: [Literal([0, 0, 0] as [Float], shape: [3, 1])],
      targets: Literal([1, 255, 0] as [Int32], shape: [3]), ids: [0, 1, 2])
    #expect(try batch.weighted(byClass: [2, 6], ignoring: 255).weights?.doubles == [6, 0, 2])
    #expect(throws: TrainingError.self) { try batch.weighted(byClass: [2, 6]) }
    let far = Batch(
      features: batch.features, targets: Literal([Int64.max, 0, 0], shape: [3]), ids: [0, 1, 2])
    #expect(throws: TrainingError.self) { try far.weighted(byClass: [2, 6]) }
    let learner = Learner(
      Sequential { Dense(2) }, loss: .crossEntropy(ignoring: 255), optimizer: .sgd(learningRate: 0.1))
    let samples = try ArrayDataset(
      Literal([1, 0, 5, 5, 0, 1] as [Float], shape: [3, 2]), targets: batch.targets)
    let history = try await learner.fit(
      samples, epochs: 1, batchSize: 3, options: FitOptions(classWeights: [2, 6], progress: .none))
    // Σ weight · loss / known samples: about (6 + 2) · log 2 / 2 before the first step.
    let loss = try #require(history.epochs.first?.values["loss"])
    #expect(loss > 1 && loss < 8)
  }

  @Test func wrongLossForMixedBatchesIsAnError() async throws {
    let learner = Learner(model(), loss: .crossEntropy)
    let error = await #expect(throws: (any Error).self) {
      try await learner.fit(
        pictures(8), batchSize: 4, options: FitOptions(batchAugmentations: [try MixUp()], progress: .none))
    }
    #expect("\(try #require(error))".contains("mixedCrossEntropy"))
  }

  @Test func picturesGrowWhileTraining() async throws {
    let learner = Learner(
      model(), loss: .crossEntropy, optimizer: .adam(learningRate: 0.02), metrics: [.accuracy])
    let history = try await learner.fit(
      pictures(48), validation: pictures(16), epochs: 6, batchSize: 16,
      options: FitOptions(
        resizing: ProgressiveResizing(
          from: ImageSize(4), to: ImageSize(8), epochs: 6, stages: 2, multiple: 2), progress: .none))
    #expect(history.epochs.count == 6)
    #expect(history.epochs.last?.values["val_accuracy"] == 1)
  }

  @Test func sizesThatTheModelCannotTakeAreFoundBeforeTraining() async throws {
    let flat = Sequential {
      Flatten()
      Dense(2)
    }
    let learner = Learner(flat, loss: .crossEntropy)
    await #expect(throws: (any Error).self) {
      try await learner.fit(
        pictures(8), epochs: 4, batchSize: 4,
        options: FitOptions(
          resizing: ProgressiveResizing(from: ImageSize(4), to: ImageSize(8), epochs: 4, multiple: 2),
          progress: .none))
    }
    #expect(learner.stepCount == 0)
  }
}
