import ApusData
import ApusIO
import ApusNN
import ApusTensor
import Foundation
import Testing

@testable import ApusTrain

/// Notes every event, and throws at the one asked for.
private final class Recorder: Callback {
  var events: [String] = []
  var throwing: (event: String, error: any Error)?

  private func note(_ event: String) throws {
    events.append(event)
    if let throwing, throwing.event == event {
      self.throwing = nil
      throw throwing.error
    }
  }
  func beforeFit(_ context: TrainingContext) throws { try note("beforeFit") }
  func beforeEpoch(_ context: TrainingContext) throws { try note("beforeEpoch") }
  func beforeTraining(_ context: TrainingContext) throws { try note("beforeTraining") }
  func beforeBatch(_ context: TrainingContext) throws { try note("beforeBatch") }
  func afterCancelBatch(_ context: TrainingContext) throws { try note("afterCancelBatch") }
  func afterBatch(_ context: TrainingContext) throws { try note("afterBatch") }
  func afterCancelTraining(_ context: TrainingContext) throws { try note("afterCancelTraining") }
  func afterTraining(_ context: TrainingContext) throws { try note("afterTraining") }
  func beforeValidation(_ context: TrainingContext) throws { try note("beforeValidation") }
  func beforeValidationBatch(_ context: TrainingContext) throws { try note("beforeValidationBatch") }
  func afterValidationBatch(_ context: TrainingContext) throws { try note("afterValidationBatch") }
  func afterCancelValidation(_ context: TrainingContext) throws { try note("afterCancelValidation") }
  func afterValidation(_ context: TrainingContext) throws { try note("afterValidation") }
  func afterCancelEpoch(_ context: TrainingContext) throws { try note("afterCancelEpoch") }
  func afterEpoch(_ context: TrainingContext) throws { try note("afterEpoch") }
  func afterCancelFit(_ context: TrainingContext) throws { try note("afterCancelFit") }
  func afterFit(_ context: TrainingContext) throws { try note("afterFit") }
}

@Suite struct CallbackTests {
  private func run(
    _ callbacks: [any Callback], epochs: Int = 1, optimizer: Optimizer = .adam()
  ) async throws -> (Learner, History) {
    let learner = Learner(smallModel(), loss: .crossEntropy, optimizer: optimizer, metrics: [.accuracy])
    let history = try await learner.fit(
      points(20), validation: points(10, seed: 8), epochs: epochs, batchSize: 10, callbacks: callbacks,
      options: .quiet)
    return (learner, history)
  }

  private let batch = ["beforeBatch", "afterBatch"]
  private let validation = [
    "beforeValidation", "beforeValidationBatch", "afterValidationBatch", "afterValidation",
  ]

