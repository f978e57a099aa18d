import ApusData
import ApusGraph
import ApusNN
import ApusTensor
import Synchronization
import Testing

@testable import ApusTrain

@Suite struct FittingTests {
  @Test func aModelThatWasBuiltBeforeLearns() async throws {
    let model = Dense(2)
    try model.build(inputShape: [3], seed: 1)
    let samples = try ArrayDataset(
      Literal((0..<12).map { Float($0 % 5) }, shape: [4, 3]),
      targets: Literal([Int32(0), 1, 0, 1], shape: [4]))
    let learner = Learner(model, loss: .crossEntropy)
    let before = try model.namedLiterals()
    _ = try learner.findLearningRate(samples, steps: 3, batchSize: 2)
    #expect(try model.namedLiterals()["kernel"]?.doubles == before["kernel"]?.doubles)
    try await learner.fit(samples, options: .quiet)
    #expect(try model.namedLiterals()["kernel"]?.doubles != before["kernel"]?.doubles)
  }

  @Test func learns() async throws {
    let learner = Learner(
      smallModel(), loss: .crossEntropy, optimizer: .adam(learningRate: 0.02), metrics: [.accuracy])
    let history = try await learner.fit(
      points(300), validation: points(90, seed: 5), epochs: 8, batchSize: 16, options: .quiet)
    #expect(history.epochs.count == 8)
    #expect(history.names == ["loss", "val_loss", "accuracy", "val_accuracy"])
    let losses = history["loss"]
    #expect(losses[7] < losses[0] / 2)
    #expect(history["val_accuracy"][7] > 0.85)
    #expect(learner.stepCount == 8 * 19)
  }

  @Test func evaluatesWhatFitReported() async throws {
    let learner = Learner(statefulModel(), loss: .crossEntropy, metrics: [.accuracy])
    let test = try points(50, seed: 9)
    let history = try await learner.fit(points(64), validation: test, epochs: 2, options: .quiet)
    // Other batches, other last batch: the same samples count once each.
    let scores = try learner.evaluate(test, batchSize: 7)
    #expect(abs((scores["loss"] ?? .nan) - history["val_loss"][1]) < 1e-5)
    #expect(scores["accuracy"] == history["val_accuracy"][1])
  }

  @Test func lastShortBatchCountsItsSamples() async throws {
    // With a learning rate of 0 the epoch's loss is the mean over all samples, however they are dealt out.
    let data = try points(37)
    let learner = Learner(
      smallModel(), loss: .crossEntropy, optimizer: .sgd(learningRate: 0), metrics: [.accuracy])
    let history = try await learner.fit(data, epochs: 1, batchSize: 10, options: .quiet)
    let whole = try learner.evaluate(data, batchSize: 37)
    #expect(abs(history["loss"][0] - (whole["loss"] ?? .nan)) < 1e-6)
    #expect(history["accuracy"][0] == whole["accuracy"])
  }

  @Test func tracesOncePerShape() async throws {
    final class Counter: StepTransform {
      let traces = Mutex(0)
      func afterPrediction(_ prediction: Tensor) -> Tensor {
        traces.withLock { $0 += 1 }
        return prediction
      }
    }
    let counter = Counter()
    let learner = Learner(smallModel(), loss: .crossEntropy)
    try await learner.fit(
      points(37), epochs: 5, batchSize: 10, options: FitOptions(transforms: [counter], progress: .none))
    // Full batches and the short last one.
    #expect(counter.traces.withLock { $0 } == 2)
  }

