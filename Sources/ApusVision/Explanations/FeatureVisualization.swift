import ApusGraph
import ApusNN
import ApusTensor

/// Filters of the first layers of a network, and their feature maps for an image, as numbers in 0...1 to draw.
public enum FeatureVisualization {
  /// The filters of the first convolution, `[filters, height, width, channels]`: one half is no weight, and the largest
  /// weight of each filter is 0 or 1. Nil for networks without a convolution.
  /// - Parameters:
  ///   - network: The network.
  ///   - isBlueFirst: Whether the network is given blue first; the images are red first in any case.
  /// - Returns: The filters; nil for networks without a convolution.
  /// - Throws: `GraphError` when the weights cannot be read.
  public static func filters(of network: FunctionalModel, isBlueFirst: Bool = false) throws -> Literal? {
    guard let kernel = network.firstConvolution?.layer.kernel, let shape = kernel.shape else { return nil }
    let weights = try kernel.tensor.literal().doubles
    let (filters, channels) = (shape[3], shape[2])
    var numbers: [Float] = []
    numbers.reserveCapacity(weights.count)
    for filter in 0..<filters {
      let own = stride(from: filter, to: weights.count, by: filters).map { weights[$0] }
      let scale = 2 * max(own.lazy.map(abs).max() ?? 0, 1e-12)
      for place in own.indices {
        let channel = place % channels
        let source = isBlueFirst ? place - channel + channels - 1 - channel : place
        numbers.append(Float(0.5 + own[source] / scale))
      }
    }
    return Literal(numbers, shape: [filters, shape[0], shape[1], channels])
  }

  /// Feature maps of a layer for an image: the channels of greatest variance, the greatest first, each
  /// brought to 0...1.
  public struct Maps: Sendable {
    /// The layer.
    public let layer: String
    /// `[count, rows, columns]`.
    public let values: Literal
  }

  /// The feature maps of the first layers: the first convolution, and then the last layer of each size, as the maps
  /// shrink.
  /// - Parameters:
  ///   - network: The network.
  ///   - x: One image as the network wants it, `[height, width, channels]`.
  ///   - layerCount: How many layers.
  ///   - mapCount: How many channels of each.
  /// - Returns: The maps of each layer, from the first on.
  /// - Throws: `GraphError` when the image does not fit the network.
  public static func maps(
    of network: FunctionalModel, for x: Tensor, layerCount: Int = 3, mapCount: Int = 12
  ) throws -> [Maps] {
    let names = layers(network, count: layerCount)
    guard !names.isEmpty else { return [] }
    let program = CompiledFunction { network.features(names, of: $0[0]) }
    return try zip(names, program([x.expandedDimensions(axis: 0)])).map { name, features in
      let sizes = features.shape.dimensions
      let (places, channels) = (sizes[1] * sizes[2], sizes[3])
      let numbers = try features.literal().doubles
      let maps = (0..<channels).map { channel in (0..<places).map { numbers[$0 * channels + channel] } }
      let chosen = maps.indices.map { ($0, variance(maps[$0])) }
        .sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(mapCount).map { maps[$0.0] }
      let values = chosen.flatMap { map in
        let (low, high) = (map.min() ?? 0, map.max() ?? 0)
        return map.map { Float(high > low ? ($0 - low) / (high - low) : 0) }
      }
      return Maps(layer: name, values: Literal(values, shape: [chosen.count, sizes[1], sizes[2]]))
    }
  }

  private static func layers(_ network: FunctionalModel, count: Int) -> [String] {
    guard let first = network.nodes.firstIndex(where: { $0.module is Conv2D }) else { return [] }
    var names = [network.nodes[first].name]
    let rest = network.nodes.suffix(from: first).filter { $0.outputShape.rank == 3 && $0.outputShape[0] > 1 }
    var rows = network.nodes[first].outputShape[0]
    for (node, next) in zip(rest, rest.dropFirst()) where node.outputShape[0] > next.outputShape[0] {
      guard node.outputShape[0] < rows else { continue }
      rows = node.outputShape[0]
      names.append(node.name)
    }
    return Array(names.prefix(count))
  }

  private static func variance(_ numbers: [Double]) -> Double {
    let mean = numbers.reduce(0, +) / Double(max(1, numbers.count))
    return numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  }
}
