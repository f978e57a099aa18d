import ApusIO

/// Whether less or more is better.
public enum StudyDirection: String, Sendable {
  /// Less is better: a loss, an error, a time.
  case minimize
  /// More is better: an accuracy, a score.
  case maximize

  /// The value with less being better.
  func oriented(_ value: Double) -> Double { self == .minimize ? value : -value }
}

/// What is known of a trial.
public struct TrialRecord: Sendable, Equatable {
  /// How far a trial has come.
  public enum State: String, Sendable {
    /// Somebody works on it, or has died at it.
    case running
    /// It has a value.
    case complete
    /// The pruner ended it.
    case pruned
    /// It ended without a value; `problem` says why.
    case failed
  }

  /// Its number in the study, counted from 0.
  public let number: Int
  /// How far it has come.
  public internal(set) var state: State = .running
  /// The parameters it was given, by name.
  public internal(set) var parameters: [String: ParameterValue] = [:]
  /// Where those were searched.
  public internal(set) var spaces: [String: ParameterSpace] = [:]
  /// What the objective returned.
  public internal(set) var value: Double?
  /// What it reported on the way, by step.
  public internal(set) var steps: [Int: Double] = [:]
  /// What the objective noted.
  public internal(set) var attributes: [String: String] = [:]
  /// Why it failed.
  public internal(set) var problem: String?
  /// Parameters fixed before it began.
  var fixed: [String: ParameterValue] = [:]

  /// The trial as JSON.
  public var json: JSON {
    var members: [JSON.Member] = [
      .init("number", .integer(number)), .init("state", .string(state.rawValue)),
      .init("value", value.map { .number($0) } ?? .null),
      .init(
        "parameters", .object(parameters.sorted { $0.key < $1.key }.map { .init($0.key, $0.value.json) })),
    ]
    if !steps.isEmpty {
      members.append(
        .init(
          "steps", .array(steps.sorted { $0.key < $1.key }.map { [.integer($0.key), .number($0.value)] })))
    }
    if !attributes.isEmpty {
      members.append(
        .init(
          "attributes",
          .object(attributes.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })))
    }
    if let problem { members.append(.init("problem", .string(problem))) }
    return .object(members)
  }
}
