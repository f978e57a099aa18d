import ApusGraph

/// A variable of a Keras model as a file has it.
public struct KerasVariable: Sendable {
  /// The layers that lead to it, the outermost first.
  public let layers: [String]
  /// Its name, `moving_mean`, or its place among the variables of its layer, `2`.
  public let name: String
  /// Its value.
  public let value: Literal

  /// A variable of a layer.
  public init(layers: [String], name: String, value: Literal) {
    self.layers = layers
    self.name = name
    self.value = value
  }
}
