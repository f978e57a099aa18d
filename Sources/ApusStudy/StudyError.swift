import ApusGraph

/// Why a study cannot go on: what was expected, what came, what to do next.
public struct StudyError: ApusError, Equatable {
  /// Who can mend it.
  public let category: ErrorCategory
  /// What was expected and what came.
  public let problem: String
  /// What to do next.
  public let advice: String?
  /// The study, trial or parameter.
  public let place: String?

  init(_ problem: String, advice: String? = nil, place: String? = nil, category: ErrorCategory = .usage) {
    self.problem = problem
    self.advice = advice
    self.place = place
    self.category = category
  }
}

/// Thrown by `Trial.report(_:at:)` where the pruner ends a trial. An objective lets it pass.
public struct Pruned: Error, Sendable {
  /// The step at which the trial was ended.
  public let step: Int
}

/// What an objective throws where its trial has failed and the study shall go on with the next one.
public struct TrialFailure: Error, Sendable {
  /// What went wrong.
  public let problem: String

  /// A failed trial.
  /// - Parameter problem: What went wrong; kept with the trial.
  public init(_ problem: String) { self.problem = problem }
}
