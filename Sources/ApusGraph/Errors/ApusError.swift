/// What every error of Apus says: what is wrong, where, what to do next, and of which kind it is.
///
/// ```swift
/// do {
///   try await learner.fit(train, epochs: 3)
/// } catch let error as any ApusError {
///   log(error.category, error.place ?? "", error.problem, error.advice ?? "")
/// }
/// ```
public protocol ApusError: Error, Sendable, CustomStringConvertible {
  /// Who can mend it, for programs that decide by it how to go on.
  var category: ErrorCategory { get }
  /// What was expected and what came, without a full stop at the end.
  var problem: String { get }
  /// What to do next; nil where there is no single likely fix.
  var advice: String? { get }
  /// Where: a file and line, a layer and the caller's source line, an epoch and batch; nil where that is unknown.
  var place: String? { get }
}

extension ApusError {
  /// `place: problem. advice`, with only the known parts.
  public var description: String {
    "\(place.map { "\($0): " } ?? "")\(problem).\(advice.map { " \($0)" } ?? "")"
  }
}

/// The kinds of errors, by who can mend them.
public enum ErrorCategory: String, Sendable, CaseIterable {
  /// The caller asked for something that makes no sense: a setting, an option, an argument.
  case usage
  /// A file or dataset is missing or cannot be opened.
  case missingInput = "missing-input"
  /// A file or dataset holds what cannot be used.
  case data
  /// A result cannot be written.
  case unwritable
  /// Memory or another resource does not suffice.
  case resources
  /// The work itself failed: a loss that is not finite, shapes inside a model that do not fit together.
  case failed
  /// Something was stopped before its end.
  case interrupted
}
