import ApusGraph

/// A variable of a Keras model as a file has it.
public struct KerasVariable: Sendable {
  /// The layers that lead to it, the outermost first.
  public let layers: [String]
  /// Its name, `moving_mean`, or its place among the variables of its layer, `2`.
  public let name: String
  /// Its value.
  public let value: Literal
  /// The types of the layers that lead to it with their numbers among layers of the same type, `dense_2`; the layers'
  /// names where the file does not have the types.
  public let types: [String]

  /// A variable of a layer.
  /// - Parameters:
  ///   - layers: The names of the layers that lead to it, the outermost first.
  ///   - name: Its name, or its place among the variables of its layer.
  ///   - value: Its value.
  ///   - types: The layers' types with their numbers; their names when nil.
  public init(layers: [String], name: String, value: Literal, types: [String]? = nil) {
    self.layers = layers
    self.name = name
    self.value = value
    self.types = types ?? layers
  }
}
