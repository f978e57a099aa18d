/// How good a kept model is, and by which measure.
public struct KeptLoss: Sendable, Codable, Equatable {
  /// The loss on the validation set.
  public var loss: Double
  /// What the loss is.
  public var measure: String
}
