import Apus
import ApusRuntime

/// Steps of a model over made-up data, watched by the profiler.
struct ProfiledWork {
  let model: NetworkModel
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

  /// Inputs and targets drawn at random, always the same.
  private func samples(_ count: Int) throws -> ArrayDataset {
    var generator = PhiloxGenerator(seed: 0)
    let features = model.problem.input.types.map { type in
      let shape = Shape([count] + type.shape.dimensions)
      return type.dtype.isInteger
        ? Literal([Int32](repeating: 0, count: shape.elementCount), shape: shape)
        : Literal(
          (0..<shape.elementCount).map { _ in Float.random(in: 0..<1, using: &generator) }, shape: shape)
    }
    let shape = Shape([count] + model.outputShape.dimensions.dropLast())
    let classNames = model.problem.target?.classNames
    let targets =
      if let classNames {
        Literal((0..<shape.elementCount).map { Int32($0 % classNames.count) }, shape: shape)
      } else {
        Literal(
          (0..<count * model.outputShape.elementCount).map { _ in
            Float.random(in: 0..<1, using: &generator).rounded()
          },
          shape: Shape([count] + model.outputShape.dimensions))
      }
    return try ArrayDataset(
      features: features, targets: targets, classNames: shape.rank == 1 ? classNames : nil)
  }
}
