import ApusGraph
import ApusIO
import ApusTensor

extension Module {
  /// Gives parameters the values of a Keras model whose layers go by the same names, or have the same types in the same
  /// order.
  ///
  /// `moving_mean` becomes `movingMean`; kernels of depthwise convolutions and of attention get the shapes that they have
  /// here. Where names do not lead to all parameters, as in a `Sequential`, whose layers go by numbers, the first
  /// `Dense` is Keras's first dense layer and so on; the report's notes say so.
  /// - Parameters:
  ///   - variables: The variables of a file.
  ///   - strict: Whether every parameter must be given and every variable be used.
  /// - Returns: What was loaded and what was not.
  /// - Throws: `LoadError` when strict and something does not fit, and when nothing fits at all; the model is unchanged
  ///   then.
  @discardableResult
  public func load(keras variables: [KerasVariable], strict: Bool = true) throws -> LoadReport {
    let variables = (self as? any WeightAdapting)?.adapted(keras: variables) ?? variables
    let discovery = try discovered()
    let known = Set(discovery.parameters.map(\.path))
    var best = KerasNames(discovery).translation(of: variables)
    if best.hits(known) < known.count {
      let ordered = KerasOrder(self, discovery).renamed(variables)
      var other = KerasNames(discovery).translation(of: ordered)
      other.notes.append("layers were matched by their types and order, as their names differ")
      if other.hits(known) > best.hits(known) { best = other }
    }
    return try load(best, strict: strict)
  }
}

/// The parameters of a model by the names that Keras would give them.
private struct KerasNames {
  private let shapes: [String: Shape]
  /// The parameters of each layer, in its own order.
  private var members: [String: [String]] = [:]

  init(_ discovery: Discovery) {
    shapes = Dictionary(
      discovery.parameters.compactMap { found in found.parameter.shape.map { (found.path, $0) } }
    ) { first, _ in first }
    for found in discovery.parameters {
      let parts = found.path.split(separator: ".")
      members[parts.dropLast().joined(separator: "."), default: []].append(found.path)
    }
  }

  func translation(of variables: [KerasVariable]) -> WeightTranslation {
    var result = WeightTranslation(tensors: [:])
    for variable in variables {
      let own = name(of: variable)
      let foreign = (variable.layers + [variable.name]).joined(separator: "/")
      guard result.tensors[own] == nil else {
        // Two variables cannot be one parameter.
        result.untranslated.append(foreign)
        continue
      }
      result.tensors[own] = Tensor(shaped(variable.value, to: shapes[own]))
      result.foreignNames[own] = foreign
    }
    return result
  }

  /// `[height, width, channels, multiplier]` has the elements of `[height, width, 1, channels · multiplier]`, and
  /// `[features, heads, size]` those of `[features, heads · size]`. Axes that only changed places are another thing.
  private func shaped(_ value: Literal, to expected: Shape?) -> Literal {
    guard let expected, expected != value.shape, expected.elementCount == value.shape.elementCount else {
      return value
    }
    let isDepthwise =
      expected.rank == 4 && value.shape.rank == 4 && expected[2] == 1 && expected[0] == value.shape[0]
      && expected[1] == value.shape[1]
    return isDepthwise || expected.rank != value.shape.rank ? value.reshaped(expected) : value
  }

  private func name(of variable: KerasVariable) -> String {
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
