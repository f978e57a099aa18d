import ApusGraph
import ApusNN
import ApusTensor

/// Gradient-weighted class activation maps: the channels of the last feature map, each weighted by how much the
/// class's score grows with it. Selvaraju et al., arXiv:1610.02391.
///
/// ```swift
/// let heat = try GradCAM(model.network)(model.preprocessing(images), classes: [2, 0])
/// ```
///
/// The image goes forward once; the gradient goes back to the feature map and no further.
public struct GradCAM: Sendable {
  /// The layer whose feature map is used.
  public let layer: String
  private let explained: ExplainedNetwork
  private let program: CompiledFunction

  /// Heat maps of a network.
  /// - Parameters:
  ///   - network: The network, which gives one number for each class.
  ///   - layer: The layer whose feature map is used; the last feature map of more than one place when nil.
  ///   - keepsNegative: Whether numbers below 0, which speak against the class, are kept. The paper cuts them
  ///     off.
  ///   - preprocessing: Applied to images before the network; nothing by default.
  /// - Throws: `GraphError` when the network is no classifier or has no such layer.
  public init(
    _ network: FunctionalModel, layer: String? = nil, keepsNegative: Bool = false,
    preprocessing: @escaping @Sendable (Tensor) -> Tensor = { $0 }
  ) throws {
    let explained = try ExplainedNetwork(network, score: .output, for: "GradCAM")
    guard let layer = layer ?? network.lastFeatureMapName else {
      throw GraphError(
        .argument, "GradCAM", "the network has no feature map of more than one place",
        advice: "use integrated gradients or occlusion, which need none")
    }
    if network[layer] == nil {
      throw GraphError(
        .argument, "GradCAM", "no layer is called '\(layer)'",
        advice: "the last feature map is that of '\(network.lastFeatureMapName ?? "none")'")
    }
    self.layer = layer
    self.explained = explained
    program = CompiledFunction { inputs in
      let (output, features) = network.outputAndFeatures([layer], of: preprocessing(inputs[0]))
      let isOpen = 1 - inputs[1].sum(axes: [1], keepDimensions: true)
      let likeliest = output.argmax(axis: 1).oneHot(classes: explained.classCount)
      let selection = inputs[1] + likeliest.cast(to: inputs[1].dtype) * isOpen
      let score = (explained.scores(output) * selection).sum()
      let slopes = gradients(of: score.value.reshaped(.scalar), withRespectTo: [features[0].value])
      let map = try featureMap(features[0], "GradCAM")
      let slope = try featureMap(Tensor(slopes[0]), "GradCAM")
      let weights = slope.mean(axes: [1, 2], keepDimensions: true)
      let heat = (map * weights).sum(axes: [3])
      return [keepsNegative ? heat : relu(heat), output]
    }
  }

  /// Heat maps `[batch, rows, columns]`, in the feature map's rows and columns and from 0 on: what is large speaks for
  /// the class.
  /// - Parameters:
  ///   - x: Images as the network wants them, `[batch, height, width, channels]`.
  ///   - classes: The class to look for in each.
  /// - Returns: The maps, `[batch, rows, columns]`.
  /// - Throws: `GraphError` for images of another shape and classes that the network lacks.
  public func callAsFunction(_ x: Tensor, classes: [Int]) throws -> Literal {
    try mapsAndOutputs(x, classes: classes).maps
  }

  /// Heat maps, and the network's outputs, `[batch, classes]`.
  /// - Parameters:
  ///   - x: Images as the network wants them, `[batch, height, width, channels]`.
  ///   - classes: The class to look for in each image; the most likely one where it is nil.
  /// - Returns: The maps `[batch, rows, columns]`, and the outputs `[batch, classes]`.
  /// - Throws: `GraphError` for images of another shape and classes that the network lacks.
  package func mapsAndOutputs(_ x: Tensor, classes: [Int?]) throws -> (maps: Literal, outputs: Literal) {
    let results = try program([x, try explained.selection(classes, images: x, "GradCAM")])
    return (try results[0].literal(), try results[1].literal())
  }
}
