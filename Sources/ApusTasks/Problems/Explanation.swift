import ApusReport

/// What in an example an output came from.
public struct Explanation: Sendable {
  /// The example as the model saw it.
  public var example: Report.Image
  /// The example with what speaks for the output marked.
  public var overlay: Report.Image
  /// One sentence on where or what it is.
  public var summary: String

  /// An explanation from its parts.
  public init(example: Report.Image, overlay: Report.Image, summary: String) {
    self.example = example
    self.overlay = overlay
    self.summary = summary
  }
}
