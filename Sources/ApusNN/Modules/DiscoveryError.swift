import ApusGraph

/// A stored property whose layers or parameters cannot be found reliably.
///
/// Raised instead of training a model without some of its weights.
public struct DiscoveryError: ApusError, Hashable {
  /// The dotted path of the property.
  public let path: String
  /// The property's type.
  public let type: String
  /// Why it cannot be claimed.
  public let problem: String
  /// What to do about it.
  public let advice: String?
}

extension DiscoveryError {
  /// A model's source can be mended by its author alone.
  public var category: ErrorCategory { .usage }
  /// The property.
  public var place: String? { "property '\(path)' of type \(type)" }
  /// One or two sentences for a person.
  public var description: String {
    "property '\(path)' of type \(type) \(problem)" + (advice.map { "\n  hint: \($0)" } ?? "")
  }
}
