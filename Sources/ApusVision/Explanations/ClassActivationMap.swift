import ApusGraph
import ApusNN
import ApusTensor

/// Class activation maps, for networks that end with global average pooling and
/// one fully connected layer: the map's channels, weighted as that layer weights them for the class. Zhou et al.,
/// arXiv:1512.04150.
///
/// The numbers are the class's logit, spread over the places: their mean is the logit less its bias.
public struct ClassActivationMap: Sendable {
  private let explained: ExplainedNetwork
  private let program: CompiledFunction

  /// Maps of a network.
  /// - Throws: `GraphError` when the network ends in another way; Grad-CAM does not mind.
  public init(_ network: FunctionalModel) throws {
    let explained = try ExplainedNetwork(network, score: .output, for: "ClassActivationMap")
    let isPlain: (FunctionalModel.Node) -> Bool = { !($0.module is Dropout) }
    let end = network.nodes.filter(isPlain).suffix(3)
    guard end.count == 3, let classifier = end.last?.module as? Dense,
      end.dropLast().last?.module is GlobalAveragePool2D, let map = end.first, map.outputShape.rank == 3
    else {
      throw GraphError(
        .argument, "ClassActivationMap",
        "the network does not end with a mean over all places and one fully connected layer",
        advice: "use GradCAM, which gives the same for networks that do")
    }
    let name = map.name
    self.explained = explained
    program = CompiledFunction { inputs in
      let features = network.features([name], of: inputs[0])[0]
      // [batch, channels]: each image's column of the classifier.
      let weights = matmul(inputs[1], classifier.kernel.tensor.transposed())
      let sizes = weights.shape.dimensions
      return [(features * weights.reshaped([sizes[0], 1, 1, sizes[1]])).sum(axes: [3])]
    }
  }

  /// Maps `[batch, rows, columns]`; numbers below 0 speak against the class.
  /// - Parameters:
  ///   - x: Images as the network wants them, `[batch, height, width, channels]`.
  ///   - classes: The class to look for in each.
  /// - Returns: The maps.
  /// - Throws: `GraphError` for images of another shape and classes that the network lacks.
  public func callAsFunction(_ x: Tensor, classes: [Int]) throws -> Literal {
    try program([x, try explained.selection(classes, images: x, "ClassActivationMap")])[0].literal()
  }
}
