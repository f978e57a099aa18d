import ApusData
import ApusGraph
import ApusNN
import ApusTensor
import ApusTestSupport
import ApusTrain
import Foundation
import Testing

/// The Swift of the page "From Keras" about training.
@Suite struct FromKerasTrainingTests {
  let x = RandomSource(seed: 1).uniform([20, 28, 28, 1])
  let y = Tensor.arange(20) % 2

  final class StopAtLoss: Callback {
    let limit: Double
    init(_ limit: Double) { self.limit = limit }
    func afterEpoch(_ context: TrainingContext) throws {
      if context.logs["loss"] ?? .infinity < limit { throw Cancellation.fit }
    }
  }

  @Test func aFirstModelTrains() async throws {
    let validation = try ArrayDataset(x, targets: y)
    let model = Sequential {
      Conv2D(16, kernel: 3, padding: .same, activation: .relu)
      MaxPool2D(2)
      Flatten()
      Dense(10)
    }
    let train = try ArrayDataset(x, targets: y)
    let learner = Learner(model, loss: .crossEntropy, optimizer: .adam(), metrics: [.accuracy], seed: 1)
    let history = try await learner.fit(train, validation: validation, epochs: 2, batchSize: 32)
    #expect(history.epochs.count == 2)
    #expect(history["val_loss"].count == 2)
    #expect(history["val_loss"][1] < history["val_loss"][0])

    let summary = try model.summary(inputShape: [28, 28, 1])
    #expect(summary.parameterCount == 160 + 14 * 14 * 16 * 10 + 10)
    #expect(try model.parameterCount() == summary.parameterCount)
    let quantities = try learner.evaluate(validation)
    #expect(Set(quantities.keys) == ["loss", "accuracy"])
    let probabilities = try learner.predict(x)
    #expect(probabilities.shape == [20, 10])
    #expect(try numbers(probabilities.sum(axis: 1)).allSatisfy { abs($0 - 1) < 1e-5 })
    learner.learningRate = 1e-4
    #expect(learner.learningRate == 1e-4)
    try model.freeze("0")
    #expect(try model.trainableParameterCount() == 14 * 14 * 16 * 10 + 10)

    try withTemporaryFolder { folder in
      let path = folder + "/model.safetensors"
      try learner.save(to: path, includingOptimizer: true)
      try learner.load(from: path)
      try model.saveWeights(to: path)
      let report = try model.loadWeights(from: path)
      #expect(report.isComplete)
      #expect(report.loaded.count == 4)
    }
  }

  @Test func aLoopOfOnesOwnTrains() throws {
    let model = Sequential([Flatten(), Dense(2)])
    let optimizer = Optimizer.adam()
    try model.build(inputShape: [28, 28, 1], seed: 1)
    var losses: [Double] = []
    for _ in 0..<10 {
      let (loss, gradients) = try valueAndGradient(at: model) { model in
        Loss.crossEntropy(model(x), y)
      }
      try optimizer.update(model, gradients)
      losses.append(try loss.item())
    }
    #expect(losses[9] < losses[0])
    #expect(optimizer.stepCount == 10)
  }

  @Test func thePhaseIsSetByHand() throws {
    let model = Dropout(0.5)
    let x = Tensor.ones([100])
    #expect(try numbers(model(x)) == numbers(x))
    #expect(try numbers(withPhase(.training) { model(x) }).contains(0))
  }

  @Test func aModelOfSeveralInputsTakesAMask() throws {
    struct Classifier: Module {
      let embedding = Embedding(100, 8), recurrent = LSTM(16), head = Dense(2)
      func callAsFunction(_ tokens: Tensor, mask: Tensor) -> Tensor {
        head(recurrent(embedding(tokens), mask: mask))
      }
    }
    let classifier = Classifier()
    let masked = Learner(classifier, loss: .crossEntropy) { inputs in
      classifier(inputs[0], mask: sequenceMask(lengths: inputs[1], time: 5))
    }
    let lengths = Tensor([Int32(2)])
    let short = try masked.predict(Tensor([Int32(3), 4, 0, 0, 0], shape: [1, 5]), lengths)
    let padded = try masked.predict(Tensor([Int32(3), 4, 9, 9, 9], shape: [1, 5]), lengths)
    let other = try masked.predict(Tensor([Int32(3), 5, 0, 0, 0], shape: [1, 5]), lengths)
    #expect(try numbers(short) == numbers(padded))
    #expect(try numbers(short) != numbers(other))
  }

