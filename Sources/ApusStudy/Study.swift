/// A search for the parameters with which an objective is best.
///
/// ```swift
/// let study = try Study("loans", storage: .journal("loans.journal"), sampler: .tpe(seed: 1))
/// try await study.run(trials: 100) { trial in
///   let rate = try trial.float("rate", in: 1e-4...0.3, scale: .log)
///   return try await loss(rate: rate, depth: trial.int("depth", in: 2...10))
/// }
/// print(try study.best()?.parameters ?? [:])
/// ```
///
/// With one worker a study in a journal that was stopped, even by force, goes on to the same trials as one that was not.
/// With several, what a suggestion may know depends on which trials have ended by then.
public struct Study: Sendable {
  /// The name.
  public let name: String
  /// Whether less or more is better.
  public let direction: StudyDirection
  let sampler: any ParameterSampler
  let pruner: any TrialPruner
  private let ledger: Ledger

  /// A new study, or one to go on with where its journal exists.
  ///
  /// - Parameters:
  ///   - name: The name, on which the suggestions depend.
  ///   - storage: Where trials are kept; in memory if not said.
  ///   - sampler: How parameters are chosen.
  ///   - pruner: When trials are ended early; never if not said.
  ///   - direction: Whether less or more is better; less if not said.
  /// - Throws: `FileError` for a journal that cannot be read or written; `StudyError` where it holds another study.
  public init(
    _ name: String, storage: StudyStorage = .memory, sampler: any ParameterSampler,
    pruner: any TrialPruner = .none, direction: StudyDirection = .minimize
  ) throws {
    self.name = name
    self.sampler = sampler
    self.pruner = pruner
    self.direction = direction
    ledger = try Ledger(name: name, direction: direction, storage: storage)
  }

  /// All trials by number, those of other processes included.
  ///
  /// - Returns: The trials.
  /// - Throws: `FileError` where the journal cannot be read.
  public func trials() throws -> [TrialRecord] { try ledger.trials() }

  /// The complete trial with the best value, of equal ones the first; nil where none is complete.
  ///
  /// - Returns: The trial.
  /// - Throws: `FileError` where the journal cannot be read.
  public func best() throws -> TrialRecord? {
    try trials().filter { $0.state == .complete && $0.value != nil }
      .min { direction.oriented($0.value ?? .infinity) < direction.oriented($1.value ?? .infinity) }
  }

  /// What was mended in the journal, such as an unfinished last line.
  public var notes: [String] { ledger.notes }

  /// Fixes parameters of a trial to come; the sampler chooses the others.
  ///
  /// - Parameter values: Values by name. Names that the objective does not ask for have no effect.
  /// - Throws: `FileError` where the journal cannot be written; `StudyError` for a number that is not finite.
  public func enqueue(_ values: [String: ParameterValue]) throws {
    for case (let name, .float(let value)) in values where !value.isFinite {
      throw StudyError(
        "a fixed value is finite, and \(value) came", advice: "Give a number.", place: "parameter \(name)")
    }
    try ledger.enqueue(values)
  }

  /// Evaluates the objective in so many more trials. Failed and pruned ones count.
  ///
  /// - Parameters:
  ///   - trials: How many more.
  ///   - workers: How many at the same time.
  ///   - objective: What is searched: a value for the parameters that it asks its trial for. `Pruned` passes through it;
  ///     `TrialFailure`, NaN and the infinities make its trial a failed one, and the search goes on.
  /// - Throws: what else the objective throws, its trial having failed; `CancellationError`, its trial being left to be
  ///   taken over.
  public func run(
    trials: Int, workers: Int = 1, _ objective: @escaping @Sendable (Trial) async throws -> Double
  ) async throws {
    try await run(upTo: self.trials().count { $0.state != .running } + trials, workers: workers, objective)
  }

  /// Evaluates the objective until the study has so many trials, by whatever process.
  ///
  /// - Parameters:
  ///   - total: How many trials the study has in the end; a grid ends earlier where all of it is tried.
  ///   - workers: How many at the same time.
  ///   - objective: What is searched, as for `run(trials:workers:_:)`.
  /// - Throws: As `run(trials:workers:_:)`.
  public func run(
    upTo total: Int, workers: Int = 1, _ objective: @escaping @Sendable (Trial) async throws -> Double
  ) async throws {
    let total = min(total, sampler.limit ?? .max)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<max(1, workers) {
        group.addTask {
          while let (record, finished) = try ledger.claim(total: total) {
            let trial = Trial(record, finished: finished, study: self, ledger: ledger)
            do {
              try Task.checkCancellation()
              try await evaluate(trial, objective)
            } catch {
              ledger.abandon(record.number)
              throw error
            }
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private func evaluate(
    _ trial: Trial, _ objective: @Sendable (Trial) async throws -> Double
  ) async throws {
    do {
      let value = try await objective(trial)
      if value.isFinite {
        try trial.end(.complete, value: value)
      } else {
        try trial.end(.failed, problem: "the objective returned \(value)")
      }
    } catch is Pruned {
      try trial.end(.pruned)
    } catch let failure as TrialFailure {
      try trial.end(.failed, problem: failure.problem)
    } catch let error where !(error is CancellationError) {
      try trial.end(.failed, problem: "\(error)")
      throw error
    }
  }
}
