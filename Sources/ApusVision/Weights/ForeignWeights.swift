import ApusGraph
import ApusIO
import ApusNN

/// Where files of other frameworks differ from a network here by more than names and axes.
struct WeightConversion: Sendable {
  /// A PyTorch state dictionary with modules named as they are here.
  var pyTorch: @Sendable ([String: Literal]) -> [String: Literal] = { $0 }
  /// Keras's variables with the values that the network here needs.
  var keras: @Sendable ([KerasVariable]) -> [KerasVariable] = { $0 }
}

extension VisionModel: WeightAdapting {
  package func adapted(pyTorch tensors: [String: Literal]) -> [String: Literal] {
    architecture.conversion.pyTorch(tensors)
  }

  package func adapted(keras variables: [KerasVariable]) -> [KerasVariable] {
    architecture.conversion.keras(variables)
  }
}

extension WeightConversion {
  /// torchvision's `VisionTransformer`.
  static let visionTransformer = WeightConversion(pyTorch: { tensors in
    var result: [String: Literal] = [:]
    for (name, tensor) in tensors {
      // Both have an axis of size 1 for the batch there.
      result[transformerName(of: name)] =
        name == "encoder.pos_embedding" && tensor.shape.rank == 3
        ? tensor.reshaped(Shape(Array(tensor.shape.dimensions.dropFirst()))) : tensor
    }
    return result
  })

  /// The name here of what torchvision's `VisionTransformer` calls `name`.
  private static func transformerName(of name: String) -> String {
    if name == "class_token" { return "class_token.token" }
    if name == "encoder.pos_embedding" { return "pos_embedding.embeddings" }
    for (theirs, own) in [("encoder.layers.", ""), ("encoder.ln.", "ln."), ("heads.head.", "head.")]
    where name.hasPrefix(theirs) {
      let rest = own + name.dropFirst(theirs.count)
      // `encoder_layer_0.self_attention.in_proj_weight`: the layer, the module in it and the kind.
      let parts = rest.split(separator: ".", maxSplits: 1)
      guard let place = blockNames.first(where: { parts.count == 2 && parts[1].hasPrefix($0.theirs) }) else {
        return rest
      }
      return "\(parts[0]).\(place.own)\(parts[1].dropFirst(place.theirs.count))"
    }
    return name
  }

  /// The parts of a block, by the beginnings of their names. Files from before torchvision 0.13 name the dense layers.
  private static let blockNames: [(theirs: String, own: String)] = [
    ("ln_1.", "norm1."), ("ln_2.", "norm2."),
    ("self_attention.in_proj_", "attention.projection."), ("self_attention.out_proj.", "attention.output."),
    ("mlp.0.", "expansion."), ("mlp.3.", "contraction."),
    ("mlp.linear_1.", "expansion."), ("mlp.linear_2.", "contraction."),
  ]

  /// Keras's files of EfficientNets pretrained on ImageNet hold standard deviations where variances belong. Its
  /// `weights="imagenet"` makes up for that by another layer, which divides by their roots once more.
  /// https://github.com/tensorflow/tensorflow/issues/49930
  static let efficientNet = WeightConversion(keras: { variables in
    let stds: [Double] = [0.229, 0.224, 0.225]
    return variables.map { variable in
      guard variable.layers.last == "normalization",
        variable.name == "variance" || variable.name == "1",
        variable.value.shape == [3],
        zip(variable.value.doubles, stds).allSatisfy({ abs($0 - $1) < 1e-6 })
      else { return variable }
      let variances = stds.map { Float($0 * $0) }
      return KerasVariable(
        layers: variable.layers, name: variable.name, value: Literal(variances, shape: [3]),
        types: variable.types)
    }
  })
}
