extension Report {
  /// A name and a value, such as `Learning rate` and `0.001`.
  public struct Fact: Sendable, Equatable, Codable {
    /// What it is.
    public var name: String
    /// Its value with its unit.
    public var value: String

    /// A name and a value.
    ///
    /// - Parameters:
    ///   - name: What it is.
    ///   - value: Its value with its unit.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Facts under a heading. Groups without facts are not shown.
  public struct FactGroup: Sendable, Equatable {
    /// The heading; none is shown if it is empty.
    public var title: String
    /// The facts in reading order.
    public var facts: [Fact]

    /// Facts under a heading.
    ///
    /// - Parameters:
    ///   - title: The heading; may be empty.
    ///   - facts: The facts in reading order.
    public init(_ title: String, _ facts: [Fact]) {
      self.title = title
      self.facts = facts
    }
  }
}