  @Test func eventsComeInOrder() async throws {
    let recorder = Recorder()
    _ = try await run([recorder])
    #expect(
      recorder.events == ["beforeFit", "beforeEpoch", "beforeTraining"] + batch + batch + ["afterTraining"]
        + validation + ["afterEpoch", "afterFit"])
  }

  @Test func cancelsBatch() async throws {
    let recorder = Recorder()
    recorder.throwing = ("beforeBatch", Cancellation.batch)
    let (learner, _) = try await run([recorder])
    #expect(learner.stepCount == 1)
    #expect(
      recorder.events == [
        "beforeFit", "beforeEpoch", "beforeTraining", "beforeBatch", "afterCancelBatch", "afterBatch",
      ]
        + batch + ["afterTraining"] + validation + ["afterEpoch", "afterFit"])
  }

  @Test func cancelsTraining() async throws {
    let recorder = Recorder()
    recorder.throwing = ("afterBatch", Cancellation.training)
    let (learner, history) = try await run([recorder])
    #expect(learner.stepCount == 1)
    #expect(history.epochs.count == 1)
    #expect(
      recorder.events == ["beforeFit", "beforeEpoch", "beforeTraining"] + batch
        + ["afterCancelTraining", "afterTraining"] + validation + ["afterEpoch", "afterFit"])
  }

  @Test func cancelsValidation() async throws {
    let recorder = Recorder()
    recorder.throwing = ("beforeValidationBatch", Cancellation.validation)
    let (_, history) = try await run([recorder])
    #expect(history["val_loss"].isEmpty)
    #expect(
      recorder.events.suffix(6) == [
        "beforeValidation", "beforeValidationBatch", "afterCancelValidation", "afterValidation", "afterEpoch",
        "afterFit",
      ])
  }

  @Test func cancelsEpoch() async throws {
    let recorder = Recorder()
    recorder.throwing = ("beforeBatch", Cancellation.epoch)
    let (learner, history) = try await run([recorder], epochs: 2)
    #expect(learner.stepCount == 2)
    #expect(history.epochs.map(\.number) == [1])
    #expect(recorder.events.prefix(6).suffix(2) == ["afterCancelEpoch", "afterEpoch"])
  }

  @Test(arguments: ["beforeFit", "beforeEpoch", "afterBatch", "afterEpoch"])
  func cancelsFit(_ event: String) async throws {
    let recorder = Recorder()
    recorder.throwing = (event, Cancellation.fit)
    let (_, history) = try await run([recorder], epochs: 3)
    #expect(history.stoppedEarly)
    #expect(history.epochs.count == (event == "afterEpoch" ? 1 : 0))
    #expect(recorder.events.suffix(2) == ["afterCancelFit", "afterFit"])
  }

  @Test func everyCallbackGetsAfterFitWhenOneFails() async throws {
    struct Trouble: Error {}
    let first = Recorder(), second = Recorder()
    first.throwing = ("afterBatch", Trouble())
    await #expect(throws: Trouble.self) { try await self.run([first, second]) }
    #expect(first.events.last == "afterFit")
    #expect(second.events.last == "afterFit")
  }

  @Test(arguments: [1, 2, 6]) func bestWeightsComeBackHoweverTrainingEnds(_ epochs: Int) async throws {
    /// Feeds early stopping values of its own, and keeps the weights of each epoch.
    final class Script: Callback {
      let addedQuantities = ["score"]
      var weights: [[Float]] = []
      let values = [0.5, 0.9, 0.8, 0.7, 0.6, 0.5]
      func afterEpoch(_ context: TrainingContext) throws {
        context.logs["score"] = values[context.epoch]
        weights.append(try context.learner.numbers())
      }
    }
    let script = Script()
    let stopping = EarlyStopping(monitor: "score", patience: 2)
    let (learner, history) = try await run([script, stopping], epochs: epochs)
    #expect(history.epochs.count == min(epochs, 4))
    #expect(history.stoppedEarly == (epochs == 6))
    #expect(try learner.numbers() == script.weights[epochs == 1 ? 0 : 1])
    #expect(stopping.bestEpoch == (epochs == 1 ? 0 : 1))
  }

  @Test func bestWeightsComeBackAfterAnError() async throws {
    struct Trouble: Error {}
    final class Script: Callback {
      let addedQuantities = ["score"]
      var weights: [[Float]] = []
      func afterEpoch(_ context: TrainingContext) throws {
        context.logs["score"] = context.epoch == 0 ? 1 : 0
        weights.append(try context.learner.numbers())
      }
      func beforeBatch(_ context: TrainingContext) throws { if context.epoch == 2 { throw Trouble() } }
    }
    let script = Script()
    let learner = Learner(smallModel(), loss: .crossEntropy)
    await #expect(throws: Trouble.self) {
      try await learner.fit(
        points(20), epochs: 4, callbacks: [script, EarlyStopping(monitor: "score", patience: 5)],
        options: .quiet)
    }
    #expect(try learner.numbers() == script.weights[0])
    #expect(learner.history.epochs.count == 2)
  }

  /// A validation that was cancelled is no reason to stop, and none to fail.
  @Test func anEpochWithoutValidationDoesNotCount() async throws {
    final class Canceller: Callback {
      func beforeValidation(_ context: TrainingContext) throws {
        if context.epoch == 1 { throw Cancellation.validation }
      }
    }
    let (_, history) = try await run(
      [Canceller(), EarlyStopping(patience: 3), ReduceLROnPlateau()], epochs: 3)
    #expect(history["val_loss"].map(\.isNaN) == [false, true, false])
  }

  @Test func plateauLowersTheRate() async throws {
    final class Script: Callback {
      let addedQuantities = ["score"]
      func afterEpoch(_ context: TrainingContext) throws { context.logs["score"] = 1 }
    }
    let (learner, history) = try await run(
      [Script(), ReduceLROnPlateau(monitor: "score", factor: 0.5, patience: 2, minimum: 0.03)], epochs: 7,
      optimizer: .sgd(learningRate: 0.1))
    let expected = [0.1, 0.1, 0.05, 0.05, 0.03, 0.03, 0.03]
    #expect(zip(history.epochs.map(\.learningRate), expected).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(abs(learner.learningRate - 0.03) < 1e-12)
  }

  @Test func schedulerSetsTheRate() async throws {
    let (_, history) = try await run(
      [LearningRateScheduler { epoch, rate in epoch == 0 ? rate : rate / 2 }], epochs: 3,
      optimizer: .sgd(learningRate: 0.4))
    #expect(history.epochs.map(\.learningRate) == [0.4, 0.2, 0.1])
  }

  @Test func logsToCSV() async throws {
    try await withFolder { folder in
      let (_, history) = try await run([CSVLogger(path: folder + "/log.csv")], epochs: 2)
      let lines = try String(contentsOfFile: folder + "/log.csv", encoding: .utf8).split(separator: "\n")
      #expect(lines.count == 3)
      #expect(lines[0] == "epoch,learning_rate,accuracy,loss,val_accuracy,val_loss")
      #expect(lines[2].split(separator: ",")[3] == "\(history["loss"][1])")
    }
  }

  @Test func theEpochThatStopsTheFitReachesAllCallbacks() async throws {
    final class Stop: Callback {
      func afterEpoch(_ context: TrainingContext) throws { if context.epoch == 1 { throw Cancellation.fit } }
    }
    try await withFolder { folder in
      let (_, history) = try await run([Stop(), CSVLogger(path: folder + "/log.csv")], epochs: 5)
      #expect(history.epochs.count == 2 && history.stoppedEarly)
      let lines = try String(contentsOfFile: folder + "/log.csv", encoding: .utf8).split(separator: "\n")
      #expect(lines.count == 3)
    }
  }

  @Test func keepsBestLastAndNewest() async throws {
    final class Script: Callback {
      let addedQuantities = ["score"]
      var bits: [[UInt8]] = []
      func afterEpoch(_ context: TrainingContext) throws {
        context.logs["score"] = [1, 3, 2, 0][context.epoch]
        bits.append(try context.learner.bits())
      }
    }
    try await withFolder { folder in
      let script = Script()
      let checkpoint = ModelCheckpoint(directory: folder + "/deep/models", monitor: "score", keeping: 2)
      _ = try await run([script, checkpoint], epochs: 4)
      let files = try FileManager.default.contentsOfDirectory(atPath: checkpoint.directory).sorted()
      #expect(
        files == ["best.safetensors", "epoch-3.safetensors", "epoch-4.safetensors", "last.safetensors"])
      let learner = Learner(smallModel(), loss: .crossEntropy)
      try learner.load(from: checkpoint.bestPath)
      #expect(try learner.bits() == script.bits[1])
      try learner.load(from: checkpoint.lastPath)
      #expect(try learner.bits() == script.bits[3])
    }
  }

  /// Validation sees averages, training goes on with the weights, and the averages are left in the end.
  @Test func averagesAreMeasuredAndLeft() async throws {
    final class Watch: Callback {
      var weights: [String: [[Double]]] = [:]
      private func note(_ event: String, _ context: TrainingContext) throws {
        weights[event, default: []].append(try context.learner.modelState()["0.kernel"]?.doubles ?? [])
      }
      func afterBatch(_ context: TrainingContext) throws { try note("batch", context) }
      func afterEpoch(_ context: TrainingContext) throws { try note("epoch", context) }
    }
    let plain = Watch(), averaged = Watch()
    _ = try await run([plain], epochs: 3)
    let (learner, _) = try await run(
      [AveragedWeights(), averaged], epochs: 3, optimizer: .adam().averagingWeights(momentum: 0.5))
    #expect(averaged.weights["batch"] == plain.weights["batch"])
    var average: [Double] = []
    for (step, weights) in (plain.weights["batch"] ?? []).enumerated() {
      average = step == 0 ? weights : zip(average, weights).map { 0.5 * $0 + 0.5 * $1 }
      guard step % 2 == 1 else { continue }
      let found = try #require(averaged.weights["epoch"]?[step / 2])
      #expect(zip(found, average).allSatisfy { abs($0 - $1) < 1e-6 } && found.count == average.count)
    }
    #expect(try learner.modelState()["0.kernel"]?.doubles == averaged.weights["epoch"]?.last)
    await #expect(throws: TrainingError.self) { try await run([AveragedWeights()]) }
  }
}
