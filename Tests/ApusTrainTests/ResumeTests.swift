import ApusData
import ApusGraph
import ApusIO
import ApusNN
import Foundation
import Testing

@testable import ApusTrain

private struct Stop: Error {}

/// Throws before a given batch.
private final class Stopper: Callback {
  let epoch: Int, batch: Int
  init(epoch: Int, batch: Int) { (self.epoch, self.batch) = (epoch, batch) }
  func beforeBatch(_ context: TrainingContext) throws {
    if context.epoch == epoch, context.batchIndex == batch { throw Stop() }
  }
}

/// Adds a random number to every number.
private struct Noise: InPlaceAugmentation {
  let amount: Float

  func augment(
    _ values: UnsafeMutableBufferPointer<Float>, shape: Shape, random: inout PhiloxGenerator
  ) throws {
    for index in values.indices { values[index] += amount * random.uniform() }
  }
}

@Suite struct ResumeTests {
  private func fit(
    _ learner: Learner, _ folder: String, epochs: Int = 3, callbacks: [any Callback] = [],
    everySteps: Int? = 1,
    resume: Resume = .automatic, batchSize: Int = 16
  ) async throws -> History {
    try await learner.fit(
      points(70), validation: points(20, seed: 4), epochs: epochs, batchSize: batchSize,
      callbacks: callbacks + [ReduceLROnPlateau(patience: 1), EarlyStopping(patience: 2)],
      options: FitOptions(
        checkpointing: Checkpointing(directory: folder, everySteps: everySteps), resume: resume,
        progress: .none))
  }

  private func learner() -> Learner {
    Learner(
      statefulModel(), loss: .crossEntropy, optimizer: .adam(learningRate: 0.02), metrics: [.accuracy],
      seed: 5)
  }

  private func measured(_ history: History) -> [[String: Double]] { history.epochs.map(\.values) }

  @Test(arguments: [(0, 0), (0, 1), (0, 4), (1, 0), (1, 3), (2, 4)])
  func brokenOffRunEndsLikeAnUnbrokenOne(_ place: (epoch: Int, batch: Int)) async throws {
    try await withFolder { folder in
      let whole = learner()
      let history = try await fit(whole, folder + "/whole")
      let broken = learner()
      await #expect(throws: Stop.self) {
        try await fit(
          broken, folder + "/broken", callbacks: [Stopper(epoch: place.epoch, batch: place.batch)])
      }
      let resumed = learner()
      let rest = try await fit(resumed, folder + "/broken", callbacks: [Stopper(epoch: -1, batch: 0)])
      #expect(try resumed.bits() == whole.bits())
      #expect(measured(rest) == measured(history))
      #expect(resumed.stepCount == whole.stepCount)
    }
  }

  @Test func finishedRunIsNotRunAgain() async throws {
    try await withFolder { folder in
      let first = learner()
      let history = try await fit(first, folder)
      let second = learner()
      let again = try await fit(second, folder)
      #expect(second.stepCount == first.stepCount)
      #expect(try second.bits() == first.bits())
      #expect(again == history)
    }
  }

  @Test func moreEpochsGoOn() async throws {
    try await withFolder { folder in
      let whole = Learner(statefulModel(), loss: .crossEntropy)
      try await whole.fit(points(70), epochs: 4, options: .quiet)
      for epochs in [2, 4] {
        let part = Learner(statefulModel(), loss: .crossEntropy)
        try await part.fit(
          points(70), epochs: epochs,
          options: FitOptions(
            checkpointing: Checkpointing(directory: folder), resume: .automatic, progress: .none))
        if epochs == 4 { #expect(try part.bits() == whole.bits()) }
      }
    }
  }

  @Test func refusesAnotherRunsCheckpoint() async throws {
    try await withFolder { folder in
      _ = try await fit(learner(), folder, epochs: 1)
      let error = await failure(TrainingError.self) { _ = try await fit(learner(), folder, batchSize: 8) }
      #expect(error?.reason == .checkpoint)
      #expect(error?.problem.contains("batch size 16, this one has 8") == true)
      let other = Learner(smallModel(), loss: .crossEntropy)
      let mismatch = await failure(TrainingError.self) { _ = try await fit(other, folder) }
      #expect(mismatch?.reason == .checkpoint)
    }
  }

  @Test func refusesOtherAugmentations() async throws {
    func fit(_ folder: String, by amount: Float) async throws {
      try await learner().fit(
        points(70), epochs: 1, batchSize: 16,
        options: FitOptions(
          augmentations: [Noise(amount: amount)], checkpointing: Checkpointing(directory: folder),
          resume: .automatic, progress: .none))
    }
    try await withFolder { folder in
      try await fit(folder, by: 0.25)
      try await fit(folder, by: 0.25)
      let error = await failure(TrainingError.self) { try await fit(folder, by: 0.5) }
      #expect(error?.reason == .checkpoint)
      #expect(error?.problem.contains("augmentations [\"Noise(amount: 0.25)\"]") == true)
    }
  }

  @Test func refusesBrokenFiles() async throws {
    try await withFolder { folder in
      _ = try await fit(learner(), folder, epochs: 1)
      let path = folder + "/training.safetensors"
      let bytes = try Data(contentsOf: URL(filePath: path))
      for count in [0, 7, 100, bytes.count / 2, bytes.count - 1] {
        try bytes.prefix(count).write(to: URL(filePath: path))
        let error = await failure(FileError.self) { _ = try await fit(learner(), folder) }
        #expect(error != nil, "\(count) bytes")
      }
      try learner().save(to: path)
      let error = await failure(TrainingError.self) { _ = try await fit(learner(), folder) }
      #expect(error?.reason == .checkpoint)
    }
  }

  @Test func automaticNeedsAFolder() async throws {
    let error = await failure(TrainingError.self) {
      try await learner().fit(points(10), options: FitOptions(resume: .automatic, progress: .none))
    }
    #expect(error?.reason == .setting)
  }

  @Test func cancelledTaskStopsWithACheckpoint() async throws {
    final class Canceller: Callback {
      func afterBatch(_ context: TrainingContext) throws {
        if context.epoch == 1, context.batchIndex == 2 { withUnsafeCurrentTask { $0?.cancel() } }
      }
    }
    try await withFolder { folder in
      let whole = learner()
      _ = try await fit(whole, folder + "/whole", everySteps: nil)
      let cancelled = learner()
      let task = Task {
        try await fit(cancelled, folder + "/broken", callbacks: [Canceller()], everySteps: nil)
      }
      await #expect(throws: CancellationError.self) { _ = try await task.value }
      #expect(cancelled.history.epochs.count == 1)
      #expect(cancelled.history.stoppedEarly)
      let resumed = learner()
      _ = try await fit(resumed, folder + "/broken", everySteps: nil)
      #expect(try resumed.bits() == whole.bits())
      // Two full epochs of 5 batches, less the 8 of the cancelled run.
      #expect(resumed.stepCount == whole.stepCount)
    }
  }
}
