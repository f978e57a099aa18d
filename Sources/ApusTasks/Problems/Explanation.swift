import ApusReport

/// What in an example an output came from.
public struct Explanation: Sendable {
  /// An example and the same with what speaks for the output marked.
  public struct Images: Sendable {
    /// The example as the model saw it.
    public var example: Report.Image
    /// The example with what speaks for the output marked.
    public var overlay: Report.Image

    /// An example and its overlay.
    public init(example: Report.Image, overlay: Report.Image) {
      self.example = example
      self.overlay = overlay
    }
  }

  /// How much a part of an example, such as a column, moved the output.
  public struct Contribution: Sendable, Equatable {
    /// The part with its value, such as `age = 42`.
    public var name: String
    /// How much it added to the output, in the output's units; of a class, to its probability.
    public var value: Double

    /// A contribution of a part.
    public init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// The example as images; nil for examples that cannot be seen.
  public var images: Images?
  /// What the parts of the example added, the greatest first; empty where that is not known.
  public var contributions: [Contribution]
  /// One sentence on where or what it is.
  public var summary: String

  /// An explanation from its parts.
  public init(images: Images? = nil, contributions: [Contribution] = [], summary: String) {
    self.images = images
    self.contributions = contributions
    self.summary = summary
  }
}
