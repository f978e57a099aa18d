import ApusData
import ApusGraph
import ApusIO
import ApusNN
import ApusTensor
import Foundation
import Testing

@testable import ApusTrain

/// What cannot work is refused before the first step.
@Suite struct EarlyErrorTests {
  /// Counts the batches that training came to.
  private final class Counter: Callback {
    var count = 0
    func beforeBatch(_ context: TrainingContext) throws { count += 1 }
  }

  /// The error of a fit that must not come to its first step.
  private func refusal<Failure: Error>(
    _ type: Failure.Type, _ learner: Learner? = nil, validation: (any Dataset)? = nil,
    batchSize: Int = 10, callbacks: [any Callback] = [], options: FitOptions = .quiet,
    location: SourceLocation = #_sourceLocation
  ) async -> Failure? {
    let counter = Counter()
    let error = await failure(Failure.self) {
      let learner = learner ?? Learner(smallModel(), loss: .crossEntropy, metrics: [.accuracy])
      try await learner.fit(
        points(25), validation: validation, epochs: 2, batchSize: batchSize,
        callbacks: callbacks + [counter], options: options)
    }
    #expect(error != nil, sourceLocation: location)
    #expect(counter.count == 0, sourceLocation: location)
    return error
  }

  @Test func monitoredNamesMustBeMeasured() async throws {
    let validation = try points(10, seed: 8)
    let error = await refusal(
      TrainingError.self, validation: validation, callbacks: [EarlyStopping(monitor: "val_acc")])
    #expect(error?.problem == "EarlyStopping monitors 'val_acc', which is not measured")
    #expect(error?.advice?.contains("Did you mean 'val_accuracy'?") == true)
    #expect(error?.advice?.contains("loss, val_loss, accuracy, val_accuracy") == true)

    let missing = await refusal(TrainingError.self, callbacks: [EarlyStopping()])
    #expect(missing?.advice?.contains("give `validation:`") == true)
    _ = await refusal(TrainingError.self, callbacks: [ReduceLROnPlateau(monitor: "val_loss")])
    _ = await refusal(
      TrainingError.self, callbacks: [ModelCheckpoint(directory: "/tmp", monitor: "f1")])

    final class Needy: Callback {
      let monitoredQuantities = ["perplexity"]
    }
    let own = await refusal(TrainingError.self, callbacks: [Needy()])
    #expect(own?.problem.hasPrefix("Needy monitors 'perplexity'") == true)
    // Nothing is near enough to be meant.
    #expect(own?.advice?.contains("Did you mean") == false)
  }

  @Test func addedQuantitiesCanBeMonitored() async throws {
    final class Adding: Callback {
      let addedQuantities = ["score"]
      func afterEpoch(_ context: TrainingContext) throws { context.logs["score"] = Double(context.epoch) }
    }
    let learner = Learner(smallModel(), loss: .crossEntropy)
    let stopping = EarlyStopping(monitor: "score")
    try await learner.fit(points(20), epochs: 3, callbacks: [Adding(), stopping], options: .quiet)
    #expect(stopping.bestEpoch == 2)
    // Where the one that adds it comes too late, the error says so.
    let error = await failure(TrainingError.self) {
      try await learner.fit(
        points(20), callbacks: [EarlyStopping(monitor: "score"), Adding()], options: .quiet)
    }
    #expect(error?.advice == "Callbacks that add it must come before.")
  }

  @Test func aModelCheckpointNeedsNoValidation() async throws {
    try await withFolder { folder in
      let checkpoint = ModelCheckpoint(directory: folder)
      try await Learner(smallModel(), loss: .crossEntropy)
        .fit(points(20), callbacks: [checkpoint], options: .quiet)
      #expect(FileManager.default.fileExists(atPath: checkpoint.lastPath))
      #expect(!FileManager.default.fileExists(atPath: checkpoint.bestPath))
    }
  }

  @Test func filesThatCannotBeWritten() async throws {
    try await withFolder { folder in
      let file = folder + "/file"
      try AtomicFile.write("text", to: file)
      let inside = file + "/folder"
      let errors = [
        await refusal(
          FileError.self,
          options: FitOptions(checkpointing: Checkpointing(directory: inside), progress: .none)),
        await refusal(FileError.self, callbacks: [CSVLogger(path: inside)]),
        await refusal(FileError.self, callbacks: [CSVLogger(path: folder)]),
        await refusal(FileError.self, callbacks: [CSVLogger(path: folder + "/missing/log.csv")]),
        await refusal(FileError.self, callbacks: [ModelCheckpoint(directory: inside)]),
      ]
      for error in errors { #expect(error?.category == .unwritable) }
      // Looking leaves nothing behind.
      try await Learner(smallModel(), loss: .crossEntropy)
        .fit(points(20), epochs: 0, callbacks: [CSVLogger(path: folder + "/log.csv")], options: .quiet)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["file"])
    }
  }

  @Test func oneWeightForEachClass() async throws {
    for weights in [[1, 1], [1, 1, 1, 1]] as [[Double]] {
      let error = await refusal(
        TrainingError.self, options: FitOptions(classWeights: weights, progress: .none))
      #expect(error?.problem.contains("3 class weights were expected") == true)
    }
  }

  /// A model that takes even batches alone is refused before it comes to the last of 10, 10 and 5 samples.
  @Test func shapesOfTheLastBatch() async throws {
    let model = Sequential { Dense(3) }
    func learner() -> Learner {
      Learner(model, loss: .crossEntropy) { model($0[0].reshaped([-1, 2, 6]).reshaped([-1, 6])) }
    }
    #expect(await refusal(GraphError.self, learner())?.kind == .shape)
    // The same for a validation set, of 10 and 5.
    let counter = Counter()
    let error = await failure(GraphError.self) {
      try await learner().fit(
        points(20), validation: points(15), batchSize: 10, callbacks: [counter], options: .quiet)
    }
    #expect(error?.kind == .shape && counter.count == 0)
    try await learner().fit(points(20), validation: points(14), batchSize: 10, options: .quiet)
  }

  @Test func metricsMustFitTheTargets() async throws {
    let learner = Learner(smallModel(), loss: .crossEntropy, metrics: [.r2])
    _ = await refusal(GraphError.self, learner)
  }

  @Test func augmentationsMustFitTheSamples() async throws {
    let options = FitOptions(augmentations: [RandomHorizontalFlip()], progress: .none)
    let error = await refusal(DataError.self, options: options)
    #expect(error?.problem.contains("[6]") == true)
  }

  @Test func aLoaderDecidesOnItsOwnSettings() async throws {
    let loader = try DataLoader(points(24), batchSize: 8, workers: 0)
    let learner = Learner(smallModel(), loss: .crossEntropy)
    let options = FitOptions(shuffle: false, sampling: .balanced, workers: 2, progress: .none)
    let error = await failure(TrainingError.self) { try await learner.fit(loader, options: options) }
    #expect(error?.problem.contains("`shuffle`, `sampling`, `workers`") == true)
    let history = try await learner.fit(loader, epochs: 2, options: .quiet)
    #expect(history.epochs.count == 2 && learner.stepCount == 6)
  }
}
