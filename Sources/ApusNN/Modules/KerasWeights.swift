import ApusGraph
import ApusIO
import ApusTensor

extension Module {
  /// Gives parameters the values of a Keras model whose layers go by the same names.
  ///
  /// `moving_mean` becomes `movingMean`, kernels of depthwise convolutions get the shape that they have here.
  /// - Parameter strict: Whether every parameter must be given and every variable be used.
  /// - Throws: `LoadError` when strict and something does not fit; the model is unchanged then.
  @discardableResult
  public func load(keras variables: [KerasVariable], strict: Bool = true) throws -> LoadReport {
    let all = try parameters()
    let shapes = Dictionary(all.map { ($0.name, $0.parameter.shape) }) { first, _ in first }
    // The parameters of each layer, in its own order.
    var members: [String: [String]] = [:]
    for (name, _) in all {
      let parts = name.split(separator: ".")
      members[parts.dropLast().joined(separator: "."), default: []].append(name)
    }
    let variables = (self as? any WeightAdapting)?.adapted(keras: variables) ?? variables
    var renamed: [String: Literal] = [:]
    for variable in variables {
      let name = Self.name(of: variable, among: members)
      var value = variable.value
      if let expected = shapes[name] ?? nil, expected.elementCount == value.shape.elementCount {
        // [height, width, channels, multiplier] has the elements of [height, width, 1, channels · multiplier].
        value = value.reshaped(expected)
      }
      renamed[name] = value
    }
    return try load(named: renamed, strict: strict)
  }

  private static func name(of variable: KerasVariable, among members: [String: [String]]) -> String {
    let layers = variable.layers
    // Old files repeat the layer's name, and put the model's own in front.
    var candidates = [layers.joined(separator: ".")]
    if let first = layers.first, let last = layers.last { candidates += ["\(first).\(last)", first, last] }
    for layer in candidates {
      guard let names = members[layer] else { continue }
      if let place = Int(variable.name), names.indices.contains(place) { return names[place] }
      // A layer's only variable needs no name, and gets that of the class and a number.
      if names.count == 1, variable.name.hasPrefix("variable") { return names[0] }
      var words = variable.name.split(separator: "_").map(String.init)
      for index in words.indices.dropFirst() {
        words[index] = words[index].prefix(1).uppercased() + words[index].dropFirst()
      }
      for own in [words.joined(), words.last?.lowercased() ?? ""] where names.contains("\(layer).\(own)") {
        return "\(layer).\(own)"
      }
    }
    return (layers + [variable.name]).joined(separator: "/")
  }
}
