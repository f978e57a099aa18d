/// What a sampler may know when it suggests a value.
public struct SamplerContext: Sendable {
  /// The study's name.
  public let study: String
  /// The trial's number, counted from 0.
  public let number: Int
  /// How many parameters the trial has been given already.
  public let position: Int
  /// The trials with an end when this one began, by number.
  public let finished: [TrialRecord]
  /// Whether less or more is better.
  public let direction: StudyDirection

  /// The complete trials that have all of the named parameters, by number.
  func complete(having names: [String]) -> [TrialRecord] {
    finished.filter { trial in trial.state == .complete && names.allSatisfy { trial.parameters[$0] != nil } }
  }
}

/// How the next parameters are chosen: a function of the context alone, so that a search goes on after a restart as if
/// there had been none.
public protocol ParameterSampler: Sendable {
  /// The number of trials after which there is nothing left to try; nil where there is no such number.
  var limit: Int? { get }
  /// A value of `space` for the parameter of that name.
  func value(_ name: String, in space: ParameterSpace, context: SamplerContext) throws -> ParameterValue
}

extension ParameterSampler {
  /// No limit.
  public var limit: Int? { nil }
}
