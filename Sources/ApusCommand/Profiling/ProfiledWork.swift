import Apus
import ApusRuntime

/// Steps of a model over made-up data, watched by the profiler.
struct ProfiledWork {
  let card: ModelCard
  let learner: Learner
  let batchSize: Int
  let stepCount: Int

  /// Steps that come before those watched: they make programs and touch memory for the first time.
  private static let warmUpCount = 2

  /// Predictions, a batch at a time.
  func inference() throws -> Profile {
    let batch = try samples(batchSize)
    for _ in 0..<Self.warmUpCount { _ = try learner.predict(batch, batchSize: batchSize, workers: 0) }
    try Profiler.start()
    for _ in 0..<stepCount { _ = try learner.predict(batch, batchSize: batchSize, workers: 0) }
    return try finished()
  }

  /// Updates, a batch at a time.
  func training() async throws -> Profile {
    let starter = Starter(after: Self.warmUpCount)
    try await learner.fit(
      samples(batchSize * (Self.warmUpCount + stepCount)), batchSize: batchSize, callbacks: [starter],
      options: FitOptions(workers: 0, progress: .none))
    return try finished()
  }

  private func finished() throws -> Profile {
    guard let profile = Profiler.stop(), !profile.events.isEmpty else {
      throw Failure(.internal, "No step of the model was run.")
    }
    return profile
  }

  /// Begins the profile once warm.
  private final class Starter: Callback {
    private let warmUpCount: Int
    init(after warmUpCount: Int) { self.warmUpCount = warmUpCount }

    func beforeBatch(_ context: TrainingContext) throws {
      if context.batchIndex == warmUpCount { try Profiler.start() }
    }
  }

  /// Numbers and labels drawn at random, always the same.
  private func samples(_ count: Int) throws -> ArrayDataset {
    var generator = PhiloxGenerator(seed: 0)
    let shape = Shape([count] + card.inputShape.dimensions)
    let features = Literal(
      (0..<shape.elementCount).map { _ in Float.random(in: 0..<1, using: &generator) }, shape: shape)
    let targets =
      if let classNames = card.classNames {
        Literal((0..<count).map { Int32($0 % classNames.count) }, shape: [count])
      } else {
        Literal((0..<count).map { _ in Float.random(in: -1..<1, using: &generator) }, shape: [count, 1])
      }
    return try ArrayDataset(features, targets: targets, classNames: card.classNames)
  }
}
