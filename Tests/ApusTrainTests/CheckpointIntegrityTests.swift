import ApusData
import ApusGraph
import ApusIO
import ApusNN
import ApusTensor
import Foundation
import Testing

@testable import ApusTrain

/// A checkpoint belongs to its data and settings, and is refused when it is damaged.
@Suite struct CheckpointIntegrityTests {
  private func fit(
    _ folder: String, _ training: any Dataset, validation: (any Dataset)? = nil,
    options: FitOptions = FitOptions()
  ) async throws {
    var options = options
    options.checkpointing = Checkpointing(directory: folder)
    options.resume = .automatic
    options.progress = .none
    try await Learner(smallModel(), loss: .crossEntropy, seed: 3)
      .fit(training, validation: validation, epochs: 2, batchSize: 16, options: options)
  }

  /// The points with other targets.
  private func relabeled(_ data: ArrayDataset) throws -> ArrayDataset {
    let labels = try (data.classLabels() ?? []).map { Int32(($0 + 1) % 3) }
    return try ArrayDataset(data.features[0], targets: Literal(labels, shape: [labels.count]))
  }

  @Test func refusesOtherData() async throws {
    try await withFolder { folder in
      let data = try points(50), validation = try points(20, seed: 9)
      try await fit(folder, data, validation: validation)
      try await fit(folder, points(50), validation: points(20, seed: 9))
      func problem(_ training: any Dataset, _ validation: (any Dataset)?) async -> String {
        let error = await failure(TrainingError.self) {
          try await fit(folder, training, validation: validation)
        }
        #expect(error?.reason == .checkpoint)
        return error?.problem ?? ""
      }
      #expect(
        await problem(try relabeled(data), validation)
          .hasSuffix("the training data is not that of the run: the targets differ, in 50 samples as before"))
      #expect(
        await problem(try points(50, seed: 2), validation)
          .hasSuffix("the features and the targets differ, in 50 samples as before"))
      #expect(await problem(try points(49), validation).hasSuffix("it has 49 samples instead of 50"))
      #expect(
        await problem(data, try relabeled(validation))
          .hasSuffix(
            "the validation data is not that of the run: the targets differ, in 20 samples as before"))
      #expect(await problem(data, nil).hasSuffix("the run had validation data, this one has none"))
      // Nothing of it changed the checkpoint.
      try await fit(folder, data, validation: validation)
    }
  }

  @Test func refusesOtherSettings() async throws {
    struct Doubled: StepTransform {
      func afterLoss(_ loss: Tensor) -> Tensor { loss * 2 }
    }
    try await withFolder { folder in
      let data = try points(50)
      let weights = (0..<50).map { Double($0 % 5 + 1) }
      try await fit(folder, data, options: FitOptions(sampling: .weighted(weights)))
      try await fit(folder, data, options: FitOptions(sampling: .weighted(weights)))
      let others: [(String, FitOptions)] = [
        // As many weights with the same sum.
        ("sample weights", FitOptions(sampling: .weighted(weights.reversed()))),
        ("sampling", FitOptions(sampling: .balanced)),
        ("transforms", FitOptions(sampling: .weighted(weights), transforms: [Doubled()])),
        ("class weights", FitOptions(sampling: .weighted(weights), classWeights: [1, 2, 1])),
        ("accumulated batches", FitOptions(sampling: .weighted(weights), accumulating: 2)),
      ]
      for (name, options) in others {
        let error = await failure(TrainingError.self) { try await fit(folder, data, options: options) }
        #expect(error?.problem.contains("of a run with \(name) ") == true, "\(name)")
      }
    }
  }

  /// The bytes of a small checkpoint.
  private func checkpoint(_ folder: String) async throws -> [UInt8] {
    let model = Sequential { Dense(2) }
    try await Learner(model, loss: .crossEntropy, optimizer: .sgd(momentum: 0.9)).fit(
      points(8, features: 2, classes: 2), batchSize: 8,
      options: FitOptions(checkpointing: Checkpointing(directory: folder), progress: .none))
    return [UInt8](try Data(contentsOf: URL(filePath: folder + "/training.safetensors")))
  }

  private func isRefused(_ bytes: [UInt8], at path: String) throws -> Bool {
    try Data(bytes).write(to: URL(filePath: path))
    do {
      _ = try TrainingState(path: path)
      return false
    } catch let error as any ApusError {
      return !error.problem.isEmpty
    }
  }

  @Test func refusesFilesCutAnywhere() async throws {
    try await withFolder { folder in
      let bytes = try await checkpoint(folder)
      let path = folder + "/damaged.safetensors"
      #expect(try !isRefused(bytes, at: path))
      for count in stride(from: 0, to: bytes.count, by: 3) + [bytes.count - 1] {
        #expect(try isRefused(Array(bytes[..<count]), at: path), "\(count) of \(bytes.count) bytes")
      }
    }
  }

  @Test func refusesFlippedBits() async throws {
    try await withFolder { folder in
      let bytes = try await checkpoint(folder)
      let path = folder + "/damaged.safetensors"
      // What fills the header up to a multiple of 8 bytes holds nothing, and may be any white space.
      let header = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) } + 8
      let end = (bytes[..<header].lastIndex(of: UInt8(ascii: "}")) ?? 0) + 1
      for index in bytes.indices where !(end..<header).contains(index) {
        var damaged = bytes
        damaged[index] ^= 1 << UInt8(index % 8)
        #expect(try isRefused(damaged, at: path), "a bit of byte \(index) of \(bytes.count)")
      }
    }
  }

  /// A learner whose resume is refused has the weights that it had before.
  @Test func nothingIsHalfLoaded() async throws {
    try await withFolder { folder in
      let data = try points(50)
      let options = FitOptions(
        checkpointing: Checkpointing(directory: folder), resume: .automatic, progress: .none)
      try await Learner(smallModel(), loss: .crossEntropy, optimizer: .adam()).fit(data, options: options)
      // The same rule with averages, which the checkpoint lacks.
      let other = Learner(smallModel(), loss: .crossEntropy, optimizer: .adam().averagingWeights())
      try other.build(inputShape: [6])
      let before = try other.bits()
      let error = await failure(TrainingError.self) { try await other.fit(data, options: options) }
      #expect(error?.problem.contains("'optimizer/average.0' is missing") == true)
      #expect(try other.bits() == before && other.stepCount == 0)
    }
  }
}