  @Test func transformsChangeTheStep() async throws {
    struct Doubled: StepTransform {
      func afterLoss(_ loss: Tensor) -> Tensor { loss * 2 }
    }
    let plain = Learner(smallModel(), loss: .crossEntropy, optimizer: .sgd(learningRate: 0.2))
    let doubled = Learner(smallModel(), loss: .crossEntropy, optimizer: .sgd(learningRate: 0.1))
    try await plain.fit(points(40), epochs: 2, options: .quiet)
    try await doubled.fit(
      points(40), epochs: 2, options: FitOptions(transforms: [Doubled()], progress: .none))
    #expect(try zip(plain.numbers(), doubled.numbers()).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func predictsInOrder() async throws {
    let data = try points(23, names: ["a", "b", "c"])
    let learner = Learner(smallModel(), loss: .crossEntropy)
    try await learner.fit(data, epochs: 1, options: .quiet)
    let some = try data.subset([20, 3, 11])
    let all = try learner.predict(data, batchSize: 4)
    let few = try learner.predict(some, batchSize: 2)
    #expect(all.ids == Array(0..<23))
    #expect(few.ids == [20, 3, 11])
    #expect(few.classNames == ["a", "b", "c"])
    for (place, id) in few.ids.enumerated() {
      #expect(zip(few[place], all[id]).allSatisfy { abs($0 - $1) < 1e-6 })
      #expect(abs(few[place].reduce(0, +) - 1) < 1e-5)
      #expect(few.classes[place] == all.classes[id])
    }
    let row = try data.batch(at: [11]).features[0]
    let direct = try learner.predict(Tensor(row)).scalars(as: Float.self)
    #expect(zip(direct, few[2]).allSatisfy { abs(Double($0) - $1) < 1e-6 })
  }

  @Test func savesAndLoads() async throws {
    try await withFolder { folder in
      let data = try points(32, names: ["a", "b", "c"])
      let learner = Learner(
        statefulModel(), loss: .crossEntropy, preprocessing: ["scale": "1/255"])
      try await learner.fit(data, epochs: 1, options: .quiet)
      try learner.save(to: folder + "/model.safetensors")
      let other = Learner(statefulModel(), loss: .crossEntropy, seed: 7)
      try other.load(from: folder + "/model.safetensors")
      #expect(try other.bits() == learner.bits())
      #expect(other.classNames == ["a", "b", "c"])
      #expect(other.preprocessing == ["scale": "1/255"])
      #expect(try other.predict(data).classes == learner.predict(data).classes)
      let wrong = Learner(smallModel(), loss: .crossEntropy)
      #expect(throws: LoadError.self) { try wrong.load(from: folder + "/model.safetensors") }
    }
  }

  @Test func takesSeveralFeatures() async throws {
    struct Pair: Module {
      let left = Dense(4), right = Dense(4), head = Dense(3)
    }
    let model = Pair()
    let data = try points(40)
    let two = try ArrayDataset(features: [data.features[0], data.features[0]], targets: data.targets)
    let learner = Learner(model, loss: .crossEntropy) { inputs in
      model.head(relu(model.left(inputs[0]) + model.right(inputs[1])))
    }
    let history = try await learner.fit(two, epochs: 3, options: .quiet)
    #expect(history["loss"][2] < history["loss"][0])
    let single = Learner(smallModel(), loss: .crossEntropy)
    let error = await failure(GraphError.self) { try await single.fit(two, options: .quiet) }
    #expect(error?.problem.contains("2 features") == true)
  }

  @Test func refusesTwoFitsAtOnce() async throws {
    final class Again: Callback {
      var error: TrainingError?
      func afterEpoch(_ context: TrainingContext) throws {
        do { _ = try context.learner.evaluate(points(8)) } catch { self.error = error as? TrainingError }
      }
    }
    let again = Again()
    try await Learner(smallModel(), loss: .crossEntropy).fit(points(16), callbacks: [again], options: .quiet)
    #expect(again.error?.reason == .busy)
  }

  @Test func freezingTakesEffectAtOnce() async throws {
    let model = smallModel()
    let learner = Learner(model, loss: .crossEntropy, metrics: [.accuracy])
    try await learner.fit(points(40), epochs: 1, options: .quiet)
    let first = try #require(try model.parameters().first)
    let before = try first.parameter.tensor.literal().doubles
    try model.freeze("0")
    try await learner.fit(points(40), epochs: 1, options: .quiet)
    #expect(try first.parameter.tensor.literal().doubles == before)
    try model.unfreeze()
    try await learner.fit(points(40), epochs: 1, options: .quiet)
    #expect(try first.parameter.tensor.literal().doubles != before)
  }
}
