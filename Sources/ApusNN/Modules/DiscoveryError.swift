/// A stored property whose layers or parameters cannot be found reliably.
///
/// Raised instead of training a model without some of its weights.
public struct DiscoveryError: Error, Sendable, Hashable {
  /// The dotted path of the property.
  public let path: String
  /// The property's type.
  public let type: String
  /// Why it cannot be claimed.
  public let problem: String
  /// What to do about it.
  public let hint: String
}

extension DiscoveryError: CustomStringConvertible {
  /// One or two sentences for a person.
  public var description: String { "property '\(path)' of type \(type) \(problem)\n  hint: \(hint)" }
}
