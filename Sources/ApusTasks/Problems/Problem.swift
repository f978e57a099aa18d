/// What is learned: how examples become a model's input, and what is predicted.
public struct Problem: Sendable {
  /// How examples become tensors.
  public var input: any InputEncoder
  /// What is predicted; nil for models that predict nothing, such as embedders and generators.
  public var target: (any Target)?

  /// A problem with its parts.
  public init(input: any InputEncoder, target: (any Target)?) {
    self.input = input
    self.target = target
  }
}
