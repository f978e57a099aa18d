import ApusGraph

/// Why a run cannot start, go on, or come to its end.
public struct RunError: ApusError, Equatable {
  /// Who can mend it.
  public let category: ErrorCategory
  /// What was expected and what came.
  public let problem: String
  /// What to do next.
  public let advice: String?
  /// The file or folder.
  public let place: String?

  /// An error of a run.
  public init(_ category: ErrorCategory, _ problem: String, advice: String? = nil, place: String? = nil) {
    self.category = category
    self.problem = problem
    self.advice = advice
    self.place = place
  }
}
