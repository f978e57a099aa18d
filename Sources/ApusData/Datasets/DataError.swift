import ApusGraph

/// Why data cannot be used: what was expected, what came, for which samples, what to do next.
public struct DataError: ApusError, Equatable {
  /// The kind of trouble, for code that wants to react to it.
  public enum Reason: String, Sendable {
    /// Axis sizes that do not fit together.
    case shape
    /// Elements of another type than is needed.
    case type
    /// A class is missing, or a label is none of the classes.
    case classes
    /// There is nothing where at least one sample is needed.
    case empty
    /// An index beyond the end.
    case index
    /// A setting that makes no sense.
    case setting
    /// Making a sample failed.
    case sample
    /// More memory would be needed than there is.
    case memory
  }

  /// The kind of trouble.
  public let reason: Reason
  /// What was expected and what came.
  public let problem: String
  /// What to do next, where that is known.
  public let advice: String?
  /// The samples concerned, by id, as far as they are known.
  public let samples: [Int]

  /// An error about data.
  public init(_ reason: Reason, _ problem: String, advice: String? = nil, samples: [Int] = []) {
    self.reason = reason
    self.problem = problem
    self.advice = advice
    self.samples = samples
  }

  /// Settings are the caller's, memory is the machine's, all else is the data's.
  public var category: ErrorCategory {
    switch reason {
    case .setting: .usage
    case .memory: .resources
    case .shape, .type, .classes, .empty, .index, .sample: .data
    }
  }
  /// Not known here: the samples are named by id.
  public var place: String? { nil }
}