  @Test func callbacksRun() async throws {
    let train = try ArrayDataset(x, targets: y)
    try await withTemporaryFolder { folder in
      let model = Sequential([Flatten(), Dense(2)])
      let learner = Learner(model, loss: .crossEntropy, reporter: .silent)
      let callbacks: [any Callback] = [
        EarlyStopping(patience: 2), ModelCheckpoint(directory: folder), CSVLogger(path: folder + "/log.csv"),
        ReduceLROnPlateau(factor: 0.5, patience: 2), LearningRateScheduler { _, rate in rate * 0.9 },
      ]
      let options = FitOptions(checkpointing: Checkpointing(directory: folder), resume: .automatic)
      let history = try await learner.fit(
        train, validation: train, epochs: 2, callbacks: callbacks, options: options)
      #expect(history.epochs.count == 2)
      #expect(abs(learner.learningRate - 0.001 * 0.81) < 1e-9)
      #expect(try String(contentsOfFile: folder + "/log.csv", encoding: .utf8).contains("val_loss"))
      let stopped = try await Learner(model, loss: .crossEntropy, reporter: .silent).fit(
        train, epochs: 5, callbacks: [StopAtLoss(100)])
      #expect(stopped.epochs.count == 1)
    }
  }

  @Test func optionsAreThoseOfFit() throws {
    #expect(FitOptions(classWeights: [1, 5]).classWeights == [1, 5])
    #expect(!FitOptions(shuffle: false).shuffle)
    #expect(FitOptions(progress: .none).shuffle)
    #expect(FitOptions(accumulating: 4).accumulating == 4)
    #expect(FitOptions(augmentations: [RandomHorizontalFlip()]).augmentations.count == 1)
    let model = Dense(2)
    #expect(Learner(model, loss: .crossEntropy, seed: 1).seed == 1)
    #expect(try numbers(y.oneHot(classes: 10).sum(axis: 1)) == Array(repeating: 1, count: 20))
  }

  @Test func datasetsAreSplitAndBatched() throws {
    let train = try ArrayDataset(x, targets: y)
    let (first, second) = try train.split(0.8, seed: 1)
    #expect(first.count == 16)
    #expect(second.count == 4)
    let loader = try DataLoader(train, batchSize: 32, shuffled: true, seed: 1)
    let batch = try #require(try loader.batches().next())
    #expect(batch.features[0].shape == [20, 28, 28, 1])
    #expect(train.mapped { $0 }.count == 20)
    try withTemporaryFolder { photos in
      for (name, gray) in [("cat", UInt8(0)), ("dog", 255)] {
        try FileManager.default.createDirectory(
          atPath: photos + "/" + name, withIntermediateDirectories: true)
        let image = try Image(
          width: 8, height: 8, channels: 3, pixels: Array(repeating: gray, count: 8 * 8 * 3))
        try image.writePNG(to: photos + "/\(name)/1.png")
      }
      let dataset = try ImageDataset(folder: photos, loading: ImageLoading(ImageSize(8)))
      #expect(dataset.classNames == ["cat", "dog"])
      #expect(try dataset[1].features[0].shape == [8, 8, 3])
    }
  }

  @Test func lossesTakeLogits() throws {
    let logits: Tensor = [[2, 1], [0, 3]]
    let labels = Tensor([Int32(0), 1])
    let expected = (log(1 + exp(-1.0)) + log(1 + exp(-3.0))) / 2
    #expect(abs(try Loss.crossEntropy(logits, labels).item() - expected) < 1e-6)
    #expect(abs(try Loss.categoricalCrossEntropy(logits, labels.oneHot(classes: 2)).item() - expected) < 1e-6)
    #expect(abs(try Loss.binaryCrossEntropy([[0]], [[1]]).item() - log(2.0)) < 1e-6)
    #expect(try Loss.meanSquaredError([[1, 3]], [[0, 0]]).item() == 5)
    #expect(try Loss.huber([[0.5, 3]], [[0, 0]]).item() == (0.125 + 2.5) / 2)
  }

  @Test func optimizersAndSchedulesHaveTheRatesOfKeras() {
    let optimizers = [
      Optimizer.sgd(learningRate: 0.1, momentum: 0.9), Optimizer.adam(learningRate: 1e-3, clipping: .norm(1)),
      Optimizer.adamW(learningRate: 1e-3, weightDecay: 0.01), Optimizer.adam(clipping: .globalNorm(1)),
    ]
    #expect(optimizers.map(\.learningRate) == [0.1, 1e-3, 1e-3, 1e-3])
    #expect(optimizers[2].options.weightDecay == 0.01)
    #expect(optimizers[3].options.clipping == .globalNorm(1))
    let cosine = Schedule.cosine(0.1, decaySteps: 900)
    #expect(abs(cosine(at: 450) - 0.05) < 1e-12)
    let exponential = Schedule.exponential(0.1, decaySteps: 100, rate: 0.9)
    #expect(abs(exponential(at: 100) - 0.09) < 1e-12)
    let steps = Schedule.piecewise(boundaries: [100], values: [0.1, 0.01])
    #expect([steps(at: 0), steps(at: 100), steps(at: 101)] == [0.1, 0.1, 0.01])
    let scheduled = Optimizer.adam(schedule: .cosine(0.1, decaySteps: 900))
    #expect(scheduled.schedule == cosine)
  }
}
