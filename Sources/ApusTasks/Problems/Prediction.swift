import ApusIO

/// What a model predicts for one example. The cases are all there are: whoever prints or stores predictions handles each.
public enum Prediction: Sendable, Equatable {
  /// One of several classes: the probability of each.
  case category(probabilities: [Double])
  /// Any number of labels: the probability of each, and whether it is above its threshold.
  case labels(probabilities: [Double], holds: [Bool])
  /// Numbers in their own units.
  case numbers([Double])
  /// The class of each pixel, row after row.
  case mask(width: Int, height: Int, labels: [UInt8])
  /// A text.
  case text(String)
}
