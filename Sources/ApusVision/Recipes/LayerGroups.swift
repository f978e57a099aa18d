import ApusGraph
import ApusNN

/// Neighboring layers of a network that share a learning rate and are unfrozen together.
public struct LayerGroup: Sendable, Equatable {
  /// What their results have in common: `56×56`, or `head`.
  public let name: String
  /// The layers that hold parameters, by their names.
  public let layers: [String]
}

extension VisionModel {
  /// The layers with parameters in groups, from the input to the head, which is a group of its own.
  ///
  /// A group ends where maps become coarser, as what layers see of an image changes there. Networks whose maps
  /// all have one size, such as transformers, are cut into three.
  /// - Throws: `DiscoveryError`.
  public func layerGroups() throws -> [LayerGroup] {
    let classifier = try architecture.classifierLayers()
    var groups: [LayerGroup] = []
    var smallest = Int.max
    var layers: [String] = []
    var name = ""
    func close() {
      if !layers.isEmpty { groups.append(LayerGroup(name: name, layers: layers)) }
      layers = []
    }
    var top: [String] = []
    for node in network.nodes where try !node.module.parameters().isEmpty {
      if head.classes != nil, classifier.contains(node.name) {
        top.append(node.name)
        continue
      }
      let sizes = node.outputShape.dimensions.dropLast()
      let places = sizes.reduce(1, *)
      if places < smallest {
        close()
        smallest = places
        name = sizes.map(String.init).joined(separator: "×")
      }
      layers.append(node.name)
    }
    close()
    if groups.count == 1, let whole = groups.first, whole.layers.count >= 3 {
      groups = (0..<3).map { part in
        let count = whole.layers.count
        return LayerGroup(
          name: "\(part + 1)/3", layers: Array(whole.layers[part * count / 3..<(part + 1) * count / 3]))
      }
    }
    return groups + (top.isEmpty ? [] : [LayerGroup(name: "head", layers: top)])
  }

  /// The network in two parts that share its parameters: the backbone, up to the last result that nothing random or new
  /// comes before, and the head behind it.
  ///
  /// While the backbone is frozen, its results can be computed once for all epochs.
  /// - Throws: `GraphError` when the network has no head, or is nothing but one.
  public func parted() throws -> (backbone: FunctionalModel, head: FunctionalModel) {
    let names = try architecture.classifierLayers()
    let first = try network.nodes.firstIndex { node in
      try names.contains(node.name) && (node.module is Dropout || !node.module.parameters().isEmpty)
    }
    guard head.classes != nil, let first, first > 0 else {
      throw GraphError(
        .argument, architecture.name, "the network has no head that could be parted from it",
        advice: "make it with classes, and with includeTop: true")
    }
    let cut = network.nodes[first - 1].name
    return (try network.part(upTo: cut), try network.part(after: cut))
  }
}
