import ApusReport

/// What a report shows of an example.
public enum Exhibit: Sendable {
  /// An image.
  case image(Report.Image)
  /// The beginning of a text.
  case text(String)
  /// Nothing but the example's name.
  case name
}
